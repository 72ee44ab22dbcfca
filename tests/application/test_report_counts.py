"""Reporting: counters that agree with each other, periods of whole buckets, and requests that are explained."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.store import MemoryStore
from application.report_counts import UNTIL_NOW, ReportCounts, summed
from domain.clip import ClipId
from domain.errors import ClipNotFound, PeriodFault, PeriodRefused
from domain.statistics import MOST_BUCKETS, CountedClip, Counts, Interval, Period
from tests.examples import NOON, a_play, details, some_audio

KEEP = timedelta(days=90)
NOW = NOON + timedelta(minutes=7)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def reporting(store: MemoryStore) -> ReportCounts:
    return ReportCounts(store, store, lambda: NOW, KEEP)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def report(store: MemoryStore) -> ReportCounts:
    return reporting(store)


def the_day(of: datetime, days: int = 1) -> Period:
    start = Interval.DAY.begin(of)
    return Period(Interval.DAY, start, start + days * DAY)


# periods


FAR_AND_WIDE = st.sampled_from(
    [UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=3, minutes=30))]
)
moments = st.builds(
    lambda ago, zone: (NOW - ago).astimezone(zone), st.timedeltas(timedelta(), KEEP - HOUR), FAR_AND_WIDE
)


@given(interval=st.sampled_from(Interval), start=moments, length=st.timedeltas(timedelta(microseconds=1), 40 * DAY))
def test_a_period_is_the_fewest_buckets_that_hold_all_that_was_asked_for(
    interval: Interval, start: datetime, length: timedelta
) -> None:
    period = reporting(MemoryStore()).period(interval, start, start + length)

    assert period.start <= start < period.start + interval.length
    assert period.end - interval.length < start + length <= period.end


@pytest.mark.parametrize("interval", Interval)
def test_a_period_is_until_now_and_for_a_day_of_hours_or_a_month_of_days_unless_told(interval: Interval) -> None:
    period = reporting(MemoryStore()).period(interval, None, None)

    assert period.start == interval.begin(NOW - UNTIL_NOW[interval])
    assert period.end - interval.length <= NOW <= period.end
    assert (UNTIL_NOW[Interval.HOUR], UNTIL_NOW[Interval.DAY]) == (timedelta(hours=24), timedelta(days=30))


def test_a_period_that_ends_where_a_bucket_does_has_no_bucket_after_it(report: ReportCounts) -> None:
    assert report.period(Interval.DAY, NOON - DAY, Interval.DAY.begin(NOON)).end == Interval.DAY.begin(NOON)


@pytest.mark.parametrize(
    ("start", "end"), [(NOON, NOON), (NOON, NOON - HOUR), (NOW, None), (NOW + HOUR, None)], ids=str
)
@pytest.mark.parametrize("interval", Interval)
def test_a_period_that_does_not_begin_before_its_end_is_refused(
    report: ReportCounts, interval: Interval, start: datetime, end: datetime | None
) -> None:
    with pytest.raises(PeriodRefused) as refusal:
        report.period(interval, start, end)

    assert refusal.value.fault is PeriodFault.EMPTY


@pytest.mark.parametrize("interval", Interval)
def test_a_period_has_as_many_buckets_as_a_series_and_not_one_more(report: ReportCounts, interval: Interval) -> None:
    end = interval.begin(NOW)
    start = end - MOST_BUCKETS * interval.length

    assert len(report.period(interval, start, end)) == MOST_BUCKETS
    for more in (start - timedelta(seconds=1), end + timedelta(seconds=1)):
        with pytest.raises(PeriodRefused) as refusal:
            report.period(interval, min(start, more), max(end, more))
        assert refusal.value.fault is PeriodFault.TOO_LONG


def test_hours_are_told_as_far_back_as_they_are_all_kept_and_days_without_end(report: ReportCounts) -> None:
    oldest = Interval.HOUR.begin(NOW - KEEP) + HOUR

    assert report.period(Interval.HOUR, oldest, oldest + HOUR).start == oldest
    with pytest.raises(PeriodRefused) as refusal:
        report.period(Interval.HOUR, oldest - timedelta(seconds=1), oldest + HOUR)
    assert (refusal.value.fault, refusal.value.keep) == (PeriodFault.FORGOTTEN, KEEP)
    assert report.period(Interval.DAY, NOON - 9_000 * DAY, NOON - 8_999 * DAY)


# a clip


async def test_a_report_is_the_clip_with_its_counters_and_no_series_unless_one_is_asked_for(
    store: MemoryStore, report: ReportCounts
) -> None:
    clip = await store.add(details(), some_audio(), NOON)
    await store.record(a_play(of=clip.id))
    told = await report.of_clip(clip.id)

    assert told.counted == CountedClip(evolve(clip, play_count=1), Counts(play_count=1), NOON)
    assert told.series == ()


async def test_a_series_has_every_bucket_of_the_period_in_order(store: MemoryStore, report: ReportCounts) -> None:
    clip = await store.add(details(), some_audio(), NOON)
    for at in (NOON - 2 * DAY, NOON, NOON):
        await store.record(a_play(of=clip.id, at=at))
    told = await report.of_clip(clip.id, the_day(NOON - 3 * DAY, days=4))

    assert [counts.play_count for _, counts in told.series] == [0, 1, 0, 2]
    assert [start for start, _ in told.series] == [the_day(NOON - days * DAY).start for days in (3, 2, 1, 0)]


class BusyStore(MemoryStore):
    """A store in which a play is written down whenever somebody is about to ask."""

    async def counted(self, clip: ClipId) -> CountedClip:
        await self.record(a_play(of=clip))
        return await super().counted(clip)


async def test_a_play_while_a_report_is_gathered_is_in_all_of_it() -> None:
    store = BusyStore()
    clip = await store.add(details(), some_audio(), NOON)
    told = await reporting(store).of_clip(clip.id)

    assert told.counted.clip.play_count == told.counted.counts.play_count == 1


async def test_no_clip_has_no_report_and_nothing_that_is_explained(report: ReportCounts) -> None:
    with pytest.raises(ClipNotFound):
        await report.of_clip(ClipId(404), the_day(NOON))
    with pytest.raises(ClipNotFound):
        await report.explained(ClipId(404), 10)


async def test_a_clip_that_was_removed_has_neither(store: MemoryStore, report: ReportCounts) -> None:
    clip = await store.add(details(), some_audio(), NOON)
    await store.record(a_play(of=clip.id))
    await store.remove(clip.id)

    with pytest.raises(ClipNotFound):
        await report.of_clip(clip.id)
    with pytest.raises(ClipNotFound):
        await report.explained(clip.id, 10)


# all clips


async def test_the_catalogues_report_is_the_sum_of_its_series_with_the_clips_played_most(
    store: MemoryStore, report: ReportCounts
) -> None:
    rain, hail, snow = [await store.add(details(title=title), some_audio(), NOON) for title in ("a", "b", "c")]
    for clip, at in ((rain, NOON), (hail, NOON), (hail, NOON - DAY), (snow, NOON - 9 * DAY)):
        await store.record(a_play(of=clip.id, at=at))
    told = await report.of_catalogue(the_day(NOON - DAY, days=2), limit=5)

    assert told.counts.play_count == 3
    assert [counts.play_count for _, counts in told.series] == [1, 2]
    assert [(top.clip.title, top.play_count) for top in told.top] == [("b", 2), ("a", 1)]
    assert len((await report.of_catalogue(the_day(NOON - DAY, days=2), limit=1)).top) == 1


async def test_a_removed_clip_is_in_the_sums_and_not_among_the_clips(store: MemoryStore, report: ReportCounts) -> None:
    clip = await store.add(details(), some_audio(), NOON)
    await store.record(a_play(of=clip.id))
    await store.remove(clip.id)
    told = await report.of_catalogue(the_day(NOON), limit=5)

    assert (told.counts.play_count, list(told.top)) == (1, [])


def test_every_counter_is_summed() -> None:
    one = Counts(play_count=1, downloads=2, listeners=3, completed=4, listens=5, skips=6)

    assert summed([(NOON, one), (NOON + HOUR, one)]) == Counts(
        play_count=2, downloads=4, listeners=6, completed=8, listens=10, skips=12
    )
    assert summed([]) == Counts()
