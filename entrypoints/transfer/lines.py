"""Catalogue and counts as JSON Lines: a header, the listeners of all clips by day, a line a clip, and how many it was.

The listeners of all clips are not the sum of each clip's, since many hear several. The last line tells a file that is
whole from one that was cut."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson
from attrs import asdict, frozen

from domain.statistics import Counts
from domain.transfer import ClipRecord

FORMAT, VERSION = "soundverse-play", 1
ELSEWHERE = {
    "play_count",
    "version",
}  # of a clip: its plays stand among the counts, and its version is this database's own


@frozen
class Header:
    """The first line: what the file is, and when it was begun."""

    exported_at: datetime


@frozen
class Listeners:
    """The second line: how many listened to any clip, on each UTC day."""

    by_day: Mapping[date, int]


@frozen
class End:
    """The last line: so many clips came before."""

    clips: int


Line = Header | Listeners | ClipRecord | End


def written(said: Line) -> bytes:
    """A line with its end. What is zero on a day is left out."""
    match said:
        case Header(at):
            return as_json({"format": FORMAT, "version": VERSION, "exported_at": at})
        case Listeners(by_day):
            return as_json({"listeners": {day.isoformat(): count for day, count in by_day.items()}})
        case ClipRecord():
            return as_json(of_clip(said))
        case End(clips):
            return as_json({"clips": clips})


def of_clip(record: ClipRecord) -> dict[str, Any]:
    clip = asdict(record.clip, filter=lambda attribute, _value: attribute.name not in ELSEWHERE)
    kept = {"removed": record.is_removed, "seed_key": record.seed_key, "last_played_at": record.counted.last_played_at}
    days = {day.day.isoformat(): more_than_nothing(day.counts) for day in record.days}
    return clip | kept | {"counts": asdict(record.counted.counts), "days": days}


def more_than_nothing(counts: Counts) -> dict[str, int]:
    return asdict(counts, filter=lambda _attribute, count: bool(count))


def as_json(said: Mapping[str, Any]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)
