"""Periods: whole buckets in UTC, none missing and none twice."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.statistics import MOST_BUCKETS, NONE_AT_ALL, Counts, Interval, Period, filled
from tests.examples import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = NOON.replace(hour=0)

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
seconds = st.floats(-(10**9), 10**9).map(lambda seconds: timedelta(seconds=seconds))
moments = st.builds(lambda after, zone: (NOON + after).astimezone(zone), seconds, zones)
intervals = st.sampled_from(Interval)


@given(moment=moments, interval=intervals)
def test_each_moment_is_in_the_bucket_that_it_begins_and_buckets_begin_in_utc(
    moment: datetime, interval: Interval
) -> None:
    start = interval.begin(moment)

    assert start <= moment < start + interval.length
    assert start.tzinfo is UTC
    assert (start - datetime(1970, 1, 1, tzinfo=UTC)) % interval.length == timedelta()


@given(moment=moments, interval=intervals, number=st.integers(1, MOST_BUCKETS))
def test_a_period_has_every_bucket_in_order_once(moment: datetime, interval: Interval, number: int) -> None:
    start = interval.begin(moment)
    period = Period(interval, start, start + number * interval.length)
    buckets = list(period.buckets())

    assert len(period) == len(buckets) == number
    assert (buckets[0], buckets[-1] + interval.length) == (period.start, period.end)
    assert all(later - sooner == interval.length for sooner, later in pairwise(buckets))


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        (Interval.HOUR, NOON, NOON),
        (Interval.HOUR, NOON, NOON - HOUR),
        (Interval.HOUR, NOON, NOON + timedelta(minutes=90)),
        (Interval.HOUR, NOON + timedelta(microseconds=1), NOON + HOUR),
        (Interval.HOUR, NOON, NOON + (MOST_BUCKETS + 1) * HOUR),
        (Interval.DAY, NOON, NOON + DAY),
        (Interval.DAY, MIDNIGHT, MIDNIGHT + HOUR),
        (Interval.DAY, MIDNIGHT, MIDNIGHT),
    ],
)
def test_what_is_no_row_of_whole_buckets_is_no_period(interval: Interval, start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="a period"):
        Period(interval, start, end)


def test_where_nothing_was_counted_there_is_zero() -> None:
    period = Period(Interval.HOUR, NOON, NOON + 3 * HOUR)
    known = {NOON + HOUR: Counts(play_count=2), NOON + 9 * HOUR: Counts(play_count=1)}

    assert filled(period, known) == [
        (NOON, NONE_AT_ALL),
        (NOON + HOUR, Counts(play_count=2)),
        (NOON + 2 * HOUR, NONE_AT_ALL),
    ]
