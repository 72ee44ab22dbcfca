"""How late the event loop is: while one callback runs, every listener and every probe waits for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter

SECONDS_BETWEEN_LOOKS = 0.1


@asynccontextmanager
async def delays_told(tell: Callable[[float], None]) -> AsyncIterator[None]:
    """While the block lasts, tell ten times a second by how many seconds a callback that was due has run too late."""
    watching = asyncio.get_running_loop().create_task(watch(tell))
    try:
        yield
    finally:
        watching.cancel()


async def watch(tell: Callable[[float], None]) -> None:
    while True:
        began = perf_counter()
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        tell(max(0.0, perf_counter() - began - SECONDS_BETWEEN_LOOKS))
