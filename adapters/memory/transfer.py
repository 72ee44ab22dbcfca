"""Clips and their counts, taken out of memory and put into it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from attrs import asdict, define, evolve

from adapters.memory.catalogue import FIRST_VERSION
from adapters.memory.tables import InMemory, as_counts, no_buckets
from domain.clip import Clip, ClipId
from domain.heard import THE_CATALOGUE
from domain.statistics import ClipCounts, Interval
from domain.transfer import ClipRecord, DayCounts, Restored, midnight


@define(slots=False)
class MemoryTransfer(InMemory):
    """Reads and writes the sums beside those who count."""

    async def records(self, after: ClipId, limit: int) -> Sequence[ClipRecord]:
        known = self._tables.clips | self._tables.removed
        ids = sorted(clip for clip in known if clip > after)[:limit]
        seeds = {clip: key for key, clip in self._tables.seeds.items()}
        return [self._record(known[clip], seeds.get(clip)) for clip in ids]

    def _record(self, clip: Clip, seed_key: str | None) -> ClipRecord:
        tables = self._tables
        counts = as_counts(tables.sums.totals.get(clip.id, Counter()))
        days = sorted(tables.sums.buckets.get((Interval.DAY, clip.id), no_buckets()).items())
        return ClipRecord(
            clip=evolve(clip, play_count=counts.play_count),
            is_removed=clip.id in tables.removed,
            seed_key=seed_key,
            counted=ClipCounts(counts, tables.last_played.get(clip.id)),
            days=tuple(DayCounts(start.date(), as_counts(counted)) for start, counted in days if any(counted.values())),
        )

    async def restore(self, record: ClipRecord) -> Restored:
        clip, tables = record.clip, self._tables
        known = tables.clips.get(clip.id) or tables.removed.get(clip.id)
        if known is not None:
            is_same = (known.created_at, known.audio_url) == (clip.created_at, clip.audio_url)
            return Restored.THERE if is_same else Restored.TAKEN
        tables.clip_ids.pass_by(clip.id)
        (tables.removed if record.is_removed else tables.clips)[clip.id] = evolve(
            clip, play_count=0, version=FIRST_VERSION
        )
        if record.seed_key is not None:
            tables.seeds.setdefault(record.seed_key, clip.id)
        self._count(record)
        return Restored.ADDED

    def _count(self, record: ClipRecord) -> None:
        clip, tables = record.clip.id, self._tables
        tables.sums.totals[clip].update(asdict(record.counted.counts))
        for day in record.days:
            tables.sums.buckets[Interval.DAY, clip][day.start].update(asdict(day.counts))
        if record.counted.last_played_at is not None:
            tables.last_played[clip] = record.counted.last_played_at

    async def listeners(self) -> Mapping[date, int]:
        days = sorted(self._tables.sums.buckets.get((Interval.DAY, THE_CATALOGUE), no_buckets()).items())
        return {start.date(): counted["listeners"] for start, counted in days}

    async def restore_listeners(self, by_day: Mapping[date, int]) -> int:
        sums = self._tables.sums
        days = sums.buckets[Interval.DAY, THE_CATALOGUE]
        missing = {midnight(day): count for day, count in by_day.items() if midnight(day) not in days}
        for start, count in missing.items():
            days[start]["listeners"] += count
            sums.totals[THE_CATALOGUE]["listeners"] += count
        return len(missing)
