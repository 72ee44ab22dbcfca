"""The cache while a clip is being fetched and once it is kept: who is served from where, and what is left behind."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.audio.library.file_descriptor import FileDescriptor
from adapters.audio.remote.http import HttpAudio
from domain.byte_range import ByteRange, FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.ports import CacheOutcome
from tests.adapters.cache_world import CLIP, OTHER, Sound, World, a_world, all_of, count, heard_until_cut, tagged
from tests.sounds import mp3_of
from tests.upstream import failure_of, remote_audio, serving, soon, upstream

SOUND = mp3_of(800_000)
KIB = 1024
HIT, MISS, SHARED, BYPASS = CacheOutcome.HIT, CacheOutcome.MISS, CacheOutcome.SHARED, CacheOutcome.BYPASS


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        made.origin.sounds[CLIP] = tagged(SOUND)
        yield made


async def test_a_thousand_listeners_at_once_fetch_a_clip_once(world: World) -> None:
    sound = SOUND[:200_000]
    world.origin.sounds[CLIP] = tagged(sound)
    heard = await asyncio.gather(*(world.listen() for _ in range(1000)))

    assert all(content == sound for content, _ in heard)
    assert world.origin.asked == [(CLIP, None)]
    assert count(world.told.outcomes) == {MISS: 1, SHARED: 999}


async def test_a_thousand_listeners_at_once_learn_of_one_failure_once(world: World) -> None:
    world.origin.failure = SourceFailure.TOO_SLOW

    failures = await asyncio.gather(*(failure_of(world.cache, CLIP) for _ in range(1000)))

    assert set(failures) == {SourceFailure.TOO_SLOW}
    assert len(world.origin.asked) == 1


async def test_a_clip_that_is_kept_is_played_without_its_source(world: World) -> None:
    await world.keep(tagged(SOUND))
    world.origin.failure = SourceFailure.UNREACHABLE

    assert await world.listen() == (SOUND, HIT)
    assert await world.listen(Suffix(10)) == (SOUND[-10:], HIT)
    assert len(world.origin.asked) == 1


async def test_listeners_get_what_has_arrived_and_the_rest_when_it_comes(world: World) -> None:
    world.origin.halt = 100_000
    first, second = await world.cache.open(CLIP), await world.cache.open(CLIP)
    begun = b"".join([await first.read(), await first.read()])
    waiting = asyncio.create_task(first.read())
    await asyncio.sleep(0.02)

    assert begun == SOUND[:100_000]
    assert not waiting.done()
    world.origin.go_on()
    assert begun + await waiting + await all_of(first) == SOUND == await all_of(second)
    first.close()
    second.close()


async def test_a_clip_is_fetched_to_its_end_when_its_listeners_have_left(world: World) -> None:
    world.origin.halt = 100_000
    opened = await world.cache.open(CLIP)
    opened.close()
    world.origin.go_on()

    assert await world.settled()
    assert await world.listen() == (SOUND, HIT)


async def test_a_listener_who_waits_holds_up_neither_the_others_nor_the_fetching(world: World) -> None:
    idle = await world.cache.open(CLIP)

    assert (await world.listen())[0] == SOUND
    assert await world.settled()
    assert await all_of(idle) == SOUND
    idle.close()


async def test_closing_gives_up_what_is_being_fetched(world: World) -> None:
    world.origin.halt = 100_000
    opened = await world.cache.open(CLIP)
    assert await world.arrived(100_000)
    await world.cache.close()

    assert (world.parts(), world.entries(), world.origin.open_now) == ([], [], 0)
    assert await heard_until_cut(opened) == (SOUND[:100_000], SourceFailure.INTERRUPTED)
    opened.close()
    world.origin.go_on()
    assert await world.listen() == (SOUND, BYPASS)


async def test_closing_right_when_fetching_begins_leaves_nothing(world: World) -> None:
    opening = asyncio.create_task(world.cache.open(CLIP))
    while not world.cache._copies._fills:
        await asyncio.sleep(0)
    await world.cache.close()

    assert (world.parts(), world.origin.open_now) == ([], 0)
    with pytest.raises(AudioUnavailable):
        await opening


@pytest.mark.parametrize(
    "sound", [Sound(SOUND, tells_size=False), Sound(SOUND * 4)], ids=["of unknown size", "too large"]
)
async def test_what_is_not_for_keeping_is_handed_through_and_asked_for_once(tmp_path: Path, sound: Sound) -> None:
    async with a_world(tmp_path, size=11_000_000) as world:
        world.origin.sounds[CLIP] = sound
        opened = await world.cache.open(CLIP)

        assert (opened.size, await all_of(opened)) == (len(sound.content) if sound.tells_size else None, sound.content)
        opened.close()
        await world.listen(FromTo(5, 9))
        assert world.origin.asked == [(CLIP, None), (CLIP, FromTo(5, 9))]
        assert count(world.told.outcomes) == {BYPASS: 2}
        assert world.entries() == []


async def test_a_part_of_what_is_not_for_keeping_is_the_part_that_was_asked_for(tmp_path: Path) -> None:
    async with a_world(tmp_path, size=1_000_000) as world:
        world.origin.sounds[CLIP] = tagged(SOUND)

        assert await world.listen(FromTo(10, 19)) == (SOUND[10:20], BYPASS)


async def test_listeners_to_what_is_not_for_keeping_each_have_their_own(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.origin.sounds[CLIP] = Sound(SOUND, tells_size=False)
        heard = await asyncio.gather(*(world.listen() for _ in range(5)))

        assert heard == [(SOUND, BYPASS)] * 5
        assert len(world.origin.asked) == 5


async def test_parts_are_served_from_what_has_come_or_soon_will_and_others_from_the_source(world: World) -> None:
    world.origin.halt = 100_000
    whole = await world.cache.open(CLIP)
    assert await world.arrived(100_000)
    soon_there = asyncio.create_task(world.listen(FromTo(100_000 + 512 * KIB, 100_000 + 512 * KIB)))

    assert await world.listen(FromTo(50_000, 99_999)) == (SOUND[50_000:100_000], SHARED)
    assert len(world.origin.asked) == 1
    world.origin.halt = None  # for the others; who fills is not told
    assert await world.listen(FromTo(100_001 + 512 * KIB)) == (SOUND[100_001 + 512 * KIB :], BYPASS)
    assert world.origin.asked[1:] == [(CLIP, FromTo(100_001 + 512 * KIB))]
    assert not soon_there.done()
    world.origin.go_on()
    assert (await soon_there)[0] == SOUND[100_000 + 512 * KIB :][:1]
    assert count(world.told.outcomes) == {MISS: 1, SHARED: 2, BYPASS: 1}
    whole.close()


@pytest.mark.parametrize("halt", [100_000, None], ids=["arriving", "kept"])
async def test_a_part_behind_the_end_is_refused_without_asking(world: World, halt: int | None) -> None:
    world.origin.halt = halt
    whole = await world.cache.open(CLIP)
    for requested in (FromTo(len(SOUND)), Suffix(0)):
        with pytest.raises(RangeNotSatisfiable) as refused:
            await world.cache.open(CLIP, requested)
        assert refused.value.size == len(SOUND)
    assert len(world.origin.asked) == 1
    assert len(world.told.outcomes) == 3
    whole.close()


def test_a_part_is_exactly_what_slicing_selects(tmp_path: Path) -> None:
    sound = mp3_of(300_000)
    first = st.integers(0, len(sound) - 1) | st.integers(0, 10) | st.just(len(sound) - 1)
    parts = (
        st.builds(lambda a, b: FromTo(min(a, b), max(a, b)), first, first)
        | st.builds(FromTo, first)
        | st.builds(Suffix, st.integers(1, len(sound) + 10))
    )

    async def checked(requested: RequestedRange, at_most: int, halt: int) -> None:
        async with a_world(tmp_path) as world:
            world.origin.sounds[CLIP], world.origin.halt = tagged(sound), halt
            opening = asyncio.create_task(world.cache.open(CLIP, requested))
            await asyncio.sleep(0)
            world.origin.go_on()
            opened = await opening
            part = requested.within(len(sound))

            assert opened.range == part
            assert await all_of(opened, at_most) == sound[part.first : part.last + 1]
            opened.close()

    @settings(max_examples=40)
    @given(requested=parts, at_most=st.integers(1_000, 300_000), halt=st.integers(1, len(sound)))
    def law(requested: RequestedRange, at_most: int, halt: int) -> None:
        asyncio.run(checked(requested, at_most, halt))

    law()


async def test_what_arrived_of_a_source_that_fails_is_played_and_then_cut_and_not_kept(world: World) -> None:
    world.origin.breaks_at = 200_000
    opened = await world.cache.open(CLIP)
    heard, failure = await heard_until_cut(opened)

    assert failure == SourceFailure.INTERRUPTED
    assert heard == SOUND[: 3 * 64 * KIB]
    opened.close()
    assert (world.entries(), world.parts()) == ([], [])
    world.origin.breaks_at = None
    assert await world.listen() == (SOUND, MISS)


async def test_a_source_that_fails_before_its_first_byte_fails_the_opening(world: World) -> None:
    world.origin.breaks_at = 0

    assert await failure_of(world.cache, CLIP) == SourceFailure.INTERRUPTED
    assert world.told.outcomes == [MISS]


@pytest.mark.parametrize("promised", [700_000, 900_000], ids=["gives more", "gives less"])
async def test_a_source_that_does_not_give_what_it_promised_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, promised: int
) -> None:
    monkeypatch.setattr("tests.adapters.cache_world.OpenedOrigin.size", promised)
    opened = await world.cache.open(CLIP)
    heard, failure = await heard_until_cut(opened)
    opened.close()

    assert failure == SourceFailure.INCONSISTENT
    assert heard == SOUND[: min(promised // (64 * KIB) * 64 * KIB, len(SOUND))]
    assert (world.parts(), world.entries()) == ([], [])


async def test_media_type_size_and_validators_are_those_of_the_source_wherever_it_is_served_from(world: World) -> None:
    sound = tagged(SOUND, "its-tag")
    await world.keep(Sound(sound.content, sound.validators, media_type="audio/x-strange"))
    await world.restart()
    opened = await world.cache.open(CLIP)

    assert (opened.media_type, opened.size) == ("audio/x-strange", len(SOUND))
    assert opened.validators == sound.validators
    opened.close()


async def test_what_is_reopened_is_the_same_version_though_the_source_has_another(world: World) -> None:
    await world.keep(tagged(SOUND))
    opened = await world.cache.open(CLIP, FromTo(10))
    world.origin.sounds[CLIP] = tagged(SOUND[::-1], "two")
    world.entry().unlink()
    world.cache = world.another()
    assert (await world.listen())[0] == SOUND[::-1]
    again = await opened.reopen(FromTo(0, 9))

    assert opened.can_reopen
    assert (again.range, await all_of(again)) == (ByteRange(0, 9), SOUND[:10])
    opened.close()
    assert again.validators == tagged(SOUND).validators
    again.close()


async def test_what_is_reopened_while_it_arrives_comes_from_the_copy_or_the_same_version_at_the_source(
    world: World,
) -> None:
    world.origin.halt = 100_000
    opened = await world.cache.open(CLIP)
    near = await opened.reopen(FromTo(10, 19))
    far = await opened.reopen(Suffix(10))

    world.origin.halt = None  # for the others; who fills is not told
    assert (await all_of(near), await all_of(far)) == (SOUND[10:20], SOUND[-10:])
    assert world.origin.asked == [(CLIP, None)]
    world.origin.sounds[CLIP] = tagged(SOUND[::-1], "two")
    with pytest.raises(AudioUnavailable) as refused:
        await opened.reopen(Suffix(10))
    assert refused.value.failure == SourceFailure.CHANGED
    for each in (opened, near, far):
        each.close()


async def test_what_was_given_up_is_not_reopened_as_the_version_that_was_kept_since(world: World) -> None:
    world.origin.breaks_at = 200_000
    opened = await world.cache.open(CLIP)
    await heard_until_cut(opened)
    opened.close()
    world.origin.breaks_at = None
    await world.keep(tagged(SOUND[::-1], "two"))

    with pytest.raises(AudioUnavailable) as refused:
        await opened.reopen(FromTo(0, 9))
    assert refused.value.failure == SourceFailure.CHANGED


@pytest.mark.parametrize("halt", [100_000, None], ids=["arriving", "kept"])
async def test_closing_again_does_nothing_and_closed_audio_gives_no_more(world: World, halt: int | None) -> None:
    world.origin.halt = halt
    other, opened = await world.cache.open(CLIP), await world.cache.open(CLIP)
    await opened.read()
    opened.close()
    opened.close()

    with pytest.raises(AudioUnavailable) as refused:
        await opened.read()
    assert refused.value.failure == SourceFailure.INTERRUPTED
    assert await other.read() == SOUND[: 64 * KIB] if halt else await other.read()
    other.close()


async def test_an_opening_that_is_cancelled_leaves_nothing_open_and_another_takes_over(world: World) -> None:
    world.origin.slow = True
    first, second = (asyncio.create_task(world.cache.open(CLIP)) for _ in range(2))
    assert await soon(lambda: len(world.origin.asked) == 1)
    await asyncio.sleep(0)
    world.origin.slow = False
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    opened = await second

    assert len(world.origin.asked) == 2
    assert await all_of(opened) == SOUND
    opened.close()


@pytest.mark.parametrize("steps", range(12))
async def test_an_opening_may_be_cancelled_at_any_moment(world: World, steps: int) -> None:
    world.origin.halt = 0
    opening = asyncio.create_task(world.cache.open(CLIP))
    for _ in range(steps):
        await asyncio.sleep(0 if steps < 8 else 0.003)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening

    world.origin.go_on()
    assert (await world.listen())[0] == SOUND


async def test_what_is_in_memory_is_served_without_a_thread(world: World) -> None:
    await world.keep(tagged(SOUND))
    await world.listen()
    await world.cache.close()  # from now on it has no threads

    assert await world.listen() == (SOUND, HIT)


async def test_the_threads_that_others_need_are_not_those_of_the_cache(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileDescriptor, "read_at_once", lambda *_: None)  # so that reading needs a thread, too
    threads, may_end = ThreadPoolExecutor(1), threading.Event()
    asyncio.get_running_loop().set_default_executor(threads)
    waiting = threads.submit(may_end.wait, 60)
    await world.keep(tagged(SOUND))
    world.cache = world.another()

    assert await world.listen() == (SOUND, HIT)
    assert not waiting.done()
    may_end.set()


async def test_clips_are_told_apart_by_their_location(world: World) -> None:
    await world.keep(tagged(SOUND))
    await world.keep(tagged(SOUND[::-1]), OTHER)

    assert [(await world.listen(location=each))[0] for each in (CLIP, OTHER)] == [SOUND, SOUND[::-1]]


async def test_over_http_a_clip_is_fetched_once(world: World) -> None:
    async with upstream(serving(SOUND)) as server, remote_audio() as http:
        world.cache.source = http
        world.cache._inquiry.source = http
        assert isinstance(http, HttpAudio)
        heard = await asyncio.gather(*(world.listen(location=server.url()) for _ in range(20)))

        assert {content for content, _ in heard} == {SOUND}
        assert len(server.requests) == 1
