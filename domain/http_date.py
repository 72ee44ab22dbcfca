"""Moments as HTTP writes them (RFC 9110 §5.6.7): whole seconds of UTC."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SHORT_DAY, LONG_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
MONTH, TIME = f"(?P<month>{'|'.join(MONTHS)})", "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"

FORMS = (
    re.compile(f"{SHORT_DAY}, (?P<day>[0-9]{{2}}) {MONTH} (?P<year>[0-9]{{4}}) {TIME} GMT"),  # IMF-fixdate
    re.compile(f"{LONG_DAY}, (?P<day>[0-9]{{2}})-{MONTH}-(?P<year>[0-9]{{2}}) {TIME} GMT"),  # RFC 850
    re.compile(f"{SHORT_DAY} {MONTH} (?P<day>[0-9]{{2}}| [0-9]) {TIME} (?P<year>[0-9]{{4}})"),  # asctime
)
LONGEST = len("Wednesday, 15-Jan-26 08:30:12 GMT")
FIRST_SHORT_YEAR = 1970  # no file is older; so a year of two digits lies in 1970 to 2069


def parsed_http_date(text: str) -> datetime | None:
    """The moment, aware UTC; None for what none of the three forms allows. The day's name may contradict the date."""
    return parsed(text) if len(text) <= LONGEST else None


@lru_cache(1_024)  # clips keep their dates, and all answers of one second have the same
def parsed(text: str) -> datetime | None:
    found = next((match for form in FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += 100 * ((FIRST_SHORT_YEAR - year + 99) // 100)
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"])
    if second > 60:  # 60 is a leap second
        return None
    try:
        begun = datetime(year, MONTHS.index(found["month"]) + 1, int(found["day"]), hour, minute, tzinfo=UTC)
        return begun + timedelta(seconds=second)
    except (ValueError, OverflowError):
        return None


@lru_cache(1_024)
def http_date(moment: datetime) -> str:
    """The preferred form, IMF-fixdate, of an aware moment; fractions of its second are left out."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
