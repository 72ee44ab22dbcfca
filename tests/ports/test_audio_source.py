"""The promises of `domain.ports.AudioSource` and `OpenedAudio`, in memory, in files, and over HTTP as it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.audio.by_location import AudioByLocation
from adapters.audio.filesystem import FilesystemAudio
from adapters.audio.in_memory import MemoryAudio
from domain.byte_range import ByteRange, FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.ports import AudioSource, OpenedAudio
from tests.sounds import mp3_of, opus
from tests.upstream import Answer, Request, chunked, failure_of, head, ignoring_ranges, remote_audio, serving, upstream

NOT_AUDIO = b"<!doctype html><title>Not here</title>" * 500
LARGEST_CHUNK = 256 * 1024


@frozen
class AudioWorld:
    """A source that holds one clip, one text that is no audio, and nothing else."""

    source: AudioSource
    clip: AudioLocation
    text: AudioLocation
    nothing: AudioLocation


Build = Callable[[bytes, Path], AbstractAsyncContextManager[AudioWorld]]


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
    clip, text = AudioLocation("library:deep/clip.mp3"), AudioLocation("library:text.mp3")
    files = FilesystemAudio(folder)
    yield AudioWorld(AudioByLocation(files, MemoryAudio({})), clip, text, AudioLocation("library:nothing.mp3"))


def over_http(answering: Callable[[bytes], Answer]) -> Build:
    @asynccontextmanager
    async def build(content: bytes, _folder: Path) -> AsyncIterator[AudioWorld]:
        answer_clip, answer_text = answering(content), serving(NOT_AUDIO, "text/html")

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            if request.target == "/nothing":
                writer.write(head(404, content_length=0))
            else:
                await (answer_clip if request.target == "/clip" else answer_text)(request, writer)

        async with upstream(answer) as server, remote_audio() as http:
            source = AudioByLocation(MemoryAudio({}), http)
            yield AudioWorld(source, server.url("/clip"), server.url("/text"), server.url("/nothing"))

    return build


CUTTING: dict[str, Build] = {
    "memory": in_memory,
    "files": in_files,
    "http": over_http(serving),
    "http ignoring ranges": over_http(ignoring_ranges),
}
WORLDS: dict[str, Build] = CUTTING | {"http of unknown length": over_http(chunked)}

every_world = pytest.mark.parametrize("build", WORLDS.values(), ids=WORLDS)
every_world_that_cuts = pytest.mark.parametrize("build", CUTTING.values(), ids=CUTTING)


async def all_of(opened: OpenedAudio) -> bytes:
    read = b""
    while chunk := await opened.read():
        assert len(chunk) <= LARGEST_CHUNK
        read += chunk
    return read


def slice_of(requested: RequestedRange) -> slice:
    match requested:
        case FromTo(first, last):
            return slice(first, None if last is None else last + 1)
        case Suffix(length):
            return slice(-length, None)


@every_world
async def test_the_whole_clip_is_read_in_order(build: Build, tmp_path: Path) -> None:
    content = mp3_of(700_000)
    async with build(content, tmp_path) as world:
        opened = await world.source.open(world.clip)

        assert opened.range is None
        assert opened.media_type == "audio/mpeg"
        assert opened.size in (len(content), None)
        assert await all_of(opened) == content
        assert await opened.read() == b""
        opened.close()


@every_world_that_cuts
def test_a_part_is_exactly_what_slicing_selects(build: Build, tmp_path: Path) -> None:
    content = mp3_of(300_000)
    first = st.integers(0, len(content) + 10) | st.integers(0, 10) | st.just(len(content) - 1)

    async def checked(world: AudioWorld, requested: RequestedRange) -> None:
        selected = content[slice_of(requested)]
        if not selected:
            with pytest.raises(RangeNotSatisfiable) as refused:
                await world.source.open(world.clip, requested)
            assert refused.value.size == len(content)
            return
        opened = await world.source.open(world.clip, requested)

        assert opened.range == requested.within(len(content))
        assert opened.size == len(content)
        assert opened.media_type in ("audio/mpeg", None)
        assert await all_of(opened) == selected
        opened.close()

    with asyncio.Runner() as runner:
        entered = build(content, tmp_path)
        world = runner.run(entered.__aenter__())

        @settings(max_examples=40)
        @given(
            requested=st.builds(lambda a, b: FromTo(min(a, b), max(a, b)), first, first)
            | st.builds(FromTo, first)
            | st.builds(Suffix, st.integers(1, len(content) + 10))
        )
        def law(requested: RequestedRange) -> None:
            runner.run(checked(world, requested))

        law()
        runner.run(entered.__aexit__(None, None, None))


@every_world_that_cuts
async def test_a_part_of_the_whole_is_a_part(build: Build, tmp_path: Path) -> None:
    async with build(mp3_of(10_000), tmp_path) as world:
        opened = await world.source.open(world.clip, FromTo(0))

        assert opened.range == ByteRange(0, 9_999)
        assert opened.media_type == "audio/mpeg"
        opened.close()


async def test_audio_of_unknown_length_that_cannot_be_cut_is_given_whole(tmp_path: Path) -> None:
    content = mp3_of(100_000)
    async with over_http(chunked)(content, tmp_path) as world:
        opened = await world.source.open(world.clip, FromTo(500))

        assert (opened.range, opened.size) == (None, None)
        assert await all_of(opened) == content
        opened.close()


@every_world
async def test_the_media_type_is_what_the_bytes_are(build: Build, tmp_path: Path) -> None:
    async with build(opus(seconds=20), tmp_path) as world:  # named or labelled as MP3 in every world
        opened = await world.source.open(world.clip)

        assert opened.media_type == "audio/ogg"
        opened.close()


@every_world
async def test_what_is_not_there_is_absent(build: Build, tmp_path: Path) -> None:
    async with build(mp3_of(10_000), tmp_path) as world:
        assert await failure_of(world.source, world.nothing) == SourceFailure.ABSENT


@every_world
@pytest.mark.parametrize("requested", [None, FromTo(0), FromTo(10), Suffix(5)])
async def test_what_is_not_audio_is_refused(build: Build, tmp_path: Path, requested: RequestedRange | None) -> None:
    async with build(mp3_of(10_000), tmp_path) as world:
        assert await failure_of(world.source, world.text, requested) == SourceFailure.NOT_AUDIO


@every_world
async def test_an_empty_clip_is_not_audio(build: Build, tmp_path: Path) -> None:
    async with build(b"", tmp_path) as world:
        assert await failure_of(world.source, world.clip) == SourceFailure.NOT_AUDIO


@every_world
@pytest.mark.parametrize(("size", "reads"), [(10_000, 0), (2_000_000, 0), (2_000_000, 1)])
async def test_closing_again_does_nothing_and_closed_audio_gives_no_more(
    build: Build, tmp_path: Path, size: int, reads: int
) -> None:
    async with build(mp3_of(size), tmp_path) as world:
        opened = await world.source.open(world.clip)
        for _ in range(reads):
            await opened.read()
        opened.close()
        opened.close()

        with pytest.raises(AudioUnavailable) as refused:
            await opened.read()
        assert refused.value.failure == SourceFailure.INTERRUPTED


@every_world
async def test_many_may_listen_to_one_clip_each_at_their_own_place(build: Build, tmp_path: Path) -> None:
    content = mp3_of(600_000)
    async with build(content, tmp_path) as world:
        several = [await world.source.open(world.clip) for _ in range(5)]
        await several[0].read()
        several[1].close()

        assert all(read == content for read in await asyncio.gather(*map(all_of, several[2:])))
        for opened in several:
            opened.close()
