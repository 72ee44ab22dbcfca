"""The promises of `domain.ports.Retention`, in memory and in PostgreSQL: what is forgotten changes no number."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from attrs import evolve

from domain.clip import ClipId
from domain.decision import Reason
from domain.delivery import DeliveryEntry
from domain.errors import PeaksFault
from domain.heard import Window
from domain.peaks import KeptPeaks, PeaksKey
from domain.statistics import ClipCounts, Counts, Interval, Period
from tests.examples import NOON, a_key, a_play, an_entry, details, some_audio
from tests.worlds import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEEP = 10 * DAY
PERIOD = Period(Interval.DAY, NOON.replace(hour=0) - DAY, NOON.replace(hour=0) + 30 * DAY)
MANY = 1_000


@pytest.fixture
async def clip(world: World) -> ClipId:
    return (await world.catalogue.add(details(), some_audio(), NOON)).id


async def deliver(world: World, *entries: DeliveryEntry, window: Window = Window.CALENDAR_DAY) -> list[Reason]:
    return list(await world.deliveries.deliver(entries, window))


async def told(world: World, clip: ClipId) -> tuple[ClipCounts, Mapping[datetime, Counts], Mapping[datetime, Counts]]:
    """Every number of a day and in all."""
    statistics = world.statistics
    return (
        await statistics.counts(clip),
        await statistics.series(clip, PERIOD),
        await statistics.series(None, PERIOD),
    )


async def a_story(world: World, clip: ClipId, *days: int) -> None:
    """Named and unnamed plays, whole and in pieces, by two listeners a day."""
    for at in (NOON + day * DAY for day in days):
        ada, bob = f"ada {at.date()}", f"bob {at.date()}"
        for play in (a_play(of=clip, at=at), evolve(a_play(of=clip, at=at), is_named=False)):
            await world.ledger.record(play)
        named = an_entry(clip, (0, 49), at=at, listener=ada, playback=a_play(of=clip).id)
        piece = an_entry(clip, (0, 49), at=at, listener=ada)
        await deliver(world, named, an_entry(clip, at=at, listener=bob), piece)


async def test_a_forgetting_changes_no_number_of_a_day_or_in_all(world: World, clip: ClipId) -> None:
    await a_story(world, clip, 0, 1, 5, 12, 13)
    before = await told(world, clip)

    for now in (NOON, NOON + 3 * DAY, NOON + 13 * DAY, NOON + 100 * DAY):
        assert not await world.retention.forget(now, KEEP, MANY)
        assert await told(world, clip) == before
    assert (await world.catalogue.find(clip)).play_count == before[0].counts.play_count == 10


async def test_hours_and_deliveries_go_when_they_are_old_and_not_before(world: World, clip: ClipId) -> None:
    await a_story(world, clip, 0, 1)
    hours = [Period(Interval.HOUR, NOON + day * DAY, NOON + day * DAY + HOUR) for day in (0, 1)]
    told_of_both = [await world.statistics.series(clip, hour) for hour in hours]

    await world.retention.forget(NOON + KEEP, KEEP, MANY)
    assert len(await world.statistics.explained(clip, MANY)) == 6
    assert [await world.statistics.series(clip, hour) for hour in hours] == told_of_both
    await world.retention.forget(NOON + KEEP + DAY, KEEP, MANY)
    assert [each.ended_at for each in await world.statistics.explained(clip, MANY)] == [NOON + DAY] * 3
    for of in (clip, None):
        assert await world.statistics.series(of, hours[0]) == {}
        assert await world.statistics.series(of, hours[1]) == told_of_both[1] != {}


async def test_no_more_than_is_allowed_goes_at_once_and_it_is_told_whether_there_is_more(
    world: World, clip: ClipId
) -> None:
    for number in range(5):
        await deliver(world, an_entry(clip, at=NOON + number * HOUR))
    left = []
    while is_more := await world.retention.forget(NOON + 20 * DAY, KEEP, 2):
        left.append(len(await world.statistics.explained(clip, MANY)))

    assert left[:2] == [3, 1]
    assert not is_more
    assert await world.statistics.explained(clip, MANY) == []
    assert not await world.retention.forget(NOON + 20 * DAY, KEEP, 2)


async def test_as_much_as_is_allowed_is_no_more_than_that(world: World, clip: ClipId) -> None:
    await deliver(world, *(an_entry(clip, sent=(), at=NOON) for _ in range(3)))

    assert await world.retention.forget(NOON + 20 * DAY, KEEP, 2)
    assert len(await world.statistics.explained(clip, MANY)) == 1
    await deliver(world, an_entry(clip, sent=(), at=NOON))
    assert not await world.retention.forget(NOON + 20 * DAY, KEEP, 2)
    assert await world.statistics.explained(clip, MANY) == []


async def test_a_named_play_is_known_for_ever_and_one_without_a_name_until_it_is_old(
    world: World, clip: ClipId
) -> None:
    named, unnamed = a_play(of=clip), evolve(a_play(of=clip), is_named=False)
    for play in (named, unnamed):
        await world.ledger.record(play)
    await world.retention.forget(NOON + KEEP, KEEP, MANY)
    assert [await world.ledger.record(play) for play in (named, unnamed)] == [False, False]
    await world.retention.forget(NOON + KEEP + HOUR, KEEP, MANY)

    assert [await world.ledger.record(play) for play in (named, unnamed)] == [False, True]


@pytest.mark.parametrize("window", Window)
@pytest.mark.parametrize("keep", [timedelta(), KEEP])
async def test_an_open_window_survives(world: World, clip: ClipId, window: Window, keep: timedelta) -> None:
    first = an_entry(clip, (0, 49), at=NOON + 11 * HOUR)
    today = an_entry(clip, (50, 99), at=NOON + 11.5 * HOUR)
    next_day = an_entry(clip, at=NOON + 20 * HOUR, listener="ada, next day", known_as=a_key("ada"))
    await deliver(world, first, window=window)
    await world.retention.forget(first.ended_at + timedelta(minutes=20), keep, MANY)
    assert await deliver(world, today, window=window) == [Reason.COUNTED]
    await world.retention.forget(next_day.ended_at - timedelta(minutes=1), keep, MANY)

    again = Reason.COUNTED if window is Window.CALENDAR_DAY else Reason.DUPLICATE
    assert await deliver(world, next_day, window=window) == [again]


async def test_of_windows_that_nothing_was_added_to_for_two_days_nothing_is_kept(world: World, clip: ClipId) -> None:
    await deliver(world, an_entry(clip, (0, 49)))
    await world.retention.forget(NOON + 2 * DAY, KEEP, MANY)
    assert await deliver(world, an_entry(clip, (50, 99))) == [Reason.COUNTED]
    await world.retention.forget(NOON + 2 * DAY + timedelta(minutes=1), KEEP, MANY)

    assert await deliver(world, an_entry(clip, (0, 49))) == [Reason.TOO_FEW_BYTES]  # as if nobody had listened


async def test_a_playback_goes_on_until_it_is_old_and_is_completed_no_second_time(world: World, clip: ClipId) -> None:
    playback, other = (a_play(of=clip).id for _ in range(2))
    await deliver(world, *(an_entry(clip, (0, 49), playback=each) for each in (playback, other)))
    await world.retention.forget(NOON + KEEP, KEEP, MANY)
    the_rest = an_entry(clip, (50, 99), at=NOON + DAY, playback=playback, reason=Reason.SEEK)
    await deliver(world, the_rest)
    assert (await world.statistics.counts(clip)).counts.completed == 1

    await world.retention.forget(NOON + 2 * DAY + KEEP, KEEP, MANY)
    for each in (playback, other):
        await deliver(world, an_entry(clip, at=NOON + 15 * DAY, playback=each, reason=Reason.REPEAT))
    assert (await world.statistics.counts(clip)).counts.completed == 1


async def test_what_is_forgotten_while_it_is_written_down_is_still_counted(world: World, clip: ClipId) -> None:
    entries = [[an_entry(clip, listener=f"{name}", at=NOON + name * HOUR) for name in range(20)] for _ in range(5)]
    forgetting = [world.retention.forget(NOON + 100 * DAY, KEEP, 3) for _ in range(5)]
    await asyncio.gather(*(deliver(world, *call) for call in entries), *forgetting)

    counts = (await world.statistics.counts(clip)).counts
    assert counts.completed == 100
    assert 20 <= counts.downloads == counts.listeners <= 100  # a window that was forgotten meanwhile began anew


async def test_peaks_go_when_they_are_old_and_not_before(world: World) -> None:
    old, young = PeaksKey("a" * 64), PeaksKey("b" * 64)
    for key, made_at in ((old, NOON), (young, NOON + DAY)):
        await world.peaks.keep_peaks(key, KeptPeaks(PeaksFault.UNDECODABLE, made_at))

    await world.retention.forget(NOON + KEEP, KEEP, MANY)
    assert await world.peaks.kept_peaks(old) is not None
    await world.retention.forget(NOON + KEEP + HOUR, KEEP, MANY)
    assert await world.peaks.kept_peaks(old) is None
    assert await world.peaks.kept_peaks(young) is not None
