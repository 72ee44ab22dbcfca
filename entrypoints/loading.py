"""Loading what there is much of: the modules of a command."""

import gc
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
