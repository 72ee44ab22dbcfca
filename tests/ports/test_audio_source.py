"""The promises of `domain.ports.AudioSource` and `OpenedAudio`, in memory, in files, over HTTP as it is, and kept."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.byte_range import ByteRange, FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.ports import LARGEST_CHUNK, OpenedAudio
from domain.validators import UNKNOWN
from tests.audio_worlds import CUTTING, MODIFIED, TELLING_VERSIONS, WORLDS, AudioWorld, Build, over_http
from tests.sounds import mp3_of, opus
from tests.upstream import chunked, failure_of, serving

every_world = pytest.mark.parametrize("build", WORLDS.values(), ids=WORLDS)
every_world_that_cuts = pytest.mark.parametrize("build", CUTTING.values(), ids=CUTTING)
every_world_that_tells_versions = pytest.mark.parametrize("build", TELLING_VERSIONS.values(), ids=TELLING_VERSIONS)


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


@every_world_that_cuts
@pytest.mark.parametrize("at_most", [1, 10, 4_096, LARGEST_CHUNK])
async def test_no_more_is_read_at_once_than_was_asked_for(build: Build, tmp_path: Path, at_most: int) -> None:
    content = mp3_of(300_000)
    async with build(content, tmp_path) as world:
        opened = await world.source.open(world.clip, FromTo(100, 160))
        read = b""
        while chunk := await opened.read(at_most):
            assert len(chunk) <= at_most
            read += chunk

        assert read == content[100:161]
        opened.close()


@every_world_that_tells_versions
async def test_the_validators_are_those_of_the_version(build: Build, tmp_path: Path) -> None:
    async with build(mp3_of(50_000), tmp_path) as world:
        whole, part = await world.source.open(world.clip), await world.source.open(world.clip, FromTo(10))

        assert whole.validators == part.validators
        assert whole.validators.entity_tag is not None
        assert not whole.validators.entity_tag.is_weak
        assert whole.validators.last_modified in (MODIFIED, None)
        assert whole.can_reopen
        whole.close()
        part.close()


@every_world_that_tells_versions
async def test_another_version_has_another_tag(build: Build, tmp_path: Path) -> None:
    tags = []
    for content in (mp3_of(50_000), mp3_of(50_001)):
        async with build(content, tmp_path) as world:
            opened = await world.source.open(world.clip)
            tags.append(opened.validators.entity_tag)
            opened.close()

    assert tags[0] != tags[1]


@every_world_that_tells_versions
@pytest.mark.parametrize("requested", [None, FromTo(0, 9), FromTo(70_000), Suffix(5_000)])
async def test_what_is_opened_again_is_read_on_its_own(
    build: Build, tmp_path: Path, requested: RequestedRange | None
) -> None:
    content = mp3_of(400_000)
    async with build(content, tmp_path) as world:
        first = await world.source.open(world.clip, FromTo(1_000))
        begun = await first.read(5_000)
        again = await first.reopen(requested)

        assert await all_of(again) == content[slice_of(requested) if requested else slice(None)]
        assert again.validators == first.validators
        assert again.range == (requested.within(len(content)) if requested else None)
        assert begun + await all_of(first) == content[1_000:]
        first.close()
        again.close()


@every_world_that_tells_versions
async def test_who_closes_the_first_may_read_on_in_the_second(build: Build, tmp_path: Path) -> None:
    content = mp3_of(400_000)
    async with build(content, tmp_path) as world:
        first = await world.source.open(world.clip)
        again = await first.reopen(FromTo(100_000))
        first.close()

        assert await all_of(again) == content[100_000:]
        again.close()


@every_world_that_tells_versions
async def test_a_place_behind_the_end_cannot_be_reopened(build: Build, tmp_path: Path) -> None:
    async with build(mp3_of(50_000), tmp_path) as world:
        opened = await world.source.open(world.clip)

        with pytest.raises(RangeNotSatisfiable) as refused:
            await opened.reopen(FromTo(50_000))
        assert refused.value.size == 50_000
        opened.close()


async def test_what_tells_no_version_is_not_opened_again(tmp_path: Path) -> None:
    async with over_http(serving)(mp3_of(50_000), tmp_path) as world:
        opened = await world.source.open(world.clip)

        assert (opened.validators, opened.can_reopen) == (UNKNOWN, False)
        with pytest.raises(AudioUnavailable) as refused:
            await opened.reopen(FromTo(10))
        assert refused.value.failure == SourceFailure.CHANGED
        opened.close()
