"""Several at once, and no more."""

from asyncio import TaskGroup
from collections.abc import Awaitable, Callable, Iterable
from threading import Event
from typing import TypeVar

Item = TypeVar("Item")


async def worked_off(
    items: Iterable[Item], work: Callable[[Item], Awaitable[None]], at_once: int, ended: Event
) -> None:
    """Work on all of ``items`` in their order, ``at_once`` at a time; once ``ended``, only what is begun is done.

    Items are made as they are needed. Raises what ``work`` raises; the others are cancelled then."""
    waiting = iter(items)

    async def one_by_one() -> None:
        for item in waiting:
            if ended.is_set():
                return
            await work(item)

    try:
        async with TaskGroup() as working:
            for _ in range(at_once):
                working.create_task(one_by_one())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
