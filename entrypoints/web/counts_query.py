"""What a query string asks of the counters: an interval, moments, and how many of something."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from domain.browsing import LARGEST_PAGE
from domain.statistics import Interval
from entrypoints.web.query_string import DIGITS, repeated
from entrypoints.web.refusals import FieldError, InvalidFields

Reader = Callable[[str | None], Any]
"""Makes a value of a parameter, None where it is absent. Raises ValueError, whose text continues the parameter's name.
"""

# RFC 3339 §5.6: a date, or date and time with an offset, whose plus sign a query string turns into a blank.
MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?([Zz]|[+ -](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?"
)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


def asked(request: Request, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Each parameter's value, by its name. Raises InvalidFields: all that are at fault."""
    parameters = request.query_params
    values, errors = {}, repeated(parameters, readers)
    for name, reader in readers.items():
        try:
            values[name] = reader(parameters.get(name))
        except ValueError as error:
            errors.append(FieldError(name, str(error)))
    if errors:
        raise InvalidFields(errors)
    return values


def interval(text: str | None) -> Interval:
    """By day unless told otherwise."""
    if text not in (None, *Interval):
        raise ValueError(f"must be one of {', '.join(Interval)}")
    return Interval(text or Interval.DAY)


def moment(text: str | None) -> datetime | None:
    """A moment, aware, in years with which can be reckoned; a date is its midnight in UTC."""
    if text is None:
        return None
    found = MOMENT.fullmatch(text)
    if found is None:
        raise ValueError("must be a date as 2026-11-22, or a moment as 2026-11-22T18:30:00Z")
    date, time, fraction, offset = found.groups()
    if time and not offset:
        raise ValueError("must tell its offset from UTC, as 2026-11-22T18:30:00Z and 2026-11-22T19:30:00+01:00 do")
    written = f"{date}T{time or '00:00:00'}{fraction or ''}{(offset or 'Z').upper().replace(' ', '+')}"
    told = datetime.fromisoformat(written)  # ValueError: there is no such date, or no such time
    if not EARLIEST <= told < LATEST:
        raise ValueError(f"must be in the years {EARLIEST.year} to {LATEST.year - 1}")
    return told


def at_most(default: int) -> Reader:
    """A reader of how many are wanted."""

    def limit(text: str | None) -> int:
        if text is None:
            return default
        if not (DIGITS.fullmatch(text) and len(text) < 5 and 1 <= int(text) <= LARGEST_PAGE):
            raise ValueError(f"must be a whole number from 1 to {LARGEST_PAGE}")
        return int(text)

    return limit


PERIOD: Mapping[str, Reader] = {"interval": interval, "from": moment, "to": moment}


def asks_for_series(request: Request) -> bool:
    """Whether any parameter is about a period."""
    return bool(request.scope["query_string"]) and any(name in request.query_params for name in PERIOD)
