"""The promises of `domain.ports.PlayCounts`, in memory and in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clip import ClipId
from domain.live_counts import LastPlayed
from tests.examples import NOON, a_play, details, some_audio
from tests.worlds import World, in_memory

HOUR = timedelta(hours=1)
PATIENCE = 60.0  # seconds
TRIES = 8  # of which one must be in time: a busy machine may hold up the others
plays_of_three = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 300)), max_size=8)  # clip, minutes before noon


async def clips_of(world: World, count: int) -> list[ClipId]:
    return [(await world.catalogue.add(details(), some_audio(), NOON)).id for _ in range(count)]


async def all_heard(announced: AsyncIterator[Collection[ClipId]], clips: set[ClipId]) -> None:
    """Return when these clips were announced, and no others."""
    heard = set[ClipId]()
    while heard != clips:
        heard.update(await anext(announced))


async def test_a_clip_that_is_played_is_announced_within_a_second(world: World) -> None:
    first, second = await clips_of(world, 2)
    seconds = list[float]()
    async with aclosing(world.play_counts.announcements()) as announced, asyncio.timeout(PATIENCE):
        assert not list(await anext(announced))

        while len(seconds) < TRIES and min(seconds, default=1.0) >= 1.0:
            begun = monotonic()
            for clip in (first, second, first):
                await world.ledger.record(a_play(of=clip))
            await all_heard(announced, {first, second})
            seconds.append(monotonic() - begun)
    assert min(seconds) < 1.0


async def test_each_play_is_announced_however_many_come_at_once(world: World) -> None:
    clips = await clips_of(world, 500)
    async with aclosing(world.play_counts.announcements()) as announced, asyncio.timeout(PATIENCE):
        await anext(announced)

        await asyncio.gather(*(world.ledger.record(a_play(of=clip)) for clip in clips))
        await all_heard(announced, set(clips))


async def test_whoever_begins_to_hear_hears_nothing_of_before(world: World) -> None:
    clips = await clips_of(world, 2)
    async with aclosing(world.play_counts.announcements()) as another, asyncio.timeout(PATIENCE):
        await anext(another)
        await world.ledger.record(a_play(of=clips[0]))
        await all_heard(another, {clips[0]})  # by all who heard it: it is not on its way any more
    async with aclosing(world.play_counts.announcements()) as announced, asyncio.timeout(PATIENCE):
        await anext(announced)
        await world.ledger.record(a_play(of=clips[1]))
        while not (heard := list(await anext(announced))):
            pass  # a long silence is told too

        assert heard == [clips[1]]


async def test_present_counts_are_of_this_moment_and_of_what_was_played(world: World) -> None:
    played, unplayed = await clips_of(world, 2)
    for count in (1, 2):
        await world.ledger.record(a_play(of=played))

        assert dict(await world.play_counts.present([played, unplayed, ClipId(404)])) == {played: count}


async def test_a_removed_clip_keeps_its_count(world: World) -> None:
    [clip] = await clips_of(world, 1)
    await world.ledger.record(a_play(of=clip))
    await world.catalogue.remove(clip)

    assert dict(await world.play_counts.present([clip])) == {clip: 1}


@pytest.mark.parametrize(("ago", "is_told"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
async def test_what_was_played_at_the_moment_itself_is_told(world: World, ago: timedelta, is_told: bool) -> None:
    [clip] = await clips_of(world, 1)
    await world.ledger.record(a_play(of=clip, at=NOON - ago))

    assert bool(await world.play_counts.played_since(NOON, 10)) == is_told


async def test_the_latest_are_told_first_and_no_more_than_wanted(world: World) -> None:
    clips = await clips_of(world, 4)
    for minutes, clip in enumerate(clips):
        await world.ledger.record(a_play(of=clip, at=NOON - timedelta(minutes=minutes)))
    told = await world.play_counts.played_since(NOON - HOUR, 3)

    assert list(told) == [LastPlayed(clip, 1, NOON - timedelta(minutes=m)) for m, clip in enumerate(clips[:3])]


@given(story=plays_of_three, since=st.integers(0, 200))
async def test_what_was_played_since_a_moment_is_the_same_in_every_world(world: World, story: Any, since: int) -> None:
    oracle, moment = in_memory(), NOON - timedelta(minutes=since)
    clips, same = await clips_of(world, 3), await clips_of(oracle, 3)
    for place, minutes in story:
        for there, clip in ((world, clips[place]), (oracle, same[place])):
            await there.ledger.record(a_play(of=clip, at=NOON - timedelta(minutes=minutes)))
    told = await world.play_counts.played_since(moment, 1_000)
    expected = await oracle.play_counts.played_since(moment, 1_000)

    assert {(same[clips.index(each.clip)], each.play_count, each.at) for each in told if each.clip in clips} == {
        (each.clip, each.play_count, each.at) for each in expected
    }
    assert [each.at for each in told] == sorted((each.at for each in told), reverse=True)
