"""The service that the contract's examples are of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import httpx
from attrs import define, frozen
from dependency_injector.providers import Object
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.byte_range import RequestedRange
from domain.errors import AudioUnavailable, SourceFailure, StoreUnavailable
from domain.location import AudioLocation
from domain.peaks import Peaks
from domain.ports import AudioSource, OpenedAudio, PeaksDecoder
from entrypoints.container import Container, in_memory
from entrypoints.lifecycle import Seeding
from entrypoints.settings import Settings
from tests.entrypoints.edge import KEY, WRITING, read_once

ADDED = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
PLAYED = datetime(2026, 2, 1, 18, 4, 11, 250_000, tzinfo=UTC)
PLAYBACK = "0b0e5f9e-8c1b-4a55-9a5c-3f0f0a3b8c11"
STREAM, LISTEN = f"/play/6/stream?play={PLAYBACK}", f"/play/6/listens/{PLAYBACK}"
LISTENER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"}


@define
class Watch:
    """A clock that is turned."""

    now: datetime = ADDED

    def __call__(self) -> datetime:
        return self.now


@define
class Outage:
    """A store that can be switched off."""

    store: Any
    is_on: bool = False

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self.store, name)

        async def answered(*said: Any, **told: Any) -> Any:
            if self.is_on:
                raise StoreUnavailable("the database cannot be reached")
            return await asked(*said, **told)

        return answered if iscoroutinefunction(asked) else asked


@define
class UnsteadySource:
    """An audio source that fails in a certain way, or not at all."""

    audio: AudioSource
    failure: SourceFailure | None = None

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        if self.failure is not None:
            raise AudioUnavailable(location, self.failure)
        return await self.audio.open(location, requested)


@define
class UnsteadyDecoder:
    """A decoder that fails in a certain way, or not at all; what was drawn once in this run is not drawn again."""

    decoder: PeaksDecoder
    failure: Exception | None = None

    async def drawn(self, location: AudioLocation, audio: OpenedAudio) -> Peaks:
        if self.failure is not None:
            raise self.failure
        if location not in DRAWN:
            DRAWN[location] = await self.decoder.drawn(location, audio)
        return DRAWN[location]


DRAWN: dict[AudioLocation, Peaks] = {}


@frozen
class NewService:
    """A service in memory with its samples, of which the newest was played once, to its end."""

    container: Container
    client: httpx.AsyncClient
    outage: Outage
    source: UnsteadySource
    decoder: UnsteadyDecoder


@asynccontextmanager
async def new_service(
    folder: Path, settings: Settings | None = None, keys: tuple[str, ...] = (KEY,)
) -> AsyncIterator[NewService]:
    """The service that the examples are of, at the time that they are of."""
    watch, container = Watch(), in_memory(settings or Settings(data=folder, write_rate="off"), keys)
    memory = container.catalogue()
    outage, source = Outage(memory), UnsteadySource(container.library())
    for made in container.providers.values():
        if made.last_overriding and made.last_overriding() is memory:
            made.override(outage)
    decoder = UnsteadyDecoder(container.decoder())
    for name, other in {"library": source, "decoder": decoder, "clock": watch, "pages": read_once()}.items():
        getattr(container, name).override(other)
    container.check_store.override(Object(outage.check))
    await Seeding(container.settings().media, container.curate()).put_in()
    transport = httpx.ASGITransport(leaving_at_the_first_event(container.app(), outage), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://play.test", headers=LISTENER) as client:
        watch.now = PLAYED
        await client.get(STREAM, headers=WRITING)
        await container.delivery_queue().settled()
        watch.now += timedelta(seconds=12.5)
        await client.put(LISTEN, json={"played_seconds": 8}, headers=WRITING)
        yield NewService(container, client, outage, source, decoder)


class LeftEarly(Exception):
    """Raised by a body amid which the client leaves."""


PATIENCE = 30.0  # seconds, on a busy machine


def leaving_at_the_first_event(app: ASGIApp, outage: Outage) -> ASGIApp:
    """``app`` for clients that leave a stream of events, which has no end, with the first, or at once where none comes:
    in an ``outage``."""

    async def left(scope: Scope, receive: Receive, send: Send) -> None:
        told, streams, is_asked = asyncio.Event(), False, False

        async def noticing(message: Message) -> None:
            nonlocal streams
            if (b"content-type", b"text/event-stream") in message.get("headers", ()):
                streams = True
                asyncio.get_running_loop().call_later(PATIENCE, told.set)
            await send(message)
            body = message.get("body", b"")
            if streams and (b"event:" in body or (body and outage.is_on)):
                told.set()

        async def leaving() -> Message:
            nonlocal is_asked
            if is_asked:
                await told.wait()
                return {"type": "http.disconnect"}
            try:
                message = await receive()
            except LeftEarly:
                return {"type": "http.disconnect"}
            is_asked = not message.get("more_body")
            return message

        await app(scope, leaving, noticing)
        if told.is_set():
            await send({"type": "http.response.body"})

    return left
