"""ReportCounts: what was counted, of a clip or of all, over what time, and why each request was counted or not."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from domain.clip import ClipId
from domain.errors import PeriodFault, PeriodRefused
from domain.ports import Catalogue, Clock, Statistics
from domain.statistics import (
    COUNTERS,
    MOST_BUCKETS,
    CountedClip,
    Counts,
    Explained,
    Interval,
    Period,
    TopClip,
    filled,
)

Series = Sequence[tuple[datetime, Counts]]
"""Each bucket's beginning, aware UTC, and what was counted in it; in order, without gaps."""

UNTIL_NOW = {Interval.HOUR: timedelta(hours=24), Interval.DAY: timedelta(days=30)}  # where nobody says since when


@frozen
class ClipReport:
    """A clip with all that was ever counted of it, and the series of a period; empty if none was asked for."""

    counted: CountedClip
    series: Series


@frozen
class CatalogueReport:
    """What was counted of all clips in a period, together and by bucket, and the clips that were played most in it."""

    counts: Counts
    series: Series
    top: Sequence[TopClip]


@frozen
class ReportCounts:
    """What anybody may learn of the counters, and who holds a key of single requests.

    ``keep`` is how long deliveries and sums by the hour are kept."""

    catalogue: Catalogue
    statistics: Statistics
    clock: Clock
    keep: timedelta

    def period(self, interval: Interval, start: datetime | None, end: datetime | None) -> Period:
        """The whole buckets that hold everything from ``start`` on and before ``end``, both aware.

        Until now, where no end is given; for 24 hours or 30 days, where no start is. Raises PeriodRefused."""
        now = self.clock()
        end = end or now
        start = start or end - UNTIL_NOW[interval]
        first, last = interval.begin(start), interval.begin(end)
        after = last if last == end else last + interval.length
        if start >= end:
            raise PeriodRefused(PeriodFault.EMPTY, self.keep)
        if after - first > MOST_BUCKETS * interval.length:
            raise PeriodRefused(PeriodFault.TOO_LONG, self.keep)
        if interval is Interval.HOUR and first < now - self.keep:
            raise PeriodRefused(PeriodFault.FORGOTTEN, self.keep)
        return Period(interval, first, after)

    async def of_clip(self, clip: ClipId, period: Period | None = None) -> ClipReport:
        """A clip's counters, as of this moment. Raises ClipNotFound."""
        counted = await self.statistics.counted(clip)
        series = () if period is None else filled(period, await self.statistics.series(clip, period))
        return ClipReport(counted, series)

    async def of_catalogue(self, period: Period, limit: int) -> CatalogueReport:
        """The counters of all clips, removed ones too, and at most ``limit`` of those that are there."""
        series = filled(period, await self.statistics.series(None, period))
        return CatalogueReport(summed(series), series, await self.statistics.top(period, limit))

    async def explained(self, clip: ClipId, limit: int) -> Sequence[Explained]:
        """The last requests to stream a clip, the latest first. Raises ClipNotFound."""
        await self.catalogue.find(clip)
        return await self.statistics.explained(clip, limit)


def summed(series: Series) -> Counts:
    """All buckets together; a listener of two of them is two."""
    return Counts(**{name: sum(getattr(counts, name) for _, counts in series) for name in COUNTERS})
