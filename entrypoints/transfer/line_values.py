"""The values in a line of an export, from JSON: what is none says what it must be."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from attrs import fields_dict

from domain.clip import ClipId
from domain.statistics import Counts
from domain.transfer import DayCounts
from entrypoints.web.request_bodies import text

LARGEST_NUMBER = 2**53 - 1  # that every reader of JSON understands (RFC 8259 §6); ids to come have room above it


def whole(value: Any, _type: Any = int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        raise ValueError(f"must be a whole number from 0 to {LARGEST_NUMBER}")
    return value


def whole_or_null(value: Any, to: Any) -> int | None:
    return None if value is None else whole(value, to)


def an_id(value: Any, to: Any) -> ClipId:
    if whole(value, to) == 0:
        raise ValueError("must be 1 or more")
    return ClipId(value)


def moment(value: Any, to: Any) -> datetime:
    try:
        at = datetime.fromisoformat(text(value, to))
    except ValueError as error:
        raise ValueError("must be a moment, as in 2026-11-22T18:10:02.743283Z") from error
    if at.tzinfo is None:
        raise ValueError("must tell its offset from UTC")
    return at.astimezone(UTC)


def moment_or_null(value: Any, to: Any) -> datetime | None:
    return None if value is None else moment(value, to)


def yes_or_no(value: Any, _type: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def an_object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("must be an object")
    return value


def a_day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"must be by day, as in 2026-11-22, not {value[:20]}") from error


def counts(value: Any, _type: Any = Counts) -> Counts:
    told = an_object(value)
    unknown = sorted(set(told) - set(fields_dict(Counts)))
    if unknown:
        raise ValueError(f"must count nothing else than is counted here, such as {unknown[0][:50]}")
    return Counts(**{counter: whole(count) for counter, count in told.items()})


def days(value: Any, _type: Any) -> tuple[DayCounts, ...]:
    by_day = ((a_day(day), counts(counted)) for day, counted in an_object(value).items())
    return tuple(DayCounts(day, counted) for day, counted in sorted(by_day, key=lambda told: told[0]))
