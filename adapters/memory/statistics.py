"""What is told of plays and deliveries, from memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import nlargest

from attrs import define

from adapters.memory.catalogue import MemoryCatalogue
from adapters.memory.tables import as_counts
from domain.clip import ClipId
from domain.statistics import ClipCounts, CountedClip, Counts, Explained, Period, TopClip


@define(slots=False)
class MemoryStatistics(MemoryCatalogue):
    """Reads the sums; the clips that it names are those of the catalogue."""

    async def counts(self, clip: ClipId) -> ClipCounts:
        total = self._tables.sums.totals.get(clip, Counter())
        return ClipCounts(as_counts(total), self._tables.last_played.get(clip))

    async def counted(self, clip: ClipId) -> CountedClip:
        found, counted = await self.find(clip), await self.counts(clip)
        return CountedClip(found, counted.counts, counted.last_played_at)

    async def series(self, clip: ClipId | None, period: Period) -> Mapping[datetime, Counts]:
        sums = self._tables.sums
        known = sums.of_all(period) if clip is None else sums.of_clip(clip, period)
        return {start: as_counts(counted) for start, counted in known.items() if any(counted.values())}

    async def top(self, period: Period, limit: int) -> Sequence[TopClip]:
        played = {clip: self._plays(clip, period) for clip in self._tables.clips}
        first = nlargest(limit, ((plays, clip) for clip, plays in played.items() if plays))
        return [TopClip(await self.find(clip), plays) for plays, clip in first]

    async def explained(self, clip: ClipId, limit: int) -> Sequence[Explained]:
        of_clip = (told for of, told in self._tables.deliveries.values() if of == clip)
        return nlargest(limit, of_clip, key=lambda told: (told.ended_at, told.id))

    def _plays(self, clip: ClipId, period: Period) -> int:
        return sum(counted["play_count"] for counted in self._tables.sums.of_clip(clip, period).values())
