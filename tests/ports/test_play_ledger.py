"""The promises of `domain.ports.PlayLedger`, in memory and in PostgreSQL."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.system import new_id
from domain.clip import UNKNOWN_VERSION, ClipChanges, ClipId, ClipVersion
from domain.errors import ClipChanged, ClipNotFound
from domain.play import Play
from domain.statistics import ClipCounts, Counts, Interval, Period
from tests.examples import NOON, a_play, details, some_audio
from tests.worlds import World, in_memory

clips_by_place = st.integers(0, 3)  # two that are there, one that was removed, and none
playback_ids = st.sampled_from([new_id() for _ in range(4)])
MIDNIGHT = NOON + timedelta(hours=12)
moments = st.sampled_from((-61, -60, -59, -1, 0, 1, 59, 60)).map(lambda minutes: MIDNIGHT + timedelta(minutes=minutes))
PERIODS = [Period(interval, MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=1)) for interval in Interval]


@pytest.fixture
async def clip(world: World) -> ClipId:
    return (await world.catalogue.add(details(), some_audio(), NOON)).id


async def plays_of(world: World, clip: ClipId) -> int:
    return (await world.statistics.counts(clip)).counts.play_count


async def test_a_play_counts_once_however_often_it_is_recorded(world: World, clip: ClipId) -> None:
    play = a_play(of=clip)

    assert [await world.ledger.record(play) for _ in range(3)] == [True, False, False]
    assert await plays_of(world, clip) == 1


async def test_each_play_counts(world: World, clip: ClipId) -> None:
    for _ in range(3):
        await world.ledger.record(a_play(of=clip))

    assert await plays_of(world, clip) == 3
    assert (await world.catalogue.find(clip)).play_count == 3


async def test_one_playback_id_counts_once_for_each_clip(world: World, clip: ClipId) -> None:
    other = (await world.catalogue.add(details(), some_audio(), NOON)).id
    playback = new_id()

    assert await world.ledger.record(a_play(of=clip, under=playback))
    assert await world.ledger.record(a_play(of=other, under=playback))
    assert [await plays_of(world, each) for each in (clip, other)] == [1, 1]


async def test_a_play_of_no_clip_is_refused_and_not_counted(world: World) -> None:
    with pytest.raises(ClipNotFound):
        await world.ledger.record(a_play(of=ClipId(404)))

    assert await world.statistics.counts(ClipId(404)) == ClipCounts(Counts(), None)


async def test_a_removed_clip_is_played_no_more_and_keeps_its_plays(world: World, clip: ClipId) -> None:
    await world.ledger.record(a_play(of=clip))
    await world.catalogue.remove(clip)

    with pytest.raises(ClipNotFound):
        await world.ledger.record(a_play(of=clip))
    assert await plays_of(world, clip) == 1


async def test_a_play_may_be_meant_of_a_clip_as_it_is_and_as_it_was_is_refused(world: World, clip: ClipId) -> None:
    was = (await world.catalogue.find(clip)).version
    assert was != UNKNOWN_VERSION
    assert await world.ledger.record(a_play(of=clip), was)

    await world.catalogue.change(clip, ClipChanges(title="Another"), None)
    play, now = a_play(of=clip), (await world.catalogue.find(clip)).version
    with pytest.raises(ClipChanged):
        await world.ledger.record(play, was)
    assert await plays_of(world, clip) == 1
    assert [await world.ledger.record(play, version) for version in (now, now, UNKNOWN_VERSION)] == [True, False, False]
    with pytest.raises(ClipChanged):
        await world.ledger.record(play, was)

    await world.catalogue.remove(clip)
    with pytest.raises(ClipNotFound):
        await world.ledger.record(a_play(of=clip), now)


async def test_a_play_makes_no_other_version_of_its_clip(world: World, clip: ClipId) -> None:
    was = (await world.catalogue.find(clip)).version
    await world.ledger.record(a_play(of=clip))

    assert (await world.catalogue.find(clip)).version == was


async def test_the_last_play_is_the_latest_and_not_the_last_recorded(world: World, clip: ClipId) -> None:
    later = NOON + timedelta(hours=1)
    await world.ledger.record(a_play(of=clip, at=later))
    await world.ledger.record(a_play(of=clip, at=NOON))

    assert await world.statistics.counts(clip) == ClipCounts(Counts(play_count=2), later)


async def test_many_plays_and_repeats_at_once_are_counted_exactly(world: World, clip: ClipId) -> None:
    plays = [a_play(of=clip) for _ in range(100)]
    recorded = await asyncio.gather(*(world.ledger.record(play) for play in plays * 3))

    assert sum(recorded) == 100
    assert await plays_of(world, clip) == 100


async def clips_of(world: World) -> list[tuple[ClipId, dict[str, ClipVersion]]]:
    """Two clips that are there, one that was removed, and one that never was; with the versions that may be meant."""
    clips = []
    for _ in range(3):
        clip = (await world.catalogue.add(details(), some_audio(), NOON)).id
        was = (await world.catalogue.find(clip)).version
        await world.catalogue.change(clip, ClipChanges(title="Another"), None)
        now = (await world.catalogue.find(clip)).version
        clips.append((clip, {"any": UNKNOWN_VERSION, "was": was, "now": now}))
    await world.catalogue.remove(clips[2][0])
    return [*clips, (ClipId(10**9), dict.fromkeys(("any", "was", "now"), UNKNOWN_VERSION))]


async def answer(world: World, play: Play, version: ClipVersion) -> bool | str:
    try:
        return await world.ledger.record(play, version)
    except ClipNotFound:
        return "not found"
    except ClipChanged:
        return "changed"


async def plays_by_time(world: World, clip: ClipId | None) -> Counter[tuple[Interval, datetime]]:
    """The plays of a clip, or of all, in each hour and day."""
    told = {period.interval: await world.statistics.series(clip, period) for period in PERIODS}
    return Counter({(each, at): counts.play_count for each, known in told.items() for at, counts in known.items()})


meanings = st.sampled_from(["any", "now", "was"])


@given(story=st.lists(st.lists(st.tuples(clips_by_place, playback_ids, moments, meanings), max_size=20), max_size=3))
async def test_plays_at_once_are_answered_and_counted_as_if_one_came_after_the_other(world: World, story: Any) -> None:
    clips, oracle, before = await clips_of(world), in_memory(), await plays_by_time(world, None)
    same_clips = await clips_of(oracle)
    for plays in story:
        offers = [(clips[place], play, at, meant) for place, play, at, meant in plays]
        same_offers = [(same_clips[place], play, at, meant) for place, play, at, meant in plays]
        at_once = await asyncio.gather(
            *(answer(world, a_play(clip, play, at), versions[meant]) for (clip, versions), play, at, meant in offers)
        )
        in_turn = [
            await answer(oracle, a_play(clip, play, at), versions[meant])
            for (clip, versions), play, at, meant in same_offers
        ]

        assert at_once == in_turn
    for (clip, _), (same, _) in zip(clips, same_clips, strict=True):
        assert await world.statistics.counts(clip) == await oracle.statistics.counts(same)
        assert await plays_by_time(world, clip) == await plays_by_time(oracle, same)
    assert await plays_by_time(world, None) - before == await plays_by_time(oracle, None)
