"""The service in this process, reached as a web server reaches it, and the ways its outside world can fail it."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import orjson
from attrs import define, field, frozen
from starlette.types import ASGIApp, Message

from adapters.audio.in_memory import MemoryAudio
from adapters.audio.uploads.memory import UploadsInMemory
from domain.byte_range import ByteRange, RequestedRange
from domain.clip import UNKNOWN_VERSION, ClipId, ClipVersion
from domain.errors import AudioUnavailable, StoreUnavailable
from domain.location import AudioLocation
from domain.play import Play
from domain.ports import LARGEST_CHUNK, AudioSource, Chunk, OpenedAudio
from domain.statistics import CountedClip, Counts, Explained, Period
from domain.validators import Validators
from entrypoints.container import Container, in_memory
from entrypoints.settings import Settings
from entrypoints.web.pages import PageEndpoints
from observability.logs import log
from tests.examples import NOON, a_wav

KEY = "a key of our own"
WRITING = {"authorization": f"Bearer {KEY}"}
RAIN = AudioLocation("library:rain.wav")
WAV = a_wav()

read_once = cache(PageEndpoints)


@define
class WatchedAudio:
    """Audio that notes what becomes of it."""

    audio: OpenedAudio
    sounds: "Sounds"
    closed: int = 0
    read_chunks: int = 0

    @property
    def media_type(self) -> str | None:
        return self.audio.media_type

    @property
    def size(self) -> int | None:
        return self.audio.size

    @property
    def range(self) -> ByteRange | None:
        return self.audio.range

    @property
    def validators(self) -> Validators:
        return self.audio.validators

    @property
    def can_reopen(self) -> bool:
        return self.audio.can_reopen

    async def reopen(self, requested: RequestedRange | None) -> OpenedAudio:
        return self.sounds.watched(await self.audio.reopen(requested))

    async def read(self, at_most: int = LARGEST_CHUNK) -> Chunk:
        self.read_chunks += 1
        return await self.audio.read(at_most)

    def close(self) -> None:
        self.closed += 1
        self.audio.close()


@define
class Sounds:
    """An audio source of ``content``, where ``failing`` does not say otherwise; ``opened`` is all it handed out."""

    content: dict[AudioLocation, bytes] = field(factory=lambda: {RAIN: WAV})
    failing: dict[AudioLocation, AudioUnavailable] = field(factory=dict)
    opened: list[WatchedAudio] = field(factory=list)

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> WatchedAudio:
        if location in self.failing:
            raise self.failing[location]
        return self.watched(await MemoryAudio(self.content).open(location, requested))

    def watched(self, audio: OpenedAudio) -> WatchedAudio:
        self.opened.append(WatchedAudio(audio, self))
        return self.opened[-1]


class LedgerAway:
    """A ledger, and what it says, whose database is away."""

    async def record(self, play: Play, version: ClipVersion = UNKNOWN_VERSION) -> bool:
        raise StoreUnavailable("the database cannot be reached")

    async def counted(self, clip: ClipId) -> CountedClip:
        raise StoreUnavailable("the database cannot be reached")

    async def series(self, clip: ClipId | None, period: Period) -> Mapping[datetime, Counts]:
        raise StoreUnavailable("the database cannot be reached")

    async def explained(self, clip: ClipId, limit: int) -> Sequence[Explained]:
        raise StoreUnavailable("the database cannot be reached")


@frozen
class Answer:
    """A response as it went out; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@frozen
class Edge:
    """The service, in memory, and a client of it."""

    container: Container
    sounds: Sounds
    client: httpx.AsyncClient

    @property
    def app(self) -> ASGIApp:
        app: ASGIApp = self.container.app()
        return app

    async def added(self, **said: Any) -> dict[str, Any]:
        """A clip that was added over the API."""
        offered = {"title": "Rain", "genre": "Nature", "audio_url": RAIN} | said
        answer = await self.client.post("/play", json=offered, headers=WRITING)
        assert answer.status_code == 201, answer.text
        clip: dict[str, Any] = answer.json()
        return clip

    async def play_count(self, clip: Mapping[str, Any]) -> int:
        answer = await self.client.get(f"/play/{clip['id']}/stats")
        return int(answer.json()["play_count"])

    async def asked(
        self,
        method: str,
        path: str,
        query: bytes = b"",
        headers: Iterable[tuple[bytes, bytes]] = (),
        body: Iterable[bytes | None] = (),
    ) -> Answer:
        """Ask what no well-behaved client would. Header names are in lower case, and a body breaks off at None."""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("utf-8", "replace"),
            "root_path": "",
            "query_string": query,
            "headers": [(b"host", b"play.test"), *headers],
            "client": ("203.0.113.7", 50_000),
            "server": ("127.0.0.1", 8_000),
        }
        return await answered(self.app, scope, chain(body, [b""]))


async def answered(app: ASGIApp, scope: dict[str, Any], body: Iterator[bytes | None]) -> Answer:
    """What ``app`` answers to a body in pieces, the last one empty, or None where the client leaves."""
    sent: list[Message] = []

    async def receive() -> Message:
        try:
            piece = next(body)
        except StopIteration:
            await asyncio.Event().wait()  # a client that waits for its answer says nothing more
            raise
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(int(start["status"]), headers, b"".join(message.get("body", b"") for message in rest))


@define
class FromNoon:
    """A clock that begins at noon and goes on a little whenever it is looked at: no test lasts over midnight."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def an_edge(
    folder: Path,
    keys: tuple[str, ...] = (KEY,),
    sounds: AudioSource | None = None,
    settings: Settings | None = None,
    **others: object,
) -> Edge:
    """A service in memory with audio from ``sounds``, and whatever else of the container is swapped, by name."""
    heard = Sounds()
    container = in_memory(settings or Settings(data=folder, write_rate="off"), keys)
    for name, other in {
        "audio": sounds or heard,
        "uncached_audio": sounds or heard,
        "uploads": UploadsInMemory(heard.content),
        "pages": read_once(),
        "request_line": partial(log.info, "request"),
        **others,
    }.items():
        getattr(container, name).override(other)
    transport = httpx.ASGITransport(container.app(), raise_app_exceptions=False)
    return Edge(container, heard, httpx.AsyncClient(transport=transport, base_url="http://play.test"))
