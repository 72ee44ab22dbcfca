"""What is kept in memory, and the sums that are told of it."""

from asyncio import Queue
from collections import Counter, defaultdict
from datetime import date, datetime

from attrs import define, field, frozen

from domain.clip import Clip, ClipId
from domain.delivery import DeliveryId
from domain.heard import THE_CATALOGUE, Heard, Purpose
from domain.listen import Listen
from domain.listener import DailyKey
from domain.peaks import KeptPeaks, PeaksKey
from domain.play import Play, PlayId
from domain.statistics import Counts, Explained, Interval, Period

Buckets = defaultdict[datetime, Counter[str]]


def no_buckets() -> Buckets:
    return defaultdict(Counter)


def of_each_clip() -> defaultdict[tuple[Interval, ClipId], Buckets]:
    return defaultdict(no_buckets)


@frozen
class Sums:
    """Each counter of `Counts`, by clip, in all and by the beginning of its bucket."""

    totals: defaultdict[ClipId, Counter[str]] = field(factory=lambda: defaultdict(Counter), init=False)
    buckets: defaultdict[tuple[Interval, ClipId], Buckets] = field(factory=of_each_clip, init=False)

    def add(self, clip: ClipId, counter: str, at: datetime) -> None:
        """One more, in the hour and the day of ``at``, and in all."""
        self.add_to(Interval.HOUR, clip, counter, at)
        self.add_to_day(clip, counter, at)

    def add_to_day(self, clip: ClipId, counter: str, at: datetime) -> None:
        """One more in the day of ``at``, and in all."""
        self.add_to(Interval.DAY, clip, counter, at)
        self.totals[clip][counter] += 1

    def add_to(self, interval: Interval, clip: ClipId, counter: str, at: datetime) -> None:
        self.buckets[interval, clip][interval.begin(at)][counter] += 1

    def of_clip(self, clip: ClipId, period: Period) -> dict[datetime, Counter[str]]:
        known = self.buckets.get((period.interval, clip), no_buckets())
        return {start: known[start] for start in period.buckets() if start in known}

    def of_all(self, period: Period) -> dict[datetime, Counter[str]]:
        """The sums of all clips, but of listeners, who may listen to several: those have a number of their own."""
        together = self.of_clip(THE_CATALOGUE, period)
        for clip in (clip for interval, clip in self.buckets if interval is period.interval):
            for start, counted in self.of_clip(clip, period).items():
                added = Counter({name: number for name, number in counted.items() if name != "listeners"})
                together[start] = together.get(start, Counter()) + added
        return together


def as_counts(counted: Counter[str]) -> Counts:
    return Counts(**counted)


@define
class ClipIds:
    """Ids that rise from 1 on."""

    last: int = 0

    def __next__(self) -> ClipId:
        self.last += 1
        return ClipId(self.last)

    def pass_by(self, clip: ClipId) -> None:
        """Give only higher ones from now on."""
        self.last = max(self.last, clip)


@frozen
class Tables:
    """All that there is. Nothing that touches it awaits, so every method over it is atomic."""

    clip_ids: ClipIds = field(factory=ClipIds, init=False)
    clips: dict[ClipId, Clip] = field(factory=dict, init=False)
    removed: dict[ClipId, Clip] = field(factory=dict, init=False)
    seeds: dict[str, ClipId] = field(factory=dict, init=False)
    plays: dict[tuple[ClipId, PlayId], Play] = field(factory=dict, init=False)
    last_played: dict[ClipId, datetime] = field(factory=dict, init=False)
    sums: Sums = field(factory=Sums, init=False)
    deliveries: dict[DeliveryId, tuple[ClipId, Explained]] = field(factory=dict, init=False)
    heard: dict[tuple[ClipId, bytes, Purpose], Heard] = field(factory=dict, init=False)
    listens: dict[tuple[ClipId, PlayId], Listen] = field(factory=dict, init=False)
    peaks: dict[PeaksKey, KeptPeaks] = field(factory=dict, init=False)
    daily_keys: dict[date, DailyKey] = field(factory=dict, init=False)
    hearing: set["Queue[ClipId]"] = field(factory=set, init=False)  # of those who want to hear what is played


@define(slots=False)
class InMemory:
    """What the parts of a `MemoryStore` have in common: the tables, which one object's parts share."""

    _tables: Tables = field(factory=Tables, init=False, repr=False)
