"""What is kept of a clip for ever, as it is taken from one service into another."""

from datetime import UTC, date, datetime, time
from enum import Enum

from attrs import field, frozen

from domain.clip import Clip
from domain.statistics import ClipCounts, Counts


@frozen
class DayCounts:
    """What was counted on one day in UTC."""

    day: date
    counts: Counts

    @property
    def start(self) -> datetime:
        return midnight(self.day)


@frozen(kw_only=True)
class ClipRecord:
    """A clip, be it removed, and all that was ever counted of it: in all and, in order, on each day that has any.

    ``seed_key`` is what it was added once under, if it was. A ``days`` may tell of less than the total, for what was
    counted before there were days."""

    clip: Clip
    is_removed: bool = False
    seed_key: str | None = None
    counted: ClipCounts = ClipCounts(Counts(), None)
    days: tuple[DayCounts, ...] = field(default=())

    def __attrs_post_init__(self) -> None:
        plays = self.counted.counts.play_count
        if plays != self.clip.play_count:
            raise ValueError("the play_count of a clip is the one that was counted")
        if bool(plays) != (self.counted.last_played_at is not None):
            raise ValueError("last_played_at is known where there are plays, and only there")
        if any(earlier.day >= later.day for earlier, later in zip(self.days, self.days[1:], strict=False)):
            raise ValueError("days are in order, and each is there once")


class Restored(Enum):
    """What became of a record that was to be put back."""

    ADDED = "added"
    THERE = "there"  # the same clip is there already, and stays as it is
    TAKEN = "taken"  # another clip has its id


def midnight(day: date) -> datetime:
    """When a day begins in UTC."""
    return datetime.combine(day, time(), UTC)
