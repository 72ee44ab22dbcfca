"""Loading what there is much of: the modules of a command."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread


@contextmanager
def loading() -> Iterator[None]:
    """While modules are loaded in the block nobody searches for garbage, nor ever in them: they stay.

    That is a fifth of the time to load them, and of a later search half."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Load what also makes something of ``modules``, if they are installed, as if they were not: a start does not wait
    for them. They are loaded as ever before the block and after it."""
    hidden = dict.fromkeys(set(modules) - set(sys.modules))
    sys.modules |= hidden  # type: ignore[arg-type]  # None: there is none
    try:
        yield
    finally:
        for module in hidden:
            del sys.modules[module]


@contextmanager
def loaded_beside(module: str) -> Iterator[None]:
    """Load ``module`` in another thread while the block goes on, and do not leave before that is over.

    Whoever imports it in the block waits for that, and is told what failed."""

    def load() -> None:
        with suppress(Exception), loading():  # whoever imports it tries again, and fails alike
            import_module(module)

    thread = Thread(target=load, name=f"loading {module}")
    thread.start()
    try:
        yield
    finally:
        thread.join()  # Python that is ending lets nobody load what registers for its end
