"""HTTP-dates: the form that is written today, and the two obsolete ones that are still to be read (RFC 9110 §5.6.7)."""

import re
from datetime import UTC, datetime
from functools import lru_cache

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONGEST = 40

DAY_NAME = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
LONG_DAY_NAME = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
MONTH = f"(?P<month>{'|'.join(MONTHS)})"
TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
FORMS = tuple(
    re.compile(form)
    for form in (
        f"{DAY_NAME}, (?P<day>[0-9]{{2}}) {MONTH} (?P<year>[0-9]{{4}}) {TIME} GMT",  # IMF-fixdate
        f"{LONG_DAY_NAME}, (?P<day>[0-9]{{2}})-{MONTH}-(?P<year>[0-9]{{2}}) {TIME} GMT",  # RFC 850
        f"{DAY_NAME} {MONTH} (?P<day>[0-9]{{2}}| [0-9]) {TIME} (?P<year>[0-9]{{4}})",  # asctime
    )
)


def http_date(text: str, now: datetime) -> datetime | None:
    """The moment that ``text`` names, aware UTC; None if it is no HTTP-date. ``now`` tells what century it is."""
    return _moment(text, now.year) if len(text) <= LONGEST else None


@lru_cache(maxsize=1024)  # the same clips are asked for again and again, and all answers of one second have one Date
def _moment(text: str, this_year: int) -> datetime | None:
    told = next(filter(None, (form.fullmatch(text) for form in FORMS)), None)
    if told is None:
        return None
    year = int(told["year"])
    if len(told["year"]) == 2:
        year = full_year(year, this_year)
    day, clock = int(told["day"]), (int(told["hour"]), int(told["minute"]), int(told["second"]))
    try:
        return datetime(year, MONTHS.index(told["month"]) + 1, day, *clock, tzinfo=UTC)
    except ValueError:  # 30 February, 25 o'clock, or a leap second
        return None


def full_year(two_digits: int, this_year: int) -> int:
    """The year that two digits mean: of this century, unless that lies more than 50 years ahead."""
    year = this_year - this_year % 100 + two_digits
    return year - 100 if year > this_year + 50 else year
