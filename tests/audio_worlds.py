"""The worlds in which the promises of `domain.ports.AudioSource` hold: wherever a clip lies, it is heard the same."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from os import utime
from pathlib import Path

from attrs import frozen

from adapters.audio.by_location import AudioByLocation
from adapters.audio.cache.cached_audio import CachedAudio
from adapters.audio.in_memory import MemoryAudio
from adapters.audio.library.filesystem import FilesystemAudio
from adapters.audio.remote.resuming_audio import ResumingAudio
from adapters.system import utc_now
from domain.http_date import http_date
from domain.location import AudioLocation
from domain.ports import AudioSource
from observability.metrics import Metrics
from tests.upstream import Answer, Request, chunked, head, ignoring_ranges, remote_audio, serving, upstream

NOT_AUDIO = b"<!doctype html><title>Not here</title>" * 500
MODIFIED = datetime(2026, 1, 15, 8, 30, 12, tzinfo=UTC)  # every clip's, where its world tells it
GIBIBYTE = 2**30


@frozen
class AudioWorld:
    """A source that holds one clip, one text that is no audio, and nothing else."""

    source: AudioSource
    clip: AudioLocation
    text: AudioLocation
    nothing: AudioLocation


Build = Callable[[bytes, Path], AbstractAsyncContextManager[AudioWorld]]


def versioned(answer: Answer) -> Answer:
    """The same answer with the validators of its one version."""
    told = f'ETag: "v1"\r\nLast-Modified: {http_date(MODIFIED)}\r\nDate: {http_date(utc_now())}\r\n'.encode()

    async def telling(request: Request, writer: asyncio.StreamWriter) -> None:
        await answer(request, Telling(writer, told))  # type: ignore[arg-type]  # it is asked to write and drain

    return telling


class Telling:
    """A writer that adds header fields to the head that is written first."""

    def __init__(self, writer: asyncio.StreamWriter, fields: bytes) -> None:
        self.writer, self.fields = writer, fields

    def write(self, data: bytes) -> None:
        status, rest = data.split(b"\r\n", 1) if self.fields else (data, b"")
        self.writer.write(status + b"\r\n" + self.fields + rest if self.fields else data)
        self.fields = b""

    async def drain(self) -> None:
        await self.writer.drain()


@asynccontextmanager
async def in_memory(content: bytes, _folder: Path) -> AsyncIterator[AudioWorld]:
    clip, text = AudioLocation("library:clip.mp3"), AudioLocation("library:text.mp3")
    source = MemoryAudio({clip: content, text: NOT_AUDIO})
    yield AudioWorld(source, clip, text, AudioLocation("library:nothing.mp3"))


@asynccontextmanager
async def in_files(content: bytes, folder: Path) -> AsyncIterator[AudioWorld]:
    (folder / "deep").mkdir(exist_ok=True)
    (folder / "deep" / "clip.mp3").write_bytes(content)
    (folder / "text.mp3").write_bytes(NOT_AUDIO)
    utime(folder / "deep" / "clip.mp3", (MODIFIED.timestamp(), MODIFIED.timestamp()))
    clip, text = AudioLocation("library:deep/clip.mp3"), AudioLocation("library:text.mp3")
    files = FilesystemAudio(folder, clock=an_hour_later)
    yield AudioWorld(AudioByLocation(files, MemoryAudio({})), clip, text, AudioLocation("library:nothing.mp3"))


def an_hour_later() -> datetime:
    """A clock by which the files that a test has just written have rested."""
    return utc_now() + timedelta(hours=1)


def over_http(answering: Callable[[bytes], Answer], *, is_kept: bool = False) -> Build:
    """A remote source as the service asks it; with the cache in between if ``is_kept``."""

    @asynccontextmanager
    async def build(content: bytes, folder: Path) -> AsyncIterator[AudioWorld]:
        answer_clip, answer_text = answering(content), serving(NOT_AUDIO, "text/html")

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            if request.target == "/nothing":
                writer.write(head(404, content_length=0))
            else:
                await (answer_clip if request.target == "/clip" else answer_text)(request, writer)

        async with upstream(answer) as server, remote_audio() as http:
            resuming = ResumingAudio(http, Metrics())
            cached = CachedAudio(resuming, folder / "cache", GIBIBYTE, 600, Metrics())
            if is_kept:
                cached.prepare()
            source = AudioByLocation(MemoryAudio({}), cached if is_kept else resuming)
            yield AudioWorld(source, server.url("/clip"), server.url("/text"), server.url("/nothing"))
            await cached.close()

    return build


def origin(content: bytes) -> Answer:
    return versioned(serving(content))


def origin_ignoring_ranges(content: bytes) -> Answer:
    return versioned(ignoring_ranges(content))


TELLING_VERSIONS: dict[str, Build] = {
    "memory": in_memory,
    "files": in_files,
    "http": over_http(origin),
    "http ignoring ranges": over_http(origin_ignoring_ranges),
    "cached": over_http(origin, is_kept=True),
}
CUTTING: dict[str, Build] = TELLING_VERSIONS | {"http without validators": over_http(serving)}
WORLDS: dict[str, Build] = CUTTING | {"http of unknown length": over_http(chunked)}
