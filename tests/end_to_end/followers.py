"""Those who follow the play counts of a running service."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import ClientSession, ClientTimeout

from tests.end_to_end.clients import comes_true
from tests.event_source import EventSource
from tests.services import Service


@asynccontextmanager
async def following(service: Service, last_id: str = "", query: str = "") -> AsyncIterator[EventSource]:
    """One who follows, from a process of our own, until the block or the stream ends."""
    headers = {"last-event-id": last_id} if last_id else {}
    source = EventSource()
    async with (
        ClientSession(service.url, timeout=ClientTimeout(total=None)) as session,
        session.get(f"/play/events{query}", headers=headers) as answer,
    ):
        assert answer.status == 200
        reading = asyncio.create_task(read(source, answer.content.iter_any()))
        try:
            assert await is_soon(lambda: bool(source.last_id))
            yield source
        finally:
            reading.cancel()
            await asyncio.wait([reading])


async def read(source: EventSource, chunks: AsyncIterator[bytes]) -> None:
    async for chunk in chunks:
        source.feed(chunk)
    source.is_over = True


async def is_soon(condition: Callable[[], bool], within: float = 20.0) -> bool:
    async def asked() -> bool:
        return condition()

    return await comes_true(asked, within)
