"""The promises of `domain.ports.Statistics`, in memory and in PostgreSQL."""

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve

from domain.byte_range import ByteRange
from domain.clip import LARGEST_CLIP_ID, ClipId
from domain.decision import Reason
from domain.delivery import DeliveryEntry, Ending
from domain.errors import ClipNotFound
from domain.heard import Window
from domain.listen import ListenReport
from domain.statistics import NONE_AT_ALL, ClipCounts, CountedClip, Counts, Explained, Interval, Period, TopClip, filled
from tests.examples import NOON, a_play, an_entry, details, some_audio
from tests.worlds import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = NOON.replace(hour=0)
HOURS = Period(Interval.HOUR, NOON - HOUR, NOON + 3 * HOUR)
DAYS = Period(Interval.DAY, MIDNIGHT - DAY, MIDNIGHT + 2 * DAY)
NOWHERE = ClipId(404)


@pytest.fixture
async def clip(world: World) -> ClipId:
    return await a_clip_in(world)


@pytest.fixture
async def other(world: World, clip: ClipId) -> ClipId:
    return await a_clip_in(world)


async def a_clip_in(world: World) -> ClipId:
    return (await world.catalogue.add(details(), some_audio(), NOON)).id


async def played(world: World, *moments: datetime, clip: ClipId) -> None:
    for at in moments:
        await world.ledger.record(a_play(of=clip, at=at))


async def deliver(world: World, *entries: DeliveryEntry) -> None:
    await world.deliveries.deliver(entries, Window.CALENDAR_DAY)


async def series(world: World, period: Period, of: ClipId | None) -> list[Counts]:
    return [counts for _, counts in filled(period, await world.statistics.series(of, period))]


async def test_what_was_never_played_counts_nothing(world: World, clip: ClipId) -> None:
    for nothing in (clip, NOWHERE):
        assert await world.statistics.counts(nothing) == ClipCounts(NONE_AT_ALL, None)
        assert await series(world, DAYS, nothing) == [NONE_AT_ALL] * 3
        assert await world.statistics.explained(nothing, 10) == []
    assert await series(world, HOURS, None) == [NONE_AT_ALL] * 4
    assert await world.statistics.top(DAYS, 10) == []


async def test_counts_are_all_that_was_ever_counted_of_one_clip(world: World, clip: ClipId, other: ClipId) -> None:
    await played(world, NOON, NOON + 9 * DAY, clip=clip)
    await played(world, NOON, clip=other)
    await deliver(world, an_entry(clip), an_entry(clip, listener="bob"), an_entry(clip, at=NOON + DAY, listener="eve"))

    counted = Counts(play_count=2, downloads=3, listeners=3, completed=3)
    assert await world.statistics.counts(clip) == ClipCounts(counted, NOON + 9 * DAY)
    assert await world.statistics.counts(other) == ClipCounts(Counts(play_count=1), NOON)


async def test_a_counted_clip_is_the_clip_with_all_that_was_ever_counted_of_it(
    world: World, clip: ClipId, other: ClipId
) -> None:
    await played(world, NOON, NOON + DAY, clip=clip)
    await deliver(world, an_entry(clip), an_entry(clip, listener="bob"))
    await world.ledger.record(named := a_play(of=other))
    await world.listens.confirm(other, named.id, ListenReport(9.0, finished=True), NOON + HOUR, 9 * DAY)
    counted = Counts(play_count=2, downloads=2, listeners=2, completed=2)

    for of, counts, last in ((clip, counted, NOON + DAY), (other, Counts(play_count=1, listens=1), NOON)):
        assert await world.statistics.counted(of) == CountedClip(await world.catalogue.find(of), counts, last)


async def test_a_clip_that_was_never_played_is_counted_as_nothing(world: World, clip: ClipId) -> None:
    expected = CountedClip(await world.catalogue.find(clip), NONE_AT_ALL, None)

    assert await world.statistics.counted(clip) == expected


async def test_a_clip_that_is_not_in_the_catalogue_is_not_counted_whoever_else_is_asked_for(
    world: World, clip: ClipId, other: ClipId
) -> None:
    await played(world, NOON, clip=other)
    await world.catalogue.remove(other)
    nowhere = [other, NOWHERE, ClipId(0), ClipId(LARGEST_CLIP_ID), ClipId(LARGEST_CLIP_ID + 1), ClipId(-(2**64))]
    answers = await asyncio.gather(*map(world.statistics.counted, [clip, *nowhere, clip]), return_exceptions=True)

    assert answers[0] == answers[-1] == await world.statistics.counted(clip)
    assert [each.clip for each in answers if isinstance(each, ClipNotFound)] == nowhere


async def test_a_clip_is_counted_as_of_one_moment_that_is_not_before_the_question(world: World, clip: ClipId) -> None:
    async def playing() -> None:
        while True:
            await world.ledger.record(a_play(of=clip))
            await asyncio.sleep(0)

    async def reading() -> None:
        while True:
            told = await world.statistics.counted(clip)
            assert told.clip.play_count == told.counts.play_count
            await asyncio.sleep(0)

    others = [asyncio.create_task(each()) for each in (playing, reading, reading, reading)]
    for number in range(30):
        await world.ledger.record(a_play(of=clip))
        assert (await world.statistics.counted(clip)).counts.play_count > number
        await asyncio.sleep(0)

    for each in others:
        each.cancel()
    await asyncio.wait(others)
    assert all(each.cancelled() for each in others)


async def test_a_series_has_each_count_in_its_hour_and_its_day_in_utc(world: World, clip: ClipId) -> None:
    elsewhere = timezone(timedelta(hours=5, minutes=30))
    await played(world, NOON, NOON + HOUR - timedelta(microseconds=1), NOON + HOUR, NOON - 13 * HOUR, clip=clip)
    await deliver(world, an_entry(clip, at=(NOON + 2 * HOUR).astimezone(elsewhere)))
    delivered = Counts(downloads=1, listeners=1, completed=1)

    assert await series(world, HOURS, clip) == [NONE_AT_ALL, Counts(play_count=2), Counts(play_count=1), delivered]
    assert await series(world, DAYS, clip) == [Counts(play_count=1), evolve(delivered, play_count=3), NONE_AT_ALL]


async def test_a_series_begins_with_its_first_bucket_and_ends_before_its_end(world: World, clip: ClipId) -> None:
    await played(world, NOON, NOON + HOUR, NOON + 2 * HOUR, clip=clip)
    one_hour = Period(Interval.HOUR, NOON + HOUR, NOON + 2 * HOUR)

    for of in (clip, None):
        assert await world.statistics.series(of, one_hour) == {NOON + HOUR: Counts(play_count=1)}


async def test_the_catalogue_is_the_sum_of_all_clips_but_for_listeners(
    world: World, clip: ClipId, other: ClipId
) -> None:
    await played(world, NOON, clip=clip)
    await played(world, NOON, NOON + HOUR, clip=other)
    await deliver(world, an_entry(clip), an_entry(other), an_entry(other, at=NOON + HOUR, listener="bob"))
    await deliver(world, an_entry(other, at=NOON + HOUR))

    assert await series(world, DAYS, None) == [
        NONE_AT_ALL,
        Counts(play_count=3, downloads=3, listeners=2, completed=4),
        NONE_AT_ALL,
    ]
    assert await series(world, HOURS, None) == [
        NONE_AT_ALL,
        Counts(play_count=2, downloads=2, listeners=1, completed=2),
        Counts(play_count=1, downloads=1, listeners=2, completed=2),
        NONE_AT_ALL,
    ]


async def test_a_removed_clip_is_told_of_and_in_the_sums_and_no_longer_at_the_top(world: World, clip: ClipId) -> None:
    await played(world, NOON, clip=clip)
    await deliver(world, an_entry(clip))
    await world.catalogue.remove(clip)
    counted = Counts(play_count=1, downloads=1, listeners=1, completed=1)

    assert await world.statistics.counts(clip) == ClipCounts(counted, NOON)
    for of in (clip, None):
        assert await series(world, DAYS, of) == [NONE_AT_ALL, counted, NONE_AT_ALL]
    assert len(await world.statistics.explained(clip, 10)) == 1
    assert await world.statistics.top(DAYS, 10) == []


async def test_the_top_are_the_most_played_in_the_period_and_of_equals_the_newest(world: World) -> None:
    clips = [await a_clip_in(world) for _ in range(5)]
    for times, clip in zip((1, 3, 1, 2), clips, strict=False):
        await played(world, *[NOON] * times, clip=clip)
    await played(world, *[NOON + HOUR] * 9, clip=clips[0])
    noon = Period(Interval.HOUR, NOON, NOON + HOUR)
    by_plays = [(clips[1], 3), (clips[3], 2), (clips[2], 1), (clips[0], 1)]

    assert [(top.clip.id, top.play_count) for top in await world.statistics.top(noon, 10)] == by_plays
    assert [(top.clip.id, top.play_count) for top in await world.statistics.top(noon, 3)] == by_plays[:3]
    assert await world.statistics.top(DAYS, 1) == [TopClip(await world.catalogue.find(clips[0]), 10)]


async def test_a_request_is_explained_as_it_was_written_down(world: World, clip: ClipId) -> None:
    playback = a_play(of=clip).id
    told = an_entry(clip, (50, 59), (0, 48), (49, 52), playback=playback, reason=Reason.SEEK, ending=Ending.LEFT)
    await deliver(world, told)

    assert await world.statistics.explained(clip, 10) == [
        Explained(
            id=told.id,
            ended_at=NOON,
            listener=told.listener,
            playback=playback,
            play=Reason.SEEK,
            download=Reason.TOO_FEW_BYTES,
            completes=False,
            sent=(ByteRange(0, 59),),
            ending=Ending.LEFT,
        )
    ]


@pytest.mark.parametrize(
    ("said", "play", "download"),
    [
        ({}, Reason.COUNTED, Reason.COUNTED),
        ({"reason": Reason.REPEAT}, Reason.REPEAT, Reason.COUNTED),
        ({"reason": Reason.HEAD, "sent": (), "ending": Ending.NO_AUDIO}, Reason.HEAD, Reason.HEAD),
        ({"reason": Reason.PROBE, "sent": (ByteRange(0, 1),)}, Reason.PROBE, Reason.PROBE),
        ({"sent": (ByteRange(0, 9),), "ending": Ending.SOURCE_FAILED}, Reason.COUNTED, Reason.TOO_FEW_BYTES),
    ],
)
async def test_every_request_has_its_reasons(
    world: World, clip: ClipId, said: dict[str, Any], play: Reason, download: Reason
) -> None:
    await deliver(world, an_entry(clip, **said))
    [told] = await world.statistics.explained(clip, 10)

    assert (told.play, told.download) == (play, download)
    assert told.ending == said.get("ending", Ending.SENT)


async def test_the_latest_requests_are_explained_first(world: World, clip: ClipId, other: ClipId) -> None:
    at_noon = [an_entry(clip, at=NOON) for _ in range(3)]
    later, earlier = an_entry(clip, at=NOON + HOUR), an_entry(clip, at=NOON - HOUR)
    await deliver(world, later, *at_noon, an_entry(other, at=NOON + DAY), earlier)
    in_order = [entry.id for entry in (later, *reversed(at_noon), earlier)]  # ids sort as they were made

    assert [told.id for told in await world.statistics.explained(clip, 10)] == in_order
    assert [told.id for told in await world.statistics.explained(clip, 2)] == in_order[:2]


async def test_plays_are_counted_when_they_begin_and_deliveries_when_they_end(world: World, clip: ClipId) -> None:
    await played(world, NOON - timedelta(minutes=1), clip=clip)
    await deliver(world, an_entry(clip, at=NOON + timedelta(minutes=1)))

    assert await series(world, HOURS, clip) == [
        Counts(play_count=1),
        Counts(downloads=1, listeners=1, completed=1),
        NONE_AT_ALL,
        NONE_AT_ALL,
    ]


async def test_a_repeated_play_is_in_no_hour_twice(world: World, clip: ClipId) -> None:
    play = a_play(of=clip)
    for at in (NOON, NOON + HOUR):
        await world.ledger.record(evolve(play, started_at=at))

    assert await series(world, HOURS, clip) == [NONE_AT_ALL, Counts(play_count=1), NONE_AT_ALL, NONE_AT_ALL]
