"""Moments are written as RFC 9110 §5.6.7 prefers, and read in all three forms that it knows."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.http_date import http_date, parsed_http_date

moments = st.datetimes(timezones=st.just(UTC))
since_1970 = st.floats(0, 3.1e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))  # to 2068
EXAMPLE = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@given(moment=moments)
def test_what_is_written_is_read_to_the_second(moment: datetime) -> None:
    assert parsed_http_date(http_date(moment)) == moment.replace(microsecond=0)


@given(moment=since_1970)
def test_the_old_forms_are_read_too(moment: datetime) -> None:
    for form in ("%A, %d-%b-%y %H:%M:%S GMT", f"%a %b {moment.day:2} %H:%M:%S {moment.year:04}"):
        assert parsed_http_date(moment.strftime(form)) == moment.replace(microsecond=0)


def test_the_standards_own_examples() -> None:
    for text in ("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"):
        assert parsed_http_date(text) == EXAMPLE
    assert http_date(EXAMPLE) == "Sun, 06 Nov 1994 08:49:37 GMT"


def test_a_moment_of_another_zone_is_written_in_gmt() -> None:
    assert http_date(EXAMPLE.astimezone(timezone(timedelta(hours=5)))) == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37",
        "06 Nov 1994 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, ٠٦ Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT\n",
        "Fri, 31 Dec 9999 23:59:60 GMT",
    ],
)
def test_nothing_else_is_a_date(text: str) -> None:
    assert parsed_http_date(text) is None


def test_a_leap_second_is_the_next_minutes_first() -> None:
    assert parsed_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == datetime(2017, 1, 1, tzinfo=UTC)
