"""Every way in which a new service comes to answer an operation's example: as it is, changed, or in trouble."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import httpx
from attrs import frozen
from starlette.types import ASGIApp, Message

from adapters.audio.uploads.memory import UploadsInMemory
from domain.errors import DecoderUnavailable, PeaksFault, PeaksUnavailable, SourceFailure
from entrypoints.settings import Settings
from tests.entrypoints.example_requests import EXAMPLES, RAIN, Request
from tests.entrypoints.new_service import LeftEarly, NewService, new_service

DIGEST = f"reader:{sha256(b'a key of its own').hexdigest()}"
NO_KEY = {"authorization": ""}
ANOTHER = "7f3d8f0c-52ab-4c3e-8a57-0d8f3f6c9b10"
JSON = {"content-type": "application/json"}
BAD_QUERY = {"limit": "0", "play": "once", "genre": "x" * 201, "points": "0", "clips": "none"}
DISPOSITION = b'Content-Disposition: form-data; name="audio"; filename="rain.ogg"'
FORM = {
    "headers": {"content-type": "multipart/form-data; boundary=part"},
    "content": b"--part\r\n" + DISPOSITION + b"\r\n\r\n" + RAIN + b"\r\n--part--\r\n",
}
EMPTY_PERIOD = {"from": "2026-02-02", "to": "2026-02-01"}

Place = Callable[[Path], AbstractAsyncContextManager[NewService]]


@asynccontextmanager
async def private(folder: Path) -> AsyncIterator[NewService]:
    """Where reading and measures need a key."""
    settings = Settings(data=folder, write_rate="off", read_keys=(DIGEST,), metrics_key=DIGEST)
    async with new_service(folder, settings) as service:
        yield service


@asynccontextmanager
async def closed(folder: Path) -> AsyncIterator[NewService]:
    """Where no key is set that may write."""
    async with new_service(folder, keys=()) as service:
        yield service


@asynccontextmanager
async def tired(folder: Path) -> AsyncIterator[NewService]:
    """Where this client has used up its allowance."""
    async with new_service(folder, Settings(data=folder, write_rate="2/minute", stream_rate="2/minute")) as service:
        for operation in ("addClip", "addClip", "streamClip"):
            await EXAMPLES[operation].sent_by(service.client)
        yield service


@asynccontextmanager
async def cut_off(folder: Path) -> AsyncIterator[NewService]:
    """Where the database is away."""
    async with new_service(folder) as service:
        service.outage.is_on = True
        yield service


@asynccontextmanager
async def silent(folder: Path) -> AsyncIterator[NewService]:
    """Where audio cannot be had."""
    async with new_service(folder) as service:
        service.source.failure = SourceFailure.UNREACHABLE
        yield service


@asynccontextmanager
async def slow(folder: Path) -> AsyncIterator[NewService]:
    """Where audio takes too long."""
    async with new_service(folder) as service:
        service.source.failure = SourceFailure.TOO_SLOW
        yield service


@asynccontextmanager
async def full(folder: Path) -> AsyncIterator[NewService]:
    """Where somebody listens and somebody follows, and one is as many as can."""
    async with new_service(
        folder, Settings(data=folder, write_rate="off", most_streams=1, most_followers=1)
    ) as service:
        app = service.container.app()
        here = [await somebody_at(app, path) for path in ("/play/6/stream", "/play/events")]
        yield service
        for each in here:
            each.cancel()
        await asyncio.wait(here)


async def somebody_at(app: ASGIApp, path: str) -> "asyncio.Future[None]":
    """Somebody who was answered the first, and takes no more."""
    answered = asyncio.Event()

    async def says_nothing() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def takes_no_more(_message: Message) -> None:
        answered.set()
        await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": "GET",
        "http_version": "1.1",
        "scheme": "http",
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    there = asyncio.ensure_future(app(scope, says_nothing, takes_no_more))
    await answered.wait()
    return there


@asynccontextmanager
async def hurried(folder: Path) -> AsyncIterator[NewService]:
    """Where too many waveforms are drawn."""
    async with new_service(folder) as service:
        service.decoder.failure = DecoderUnavailable()
        yield service


@asynccontextmanager
async def puzzled(folder: Path) -> AsyncIterator[NewService]:
    """Where audio cannot be decoded."""
    async with new_service(folder) as service:
        service.decoder.failure = PeaksUnavailable(PeaksFault.UNDECODABLE)
        yield service


@asynccontextmanager
async def heard_again(folder: Path) -> AsyncIterator[NewService]:
    """Where the clip was played another time."""
    async with new_service(folder) as service:
        await service.client.get(f"/play/6/stream?play={ANOTHER}")
        yield service


@asynccontextmanager
async def crowded(folder: Path) -> AsyncIterator[NewService]:
    """Where there is hardly any room for audio."""
    async with new_service(folder) as service:
        cast("UploadsInMemory", service.container.uploads()).room = 1000
        yield service


@asynccontextmanager
async def sparing(folder: Path) -> AsyncIterator[NewService]:
    """Where little audio is taken."""
    async with new_service(folder, Settings(data=folder, write_rate="off", upload_limit=65_536)) as service:
        yield service


@frozen
class BrokenOff:
    """A body of which a beginning comes, and then nothing: each time that it is sent."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        raise LeftEarly


@frozen
class Way:
    """What is changed of every example, and where it is sent; a body, only where the operation has one."""

    place: Place = new_service
    body: Mapping[str, Any] | None = None
    but: Mapping[str, Any] = {}

    def of(self, request: Request) -> Request:
        has_body = request.json is not None or request.content is not None
        with_body = self.body if self.body is not None and has_body else {}
        return request.but(**self.but).but(**with_body)


WAYS: Mapping[str, Way] = {
    "as it is": Way(),
    "without a key": Way(private, but={"headers": NO_KEY}),
    "without a key to write": Way(but={"headers": NO_KEY}),
    "with a key of nobody": Way(private, but={"headers": {"authorization": "Bearer nobody"}}),
    "where nobody may write": Way(closed),
    "forged": Way(private, but={"headers": NO_KEY, "query": {"signature": "0", "expires": "1"}}),
    "expired": Way(private, but={"headers": NO_KEY, "query": {"signature": "0" * 64, "expires": "1"}}),
    "of no clip": Way(but={"path": {"id": "77"}}),
    "of no play": Way(but={"path": {"uuid": ANOTHER}}),
    "of nothing": Way(but={"path": {"id": "x", "uuid": "x"}}),
    "in another type": Way(but={"headers": {"accept": "image/png"}}),
    "no JSON": Way(body={"content": b"{", "headers": JSON}),
    "too large": Way(body={"content": b"x" * 65_537, "headers": JSON}),
    "broken off": Way(body={"content": BrokenOff()}),
    "of no audio": Way(body={"content": b"no audio"}),
    "too large for a small disk": Way(crowded),
    "as a form": Way(body=FORM),
    "as a form too large for a small disk": Way(crowded, body=FORM),
    "larger than is taken": Way(sparing),
    "of another type": Way(body={"content": b"x", "headers": {"content-type": "text/plain"}}),
    "without its fields": Way(body={"json": {"title": "", "audio_url": "library:rain-on-the-roof.ogg"}}),
    "with wrong fields": Way(body={"json": {"played_seconds": -1, "finished": "no"}}),
    "with a bad query": Way(but={"query": BAD_QUERY}),
    "of an empty period": Way(but={"query": EMPTY_PERIOD}),
    "too often": Way(tired),
    "without a database": Way(cut_off),
    "one too many": Way(full),
    "of too much at once": Way(hurried),
    "of damaged audio": Way(puzzled),
    "without audio": Way(silent),
    "with slow audio": Way(slow),
    "of this version's bytes": Way(but={"headers": {"if-range": ""}}),
    "of bytes that are not": Way(but={"headers": {"if-range": "", "range": "bytes=999999-"}}),
    "of another version": Way(but={"headers": {"if-match": '"another"'}}),
    "of a version that is had": Way(but={"headers": {"if-none-match": "*"}}),
    "for the first time": Way(heard_again, but={"path": {"uuid": ANOTHER}}),
}


async def answers(folder: Path) -> dict[tuple[str, str], httpx.Response]:
    """What every operation answers in every way, by the way and the operation."""
    found = {}
    for number, (name, way) in enumerate(WAYS.items()):
        async with way.place(folder / str(number)) as service:
            for operation in sorted(
                EXAMPLES, key=lambda each: each == "removeClip"
            ):  # which takes away what all ask for
                found[name, operation] = await way.of(EXAMPLES[operation]).sent_by(service.client)
    return found
