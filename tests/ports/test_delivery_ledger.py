"""The promises of `domain.ports.DeliveryLedger`, in memory and in PostgreSQL: downloads and listeners."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.byte_range import ByteRange
from domain.clip import ClipId
from domain.decision import Reason
from domain.delivery import DeliveryEntry, Ending
from domain.heard import MOST_STRETCHES, THE_CATALOGUE, Window
from domain.listener import Agent
from domain.statistics import Counts, Interval, Period
from tests.examples import NOON, a_key, a_play, an_entry, details, some_audio
from tests.worlds import World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOO_FEW, COUNTED, DUPLICATE = Reason.TOO_FEW_BYTES, Reason.COUNTED, Reason.DUPLICATE


@pytest.fixture
async def clip(world: World) -> ClipId:
    return (await world.catalogue.add(details(), some_audio(), NOON)).id


async def deliver(world: World, *entries: DeliveryEntry, window: Window = Window.CALENDAR_DAY) -> list[Reason]:
    return list(await world.deliveries.deliver(entries, window))


async def counts(world: World, clip: ClipId) -> Counts:
    return (await world.statistics.counts(clip)).counts


async def listeners(world: World, interval: Interval, start: datetime, of: ClipId | None) -> list[int]:
    """In the bucket from ``start`` on and the three after it."""
    period = Period(interval, start, start + 4 * interval.length)
    known = await world.statistics.series(of, period)
    return [known.get(bucket, Counts()).listeners for bucket in period.buckets()]


async def test_what_one_listener_got_of_one_clip_is_a_download_as_soon_as_it_is_enough(
    world: World, clip: ClipId
) -> None:
    assert await deliver(world, an_entry(clip, (0, 39))) == [TOO_FEW]
    assert await deliver(world, an_entry(clip, (30, 69))) == [TOO_FEW]
    assert (await counts(world, clip)).downloads == 0
    assert await deliver(world, an_entry(clip, (70, 98))) == [TOO_FEW]  # a byte is missing
    assert await deliver(world, an_entry(clip, (90, 99))) == [COUNTED]
    assert (await counts(world, clip)).downloads == 1


async def test_in_one_call_entries_are_judged_in_their_order(world: World, clip: ClipId) -> None:
    halves = an_entry(clip, (0, 49)), an_entry(clip, (50, 99))

    assert await deliver(world, *halves, an_entry(clip)) == [TOO_FEW, COUNTED, DUPLICATE]
    assert (await counts(world, clip)).downloads == 1


async def test_the_same_bytes_again_are_no_more_bytes(world: World, clip: ClipId) -> None:
    first_half = [an_entry(clip, (0, 49)) for _ in range(3)]

    assert await deliver(world, *first_half) == [TOO_FEW] * 3


async def test_a_part_that_is_told_in_pieces_and_out_of_order_is_its_bytes(world: World, clip: ClipId) -> None:
    assert await deliver(world, an_entry(clip, (60, 99), (0, 20), (21, 59))) == [COUNTED]
    [told] = await world.statistics.explained(clip, 10)

    assert told.sent == (ByteRange(0, 99),)


async def test_two_listeners_are_two_downloads_and_do_not_add_up(world: World, clip: ClipId) -> None:
    halves = an_entry(clip, (0, 49), listener="ada"), an_entry(clip, (50, 99), listener="bob")

    assert await deliver(world, *halves) == [TOO_FEW, TOO_FEW]
    assert await deliver(world, an_entry(clip, listener="ada"), an_entry(clip, listener="bob")) == [COUNTED, COUNTED]
    assert await counts(world, clip) == Counts(downloads=2, listeners=2, completed=2)


async def test_two_clips_do_not_add_up(world: World, clip: ClipId) -> None:
    other = (await world.catalogue.add(details(), some_audio(), NOON)).id

    assert await deliver(world, an_entry(clip, (0, 49)), an_entry(other, (50, 99))) == [TOO_FEW, TOO_FEW]


@pytest.mark.parametrize(
    ("agent", "reason", "judged"),
    [
        (Agent.BOT, COUNTED, Reason.BOT),
        (Agent.NONE, COUNTED, Reason.NO_USER_AGENT),
        (Agent.BOT, Reason.SEEK, Reason.BOT),
        (Agent.PLAYER, Reason.PROBE, Reason.PROBE),
        (Agent.PLAYER, Reason.PREFETCH, Reason.PREFETCH),
        (Agent.PLAYER, Reason.HEAD, Reason.HEAD),
        (Agent.PLAYER, Reason.NOT_MODIFIED, Reason.NOT_MODIFIED),
        (Agent.PLAYER, Reason.REFUSED, Reason.REFUSED),
        (Agent.PLAYER, Reason.SOURCE_FAILED, Reason.SOURCE_FAILED),
    ],
)
async def test_what_is_no_listening_is_neither_a_download_nor_a_listener_and_adds_no_bytes(
    world: World, clip: ClipId, agent: Agent, reason: Reason, judged: Reason
) -> None:
    assert await deliver(world, an_entry(clip, (0, 97), agent=agent, reason=reason)) == [judged]
    assert await counts(world, clip) == Counts()
    assert await deliver(world, an_entry(clip, (98, 99))) == [TOO_FEW]


async def test_a_delivery_without_a_byte_is_written_down_and_no_listener(world: World, clip: ClipId) -> None:
    assert await deliver(world, an_entry(clip, sent=(), ending=Ending.LEFT)) == [TOO_FEW]
    assert await counts(world, clip) == Counts()
    assert [told.sent for told in await world.statistics.explained(clip, 10)] == [()]


async def test_of_a_clip_of_unknown_size_nothing_is_ever_enough(world: World, clip: ClipId) -> None:
    unknown = [an_entry(clip, download_size=None, whole_size=None) for _ in range(2)]

    assert await deliver(world, *unknown) == [TOO_FEW, TOO_FEW]
    assert await counts(world, clip) == Counts(listeners=1)


async def test_a_delivery_that_was_written_down_changes_nothing_and_is_not_answered(world: World, clip: ClipId) -> None:
    first, second = an_entry(clip, (0, 49)), an_entry(clip, (50, 99))
    assert await deliver(world, first) == [TOO_FEW]
    assert await deliver(world, first, second, first, second) == [COUNTED]
    before = await counts(world, clip)

    assert await deliver(world, second, first) == []
    assert await counts(world, clip) == before
    assert len(await world.statistics.explained(clip, 10)) == 2


async def test_nothing_is_delivered_by_no_entries(world: World) -> None:
    assert await deliver(world) == []


async def test_a_removed_clip_is_still_delivered_and_keeps_its_counts(world: World, clip: ClipId) -> None:
    await world.catalogue.remove(clip)

    assert await deliver(world, an_entry(clip)) == [COUNTED]
    assert await counts(world, clip) == Counts(downloads=1, listeners=1, completed=1)


MONDAY = NOON.replace(hour=0) + DAY
IAB_EXAMPLE = (  # IAB Tech Lab, Podcast Measurement Technical Guidelines 2.3: one listener's requests
    MONDAY + timedelta(hours=22),
    MONDAY + timedelta(days=1, hours=3),
    MONDAY + timedelta(days=1, hours=22, minutes=15),
    MONDAY + timedelta(days=2, hours=23, minutes=15),
)


def by_day(at: datetime, clip: ClipId, *sent: tuple[int, int], **said: Any) -> DeliveryEntry:
    """An entry of the one listener there is, whose key is another one every day."""
    today, day_before = f"ada {at.date()}", a_key(f"ada {at.date() - DAY}")
    return an_entry(clip, *sent, at=at, listener=today, known_as=day_before, **said)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("window", "counted"),
    [
        (Window.CALENDAR_DAY, [COUNTED, COUNTED, DUPLICATE, COUNTED]),
        (Window.FIRST_TOUCH, [COUNTED, DUPLICATE, COUNTED, COUNTED]),
        (Window.LAST_TOUCH, [COUNTED, DUPLICATE, DUPLICATE, COUNTED]),
    ],
)
async def test_the_example_of_the_standard_counts_as_it_says(
    world: World, clip: ClipId, window: Window, counted: list[Reason], at_once: bool
) -> None:
    entries = [by_day(at, clip) for at in IAB_EXAMPLE]
    if at_once:
        assert await deliver(world, *entries, window=window) == counted
    else:
        assert [await deliver(world, entry, window=window) for entry in entries] == [[each] for each in counted]
    assert (await counts(world, clip)).downloads == counted.count(COUNTED)
    assert await listeners(world, Interval.DAY, MONDAY, clip) == [1, 1, 1, 0]


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("window", "judged"), [(Window.CALENDAR_DAY, TOO_FEW), (Window.FIRST_TOUCH, COUNTED), (Window.LAST_TOUCH, COUNTED)]
)
async def test_bytes_from_before_midnight_count_after_it_where_the_window_goes_on(
    world: World, clip: ClipId, window: Window, judged: Reason, at_once: bool
) -> None:
    before = by_day(MONDAY - timedelta(minutes=5), clip, (0, 49))
    after = by_day(MONDAY + timedelta(minutes=5), clip, (50, 99), reason=Reason.SEEK)
    for call in [(before, after)] if at_once else [(before,), (after,)]:
        answers = await deliver(world, *call, window=window)

    assert answers[-1] is judged
    assert (await counts(world, clip)).completed == [judged].count(COUNTED)
    assert await listeners(world, Interval.DAY, MONDAY - DAY, clip) == [1, 1, 0, 0]
    assert await listeners(world, Interval.DAY, MONDAY - DAY, None) == [1, 1, 0, 0]


async def test_each_delivery_is_judged_by_the_window_that_holds_when_it_comes(world: World, clip: ClipId) -> None:
    first, second, third = (by_day(at, clip) for at in IAB_EXAMPLE[:3])

    assert await deliver(world, first, window=Window.LAST_TOUCH) == [COUNTED]
    assert await deliver(world, second, window=Window.LAST_TOUCH) == [DUPLICATE]
    assert await deliver(world, third, window=Window.FIRST_TOUCH) == [COUNTED]
    assert [told.download for told in await world.statistics.explained(clip, 9)] == [COUNTED, DUPLICATE, COUNTED]


async def test_a_listener_is_one_in_a_day_and_one_in_each_hour(world: World, clip: ClipId) -> None:
    for hours in (0, 0.5, 2, 2.9):
        await deliver(world, an_entry(clip, (0, 9), at=NOON + hours * HOUR))
    await deliver(world, an_entry(clip, (0, 9), at=NOON + HOUR * 2, listener="bob"))

    assert (await counts(world, clip)).listeners == 2
    assert await listeners(world, Interval.DAY, NOON.replace(hour=0), clip) == [2, 0, 0, 0]
    assert await listeners(world, Interval.HOUR, NOON, clip) == [1, 0, 2, 0]


async def test_hours_of_the_day_before_are_no_hours_of_today(world: World, clip: ClipId) -> None:
    for at in IAB_EXAMPLE[:3]:  # the first and the last are in the same hour of their days, in one window
        await deliver(world, by_day(at, clip), window=Window.LAST_TOUCH)

    for of in (clip, None):
        assert await listeners(world, Interval.HOUR, MONDAY + timedelta(days=1, hours=22), of) == [1, 0, 0, 0]


async def test_who_listens_to_two_clips_is_one_listener_of_the_catalogue(world: World, clip: ClipId) -> None:
    other = (await world.catalogue.add(details(), some_audio(), NOON)).id
    for hours, of in ((0, clip), (0, other), (2, other)):
        await deliver(world, an_entry(of, at=NOON + hours * HOUR))

    assert await listeners(world, Interval.DAY, NOON.replace(hour=0), None) == [1, 0, 0, 0]
    assert await listeners(world, Interval.HOUR, NOON, None) == [1, 0, 1, 0]
    assert [(await counts(world, of)).listeners for of in (clip, other, THE_CATALOGUE)] == [1, 1, 1]


async def test_many_deliveries_from_many_callers_at_once_are_counted_exactly(world: World, clip: ClipId) -> None:
    names = [f"listener {number}" for number in range(10)]
    calls = [[an_entry(clip, listener=name) for name in names[start:] + names[:start]] for start in range(10)]
    answers = await asyncio.gather(*(deliver(world, *call) for call in calls))

    assert sum(answer.count(COUNTED) for answer in answers) == 10
    assert sum(answer.count(DUPLICATE) for answer in answers) == 90
    assert await counts(world, clip) == Counts(downloads=10, listeners=10, completed=100)


async def test_the_same_deliveries_at_once_are_written_down_once(world: World, clip: ClipId) -> None:
    entries = [an_entry(clip, listener=f"listener {number}") for number in range(10)]
    answers = await asyncio.gather(*(deliver(world, *entries) for _ in range(10)))

    assert sum(map(len, answers)) == 10
    assert await counts(world, clip) == Counts(downloads=10, listeners=10, completed=10)


async def test_a_named_play_and_its_seeks_download_as_any_other(world: World, clip: ClipId) -> None:
    playback = a_play(clip).id
    play = an_entry(clip, (0, 49), playback=playback)
    seek = an_entry(clip, (50, 99), playback=playback, reason=Reason.SEEK)

    assert await deliver(world, play, seek) == [TOO_FEW, COUNTED]


async def test_scraps_beyond_what_any_player_makes_are_not_remembered(world: World, clip: ClipId) -> None:
    """The same in every world, also where they come in one call: a download needs what was kept to be enough."""
    size = 4 * MOST_STRETCHES
    at_most: dict[str, Any] = {"download_size": MOST_STRETCHES + 1, "whole_size": size}
    scraps = [an_entry(clip, (at, at), **at_most) for at in range(0, size, 2)]
    for half in (scraps[: MOST_STRETCHES + 9], scraps[MOST_STRETCHES + 9 :]):
        await world.deliveries.deliver(half, Window.CALENDAR_DAY)
    assert (await world.statistics.counts(clip)).counts.downloads == 0

    assert await world.deliveries.deliver([an_entry(clip, (1, 1), **at_most)], Window.CALENDAR_DAY) == [Reason.COUNTED]
