"""Ends in order what takes long, when somebody wants it to end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event


@contextmanager
def ended_by_signals() -> Iterator[Event]:
    """An event that SIGINT and SIGTERM set while the block lasts: what is begun is done, and nothing more is begun.

    A second signal ends the process at once, with exit code 1."""
    wanted = Event()

    def end(_signal: int, _frame: object) -> None:
        if wanted.is_set():
            raise SystemExit(1)
        wanted.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wanted
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
