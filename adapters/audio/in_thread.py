"""What waits for the disk, in a thread. Threads cannot be stopped, so these say what becomes of those not wanted."""

import asyncio
import errno
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from attrs import define, field

T = TypeVar("T")

MOST_THREADS = 16  # they wait for the disk or for the folder's lock, or hash, for which Python lets go of its own lock


@define(eq=False)
class Threads:
    """Threads of one's own, with a ``name``: a slow disk, or a lock that is not given, holds up nobody else's.

    When they are closed, what is asked of them raises OSError (ECANCELED), as of a disk that fails."""

    name: str = "cache"
    _pool: ThreadPoolExecutor = field(init=False)
    _is_closed: bool = field(default=False, init=False)

    @_pool.default
    def _own_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(MOST_THREADS, self.name)

    async def finished(self, call: Callable[[], T]) -> T:
        """What ``call`` returns. Cancelled, it waits for the thread all the same: afterwards nothing is under way."""
        running = self._begun(call)
        cancelled: asyncio.CancelledError | None = None
        while not running.done():
            try:
                await asyncio.wait((running,))
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is None:
            return result_of(running)
        if not running.cancelled():
            running.exception()  # asked for, or the loop would complain that nobody did
        raise cancelled

    async def unless_cancelled(self, call: Callable[[], T], undo: Callable[[T], object] = lambda _: None) -> T:
        """What ``call`` returns. Cancelled, it leaves at once, and ``undo`` is done to what comes too late."""

        def late(ended: "asyncio.Future[T]") -> None:
            if not ended.cancelled() and ended.exception() is None:
                undo(ended.result())

        running = self._begun(call)
        try:
            await asyncio.wait((running,))
        except asyncio.CancelledError:
            running.add_done_callback(late)
            raise
        return result_of(running)

    async def close(self) -> None:
        """Wait for what runs, and for nothing that has not begun: that fails."""
        self._is_closed = True
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)

    def _begun(self, call: Callable[[], T]) -> "asyncio.Future[T]":
        if self._is_closed:
            raise closed()
        return asyncio.get_running_loop().run_in_executor(self._pool, call)


def result_of(ended: "asyncio.Future[T]") -> T:
    if ended.cancelled():  # by `close`: whoever waited for it was not
        raise closed()
    return ended.result()


def closed() -> OSError:
    return OSError(errno.ECANCELED, "it was closed")
