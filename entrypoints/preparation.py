"""Before a service can be used: its database must be there and up to date, and neither waits for the other to start."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from itertools import chain, repeat
from random import uniform
from threading import Thread
from typing import TypeVar

from attrs import define, field

from domain.errors import StoreUnavailable

Result = TypeVar("Result")

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds between tries; then the last again and again


def pauses() -> Iterator[float]:
    """Seconds to wait before each next try, not the same for all who wait for one database."""
    return (pause * uniform(0.7, 1.3) for pause in chain(PAUSES, repeat(PAUSES[-1])))  # noqa: S311  # no secret


@define(eq=False)
class Preparation:
    """Makes the store ready to be used, however long it is away.

    ``prepare`` blocks; what it raises, unless StoreUnavailable, will not mend: it is the ``failure`` to end with.
    ``waiting`` is told why it has to wait, whenever that is another reason; ``ready``, that it is over."""

    prepare: Callable[[], object]
    waiting: Callable[[str], None]
    ready: Callable[[], None]
    failure: Exception | None = field(default=None, init=False)
    _reason: str = field(default="", init=False)

    @property
    def is_hopeless(self) -> bool:
        return self.failure is not None

    async def complete(self, *steps: Callable[[], Awaitable[object]]) -> None:
        """`prepare`, and then the ``steps``, each until it could be done."""
        for step in (lambda: in_a_thread(self.prepare), *steps):
            await self._done(step)
        self.ready()

    async def _done(self, step: Callable[[], Awaitable[object]]) -> None:
        for pause in pauses():
            try:
                await step()
                return
            except StoreUnavailable as error:
                if error.reason != self._reason:
                    self._reason = error.reason
                    self.waiting(error.reason)
            await asyncio.sleep(pause)


def nothing_to_prepare() -> Preparation:
    """For a store that is always there."""
    return Preparation(lambda: None, lambda _reason: None, lambda: None)


async def in_a_thread(work: Callable[[], Result]) -> Result:
    """What ``work`` returns or raises. Its thread keeps no process from ending, as one of asyncio's own would.

    A database that is frozen holds whoever talks to it for as long as it likes."""
    done: Future[Result] = Future()
    done.set_running_or_notify_cancel()  # whoever waits may be cancelled; this cannot

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:
            done.set_exception(error)

    Thread(target=run, daemon=True, name="preparation").start()
    return await asyncio.wrap_future(done)
