"""Workers: tasks in the background of which an object has one at most, begun when there is work and ended in time."""

from asyncio import Task, get_running_loop, wait
from collections.abc import Coroutine
from contextvars import Context
from typing import Any


def begun(work: Coroutine[Any, Any, None]) -> Task[None]:
    """``work`` in a context of its own: it is for all, and not for the request that happened to be the first."""
    return get_running_loop().create_task(work, context=Context())


async def ended(worker: Task[None], within: float) -> None:
    """Return when ``worker`` is over; if that takes more than so many seconds, it is cancelled. What it raised stays
    with it."""
    _, late = await wait({worker}, timeout=within)
    if late:
        worker.cancel()
        await wait(late)
