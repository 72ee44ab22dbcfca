"""Server-sent events (WHATWG HTML, "Server-sent events"): how news are written, and sent in time or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from attrs import frozen
from starlette.types import Receive, Scope, Send

from domain.live_counts import News
from entrypoints.web.audio_response import ListenerLeft, watch

MEDIA_TYPE = "text/event-stream"
HEADERS = (
    (b"content-type", MEDIA_TYPE.encode()),  # always UTF-8
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # for an nginx in front that buffers unless told not to
)
RETRY = b"retry: 2000\n"  # milliseconds until a browser comes again, once the stream ended
SECONDS_TO_TAKE = 30.0  # what was sent before; who takes nothing for so long has left without a word
ABORT = "soundverse.abort"  # an extension of ASGI: breaks the connection, whatever was not taken yet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@frozen
class EventStream:
    """An ASGI response of the news of what is followed, until the feed ends or the client is gone."""

    follow: Callable[[], AbstractContextManager[AsyncIterator[News]]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS]})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body"})
            return
        try:
            with self.follow() as news:
                async with asyncio.TaskGroup() as tasks:
                    watching = tasks.create_task(watch(receive))
                    await tell(news, send)
                    watching.cancel()
        except* ListenerLeft:
            pass
        except* TimeoutError:  # the connection is closed in order only when all was taken, which may be never
            abort: Any = scope.get("extensions", {}).get(ABORT, {}).get("abort")
            if abort is not None:
                abort()


async def tell(news: AsyncIterator[News], send: Send) -> None:
    """Send all news, each when the one before was taken. Raises TimeoutError: it is not."""
    start = RETRY
    async for each in news:
        async with asyncio.timeout(SECONDS_TO_TAKE):
            await send({"type": "http.response.body", "body": start + encoded(each), "more_body": True})
        start = b""
    async with asyncio.timeout(SECONDS_TO_TAKE):
        await send({"type": "http.response.body"})


@lru_cache(maxsize=64)  # the same news are told to many
def encoded(news: News) -> bytes:
    """An event. Where nothing is new it is a comment, and only moves the place from which a client may go on."""
    place = f"id: {place_of(news.until)}\n\n".encode()
    if news.is_reset:
        return b"event: reset\ndata: {}\n" + place
    if not news.counts:
        return b":\n" + place
    data = orjson.dumps([{"id": clip, "play_count": count} for clip, count in news.counts.items()])
    return b"event: counts\ndata: " + data + b"\n" + place


def place_of(moment: datetime) -> int:
    """A moment as clients hand it back: opaque to them, and the same in every process."""
    return (moment - EPOCH) // MICROSECOND


def moment_at(place: str) -> datetime:
    """The moment of which `place_of` made it; one long ago for anything else."""
    is_one = place.isascii() and place.isdigit() and len(place) <= 16
    return EPOCH + int(place) * MICROSECOND if is_one else EPOCH
