"""Reads what `lines.py` writes, whoever wrote it: every fault of a line is found at once, and none stops the next."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO, Any

import orjson
from attrs import field, fields_dict, frozen
from attrs.validators import optional
from cattrs import BaseValidationError, Converter

from domain.clip import Clip, ClipDetails, ClipId
from domain.statistics import ClipCounts, Counts
from domain.text import line_of_text
from domain.transfer import ClipRecord, DayCounts
from entrypoints.transfer.line_values import (
    a_day,
    an_id,
    an_object,
    counts,
    days,
    moment,
    moment_or_null,
    whole,
    whole_or_null,
    yes_or_no,
)
from entrypoints.transfer.lines import FORMAT, VERSION, End, Header, Line, Listeners
from entrypoints.web.request_bodies import CONVERTER, text, text_or_null
from entrypoints.web.structuring import T, field_by_field, field_errors

LARGEST_LINE = 16 * 1024 * 1024  # bytes; sixty years of counts by day are a third of it


class LineError(Exception):
    """A line says nothing that can be used; the text says why."""


@frozen(kw_only=True)
class Kept:
    """What a clip's line says besides its `ClipDetails`."""

    id: ClipId
    media_type: str = field(validator=line_of_text(longest=200))
    size: int | None
    header_size: int = 0
    created_at: datetime
    removed: bool = False
    seed_key: str | None = field(default=None, validator=optional(line_of_text(longest=200)))
    last_played_at: datetime | None = None
    counts: Counts = Counts()
    days: tuple[DayCounts, ...] = ()


VALUES = {
    "id": an_id,
    "media_type": text,
    "size": whole_or_null,
    "header_size": whole,
    "created_at": moment,
    "removed": yes_or_no,
    "seed_key": text_or_null,
    "last_played_at": moment_or_null,
    "counts": counts,
    "days": days,
}
KEPT = Converter()
KEPT.register_structure_hook(Kept, field_by_field(Kept, KEPT, VALUES))


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file in no more memory than the longest. One that is longer than `LARGEST_LINE` comes cut."""
    while line := file.readline(LARGEST_LINE):
        yield line
        while len(line) == LARGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LARGEST_LINE)


def read(line: bytes) -> Line:
    """What a line says. Raises LineError."""
    if len(line) == LARGEST_LINE:
        raise LineError(f"it has more than {LARGEST_LINE} bytes")
    try:
        said = an_object(orjson.loads(line))
    except (orjson.JSONDecodeError, TypeError) as error:
        raise LineError("it is not a JSON object") from error
    try:
        return understood(said)
    except (ValueError, TypeError) as error:
        raise LineError(str(error)) from error


def understood(said: Mapping[str, Any]) -> Line:
    """Raises LineError, ValueError, TypeError."""
    match said:
        case {"format": _}:
            return header(said)
        case {"listeners": by_day}:
            return Listeners({a_day(day): whole(count) for day, count in an_object(by_day).items()})
        case {"clips": count}:
            return End(whole(count))
        case _:
            return record(said)


def header(said: Mapping[str, Any]) -> Header:
    if said["format"] != FORMAT or said.get("version") != VERSION:
        raise LineError(f"it is no export of {FORMAT} in version {VERSION}, which is what this one reads")
    return Header(moment(said.get("exported_at"), datetime))


def record(said: Mapping[str, Any]) -> ClipRecord:
    """Raises LineError, with every fault of every field."""
    parts = {name: said[name] for name in fields_dict(ClipDetails) if name in said}
    faults: list[str] = []
    details = structured(CONVERTER, parts, ClipDetails, faults)
    kept = structured(KEPT, {name: value for name, value in said.items() if name not in parts}, Kept, faults)
    if details is None or kept is None:
        raise LineError("; ".join(faults))
    if details.duration is None:
        raise LineError("duration is required")
    clip = Clip(
        **{name: getattr(details, name) for name in fields_dict(ClipDetails)},
        **{name: getattr(kept, name) for name in ("id", "media_type", "size", "header_size", "created_at")},
        play_count=kept.counts.play_count,
    )
    counted = ClipCounts(kept.counts, kept.last_played_at)
    return ClipRecord(clip=clip, is_removed=kept.removed, seed_key=kept.seed_key, counted=counted, days=kept.days)


def structured(converter: Converter, said: Mapping[str, Any], cls: type[T], faults: list[str]) -> T | None:
    """A value of ``cls``; or None, and what is wrong is added to ``faults``."""
    try:
        return converter.structure(said, cls)
    except BaseValidationError as error:
        faults += [f"{fault.path} {fault.message}" for fault in field_errors(error)]
        return None
