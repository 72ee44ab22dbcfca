"""What waits for the disk, in a thread. Threads cannot be stopped, so these say what becomes of those not wanted."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def finished(call: Callable[[], T]) -> T:
    """What ``call`` returns. Cancelled, it waits for the thread all the same: afterwards nothing is under way."""
    running = asyncio.get_running_loop().run_in_executor(None, call)
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait((running,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return running.result()
    running.exception()  # asked for, or the loop would complain that nobody did
    raise cancelled


async def unless_cancelled(call: Callable[[], T], undo: Callable[[T], object] = lambda _: None) -> T:
    """What ``call`` returns. Cancelled, it leaves at once, and ``undo`` is done to what comes too late."""

    def late(ended: "asyncio.Future[T]") -> None:
        if not ended.cancelled() and ended.exception() is None:
            undo(ended.result())

    running = asyncio.get_running_loop().run_in_executor(None, call)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        running.add_done_callback(late)
        raise
