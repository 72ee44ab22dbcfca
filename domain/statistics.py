"""The counters, each with one definition, and the stretches of time that they are told for."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from attrs import field, frozen
from attrs.validators import ge

from domain.byte_range import ByteRange
from domain.clip import Clip
from domain.decision import Reason
from domain.delivery import DeliveryId, Ending
from domain.listener import ListenerKey
from domain.play import PlayId

MOST_BUCKETS = 1_000  # of one series


@frozen(kw_only=True)
class Counts:
    """The counters of a clip, or of all, over some time. What each one is: `/about/counting`, and ADR 1 and 8."""

    play_count: int = field(default=0, validator=ge(0))  # streams started
    downloads: int = field(default=0, validator=ge(0))  # listeners who got a minute of it, once for each window
    listeners: int = field(default=0, validator=ge(0))  # told apart within a day; of two days, the sum of both
    completed: int = field(default=0, validator=ge(0))  # plays that were delivered whole
    listens: int = field(default=0, validator=ge(0))  # plays that the player says were listened to
    skips: int = field(default=0, validator=ge(0))  # plays that the player says were given up early


COUNTERS = tuple(field.name for field in Counts.__attrs_attrs__)
NONE_AT_ALL = Counts()


@frozen
class ClipCounts:
    """All that was ever counted of a clip, and when its last play began (aware UTC; None before the first)."""

    counts: Counts
    last_played_at: datetime | None


@frozen
class CountedClip:
    """A clip of the catalogue and all that was ever counted of it, as of one moment; ``last_played_at`` as above."""

    clip: Clip
    counts: Counts
    last_played_at: datetime | None

    def __attrs_post_init__(self) -> None:
        if self.clip.play_count != self.counts.play_count:
            raise ValueError("a clip and its counters are told as of one moment")


class Interval(StrEnum):
    """How long a bucket of a series is."""

    HOUR = "hour"
    DAY = "day"

    @property
    def length(self) -> timedelta:
        return timedelta(hours=1) if self is Interval.HOUR else timedelta(days=1)

    def begin(self, moment: datetime) -> datetime:
        """The beginning, in UTC, of the bucket that ``moment`` falls into."""
        hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return hour if self is Interval.HOUR else hour.replace(hour=0)


@frozen
class Period:
    """Whole buckets from ``start`` on and before ``end``, both aware UTC. At least one, at most `MOST_BUCKETS`."""

    interval: Interval
    start: datetime
    end: datetime

    def __attrs_post_init__(self) -> None:
        if any(self.interval.begin(edge) != edge for edge in (self.start, self.end)):
            raise ValueError("a period begins and ends where a bucket does")
        if not 1 <= len(self) <= MOST_BUCKETS:
            raise ValueError(f"a period has 1 to {MOST_BUCKETS} buckets")

    def __len__(self) -> int:
        return max(0, (self.end - self.start) // self.interval.length)

    def buckets(self) -> Iterator[datetime]:
        """The beginnings of all its buckets, in order."""
        return (self.start + number * self.interval.length for number in range(len(self)))


def filled(period: Period, known: Mapping[datetime, Counts]) -> Sequence[tuple[datetime, Counts]]:
    """Every bucket of ``period`` in order, with zeros where nothing is ``known``."""
    return [(start, known.get(start, NONE_AT_ALL)) for start in period.buckets()]


@frozen
class TopClip:
    """A clip, and how often it was played in a period."""

    clip: Clip
    play_count: int


@frozen
class Explained:
    """A request as it was written down, and why it is a play, a download, a completed play, or none."""

    id: DeliveryId
    ended_at: datetime
    listener: ListenerKey
    playback: PlayId | None
    play: Reason
    download: Reason
    completes: bool
    sent: tuple[ByteRange, ...]
    ending: Ending
