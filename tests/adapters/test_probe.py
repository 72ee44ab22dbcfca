"""What audio tells of itself, from the few pieces of it that are fetched."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import Factory, define
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.audio.in_memory import MemoryAudio
from adapters.audio.probe.sparse_file import SparseFile, Unfetched
from adapters.audio.probe.tag_probe import HEAD, MOST_PIECES, PIECE, TagProbe
from domain.byte_range import RequestedRange
from domain.clip import AudioFacts
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from domain.ports import AudioSource, Chunk, OpenedAudio
from tests.sounds import MPEG_FRAME_BYTES, box, m4a, mp3, mp3_seconds, opus, wav, with_id3
from tests.upstream import Answer, Request, chunked, head, ignoring_ranges, remote_audio, serving, upstream

CLIP = AudioLocation("library:clip")


@define(eq=False)
class Counting:
    """An audio that counts what is read of it, and how often it was closed."""

    opened: OpenedAudio
    watched: "Watched"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.opened, name)

    async def read(self) -> Chunk:
        chunk = await self.opened.read()
        self.watched.bytes_read += len(chunk)
        return chunk

    def close(self) -> None:
        self.watched.open_now -= 1
        self.opened.close()


@define(eq=False)
class Watched:
    """A source that tells how much is read of it and how much is left open."""

    source: AudioSource
    bytes_read: int = 0
    open_now: int = 0
    asked: list[RequestedRange | None] = Factory(list)

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> Any:
        self.asked.append(requested)
        opened = await self.source.open(location, requested)
        self.open_now += 1
        return Counting(opened, self)


def holding(content: bytes) -> Watched:
    clips: Mapping[AudioLocation, bytes] = {CLIP: content}
    return Watched(MemoryAudio(clips))


async def facts(content: bytes) -> AudioFacts:
    """What is learned of ``content``, by reading little and leaving nothing open."""
    source = holding(content)
    learned = await TagProbe(source).facts(CLIP)

    assert source.open_now == 0
    assert source.bytes_read <= HEAD + (1 + MOST_PIECES) * PIECE + 64 * 1024
    return learned


LONG = 10_000  # frames: 4 MB


@pytest.mark.parametrize(
    ("content", "media_type", "seconds"),
    [
        (mp3(100), "audio/mpeg", mp3_seconds(100)),
        (mp3(LONG), "audio/mpeg", mp3_seconds(LONG)),
        (with_id3(mp3(100)), "audio/mpeg", mp3_seconds(100)),
        (with_id3(mp3(100), size=3_000_000), "audio/mpeg", mp3_seconds(100)),  # a picture larger than the head
        (wav(2.5), "audio/wav", 2.5),
        (wav(500), "audio/wav", 500),
        (opus(7), "audio/ogg", 7),
        (opus(3000), "audio/ogg", 3000),  # 3 MB, of which the middle is never fetched
        (m4a(9, index_first=True), "audio/mp4", 9),
        (m4a(9, sound=5_000_000, index_first=True), "audio/mp4", 9),
        (m4a(9, sound=5_000_000, index_first=False), "audio/mp4", 9),
    ],
)
async def test_audio_tells_its_type_size_and_duration(content: bytes, media_type: str, seconds: float) -> None:
    learned = await facts(content)

    assert (learned.media_type, learned.size) == (media_type, len(content))
    assert learned.duration == pytest.approx(seconds, rel=0.01)


async def test_an_index_before_a_long_end_is_looked_for_where_it_lies() -> None:
    content = m4a(9, sound=2_000_000, index_first=False) + box(b"free", bytes(2_000_000))

    assert (await facts(content)).duration == 9


@pytest.mark.parametrize(
    "content",
    [
        b"fLaC\x80\x00\x00\x22" + bytes(34),  # of no samples
        m4a(0, index_first=True),
        m4a(8 * 24 * 3600 // 1000 * 1000, index_first=True),  # more than a week
        (bytes((0xFF, 0xF1, 0x50, 0x80, 0x04, 0x3F, 0xFC)) + bytes(26)) * 2 + mp3(50),  # AAC; what follows is no matter
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + bytes(100),
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
        opus(3)[:60] + bytes(2_000_000),
    ],
)
async def test_a_duration_that_is_not_told_or_cannot_be_is_none(content: bytes) -> None:
    assert (await facts(content)).duration is None


@settings(max_examples=150)
@given(
    kind=st.sampled_from([mp3(20), with_id3(mp3(5)), wav(0.1), opus(2), m4a(3, index_first=True), b"fLaC"]),
    cut=st.integers(20, 400),
    noise=st.binary(max_size=200),
)
def test_broken_audio_is_refused_or_told_but_never_breaks_the_probe(kind: bytes, cut: int, noise: bytes) -> None:
    source = holding(kind[:cut] + noise)
    try:
        learned = asyncio.run(TagProbe(source).facts(CLIP))
    except AudioUnavailable as refused:
        assert refused.failure == SourceFailure.NOT_AUDIO  # noqa: PT017 - either outcome is right
    else:
        assert learned.duration is None or 0 < learned.duration <= 7 * 24 * 3600
    assert source.open_now == 0


async def learned_over_http(answer: Answer, patience: float = 30) -> AudioFacts:
    async with upstream(answer) as server, remote_audio() as source:
        watched = Watched(source)
        try:
            return await TagProbe(watched, patience).facts(server.url())
        finally:
            assert watched.open_now == 0


@pytest.mark.parametrize("serve", [serving, ignoring_ranges])
async def test_a_long_clip_over_http_tells_its_duration(serve: Any) -> None:
    learned = await learned_over_http(serve(m4a(9, sound=3_000_000, index_first=False)))

    assert learned.duration == 9


async def test_a_source_without_ranges_and_size_is_read_to_its_end_if_that_comes_soon() -> None:
    content = mp3(100)

    learned = await learned_over_http(chunked(content))

    assert (learned.media_type, learned.size) == ("audio/mpeg", len(content))
    assert learned.duration == pytest.approx(mp3_seconds(100), rel=0.01)


async def test_an_endless_source_is_audible_and_tells_no_duration() -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", connection="close"))
        while True:
            writer.write(mp3(100))
            await writer.drain()

    assert await learned_over_http(answer) == AudioFacts("audio/mpeg", None, None)


async def test_an_endless_source_that_says_how_long_it_is_is_believed() -> None:
    index_first = m4a(9, sound=3_000_000, index_first=True)

    assert (await learned_over_http(chunked(vbr_mp3(1000)))).duration == pytest.approx(mp3_seconds(1000), abs=0.001)
    assert (await learned_over_http(chunked(index_first))).duration in (9, None)


def vbr_mp3(frames: int) -> bytes:
    """An MP3 that says in its first frame that it has so many frames, and is longer than the head."""
    told = b"Xing" + (3).to_bytes(4, "big") + frames.to_bytes(4, "big") + (frames * MPEG_FRAME_BYTES).to_bytes(4, "big")
    first = mp3(1)[:36] + told
    return first + bytes(MPEG_FRAME_BYTES - len(first)) + mp3(3000)


async def test_what_cannot_be_had_is_unavailable() -> None:
    with pytest.raises(AudioUnavailable) as refused:
        await TagProbe(MemoryAudio({})).facts(CLIP)
    assert refused.value.failure == SourceFailure.ABSENT


@pytest.mark.parametrize("content", [b"", b"<html>" * 1000])
@pytest.mark.parametrize("serve", [serving, ignoring_ranges, chunked])
async def test_what_is_not_audio_is_unavailable(content: bytes, serve: Any) -> None:
    with pytest.raises(AudioUnavailable) as refused:
        await learned_over_http(serve(content, "text/html"))
    assert refused.value.failure == SourceFailure.NOT_AUDIO


async def test_a_source_that_is_slow_from_the_beginning_is_too_slow() -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", content_length=10**9))
        while True:
            writer.write(mp3(1))
            await asyncio.sleep(0.02)

    with pytest.raises(AudioUnavailable) as refused:
        await learned_over_http(answer, patience=0.3)
    assert refused.value.failure == SourceFailure.TOO_SLOW


async def test_a_source_that_is_slow_at_its_end_is_audible_and_tells_no_duration() -> None:
    content = mp3(LONG)
    honest = serving(content)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if not request.headers["range"].startswith("bytes=0-"):
            await asyncio.sleep(60)
        await honest(request, writer)

    assert await learned_over_http(answer, patience=3) == AudioFacts("audio/mpeg", len(content), None)


async def test_a_source_that_breaks_is_unavailable_and_closed() -> None:
    content = mp3(LONG)
    honest = serving(content)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.headers["range"].startswith("bytes=0-"):
            await honest(request, writer)
        else:
            writer.write(head(416, content_range="bytes */10", content_length=0))  # it has shrunk meanwhile

    with pytest.raises(AudioUnavailable) as refused:
        await learned_over_http(answer)
    assert refused.value.failure == SourceFailure.INCONSISTENT


@given(st.binary(min_size=1, max_size=50), st.integers(0, 60), st.integers(0, 60), st.integers(-1, 60))
def test_a_sparse_file_reads_as_its_content_or_says_what_is_missing(
    content: bytes, first: int, at: int, count: int
) -> None:
    file = SparseFile(len(content))
    file.add(0, content[:first])
    file.add(first + 5, content[first + 5 :])
    expected = content[at:] if count < 0 else content[at : at + count]
    hole = range(first, min(first + 5, len(content)))
    file.seek(at)

    if any(position in hole for position in range(at, at + len(expected))):
        with pytest.raises(Unfetched) as missing:
            file.read(count)
        assert missing.value.position == max(at, first)
    else:
        assert file.read(count) == expected
        assert file.tell() == at + len(expected)


def test_a_sparse_file_has_no_place_before_its_beginning() -> None:
    with pytest.raises(OSError, match="before the beginning"):
        SparseFile(10).seek(-11, 2)
