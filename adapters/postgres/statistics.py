"""What the ledger says, read from PostgreSQL: sums that were kept while plays and deliveries were written."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen
from psycopg.rows import dict_row, tuple_row
from psycopg.types.multirange import Multirange

from adapters.postgres.batches import Batches
from adapters.postgres.clip_rows import MOST_SAME_CLIPS, ClipRow, kept_clip
from adapters.postgres.pool import MOST_WAITING, Database, array
from adapters.postgres.same_answers import SameAnswers
from adapters.postgres.shared_reads import SharedReads
from domain.byte_range import ByteRange
from domain.clip import LARGEST_CLIP_ID, Clip, ClipId
from domain.decision import Reason
from domain.delivery import Ending
from domain.errors import ClipNotFound
from domain.heard import THE_CATALOGUE
from domain.statistics import ClipCounts, CountedClip, Counts, Explained, Period, TopClip

COUNTS = """
    SELECT 'play_count', plays, last_played_at FROM play_counts WHERE clip_id = %(clip)s
    UNION ALL
    SELECT counter, count, NULL FROM counts WHERE clip_id = %(clip)s AND interval = 'total'"""

COUNTED = """
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce(plays, 0) AS play_count, created_at, tags, last_played_at,
           downloads, listeners, completed, listens, skips
    FROM clips LEFT JOIN play_counts ON clip_id = id, LATERAL (
        SELECT coalesce(max(count) FILTER (WHERE counter = 'downloads'), 0) AS downloads,
               coalesce(max(count) FILTER (WHERE counter = 'listeners'), 0) AS listeners,
               coalesce(max(count) FILTER (WHERE counter = 'completed'), 0) AS completed,
               coalesce(max(count) FILTER (WHERE counter = 'listens'), 0) AS listens,
               coalesce(max(count) FILTER (WHERE counter = 'skips'), 0) AS skips
        FROM counts WHERE counts.clip_id = clips.id AND interval = 'total'
    ) AS totals
    WHERE id = ANY(%(clips)s::bigint[]) AND removed_at IS NULL"""

SERIES = """
    SELECT since, counter, count FROM counts
    WHERE clip_id = %(clip)s AND interval = %(interval)s AND since >= %(start)s AND since < %(end)s"""

# All clips together: listeners are not the sum of each clip's, for many listen to several; all else is kept in parts.
SERIES_OF_ALL = """
    SELECT since, counter, sum(count)::bigint FROM counts
    WHERE clip_id = ANY(%(the_catalogue)s::bigint[]) AND interval = %(interval)s
      AND since >= %(start)s AND since < %(end)s
    GROUP BY since, counter"""

TOP = """
    SELECT played.plays AS in_period, id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce((SELECT plays FROM play_counts WHERE clip_id = id), 0) AS play_count, created_at, tags
    FROM (
        SELECT clip_id, sum(count)::bigint AS plays FROM counts
        WHERE interval = %(interval)s AND since >= %(start)s AND since < %(end)s AND counter = 'play_count'
          AND clip_id > 0
        GROUP BY clip_id ORDER BY plays DESC, clip_id DESC
    ) AS played, LATERAL (
        SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size, created_at, tags
        FROM clips
        WHERE id = played.clip_id AND removed_at IS NULL LIMIT 1
    ) AS present
    ORDER BY played.plays DESC, played.clip_id DESC LIMIT %(limit)s"""

EXPLAINED = """
    SELECT id, ended_at, listener, playback, play, download, completes, sent, ending FROM deliveries
    WHERE clip_id = %(clip)s ORDER BY ended_at DESC, id DESC LIMIT %(limit)s"""


Series = Mapping[datetime, Counts]

ALL_CLIPS = [THE_CATALOGUE - part for part in range(17)]  # as migration 0002 says


@frozen
class PostgresStatistics:
    """Reads ``counts`` and ``play_counts``, so that what is told costs the same however many plays there were."""

    database: Database
    _batches: Batches[ClipId, CountedClip] = field(init=False, eq=False, repr=False)
    _same_counts: SameAnswers[ClipId, ClipRow, CountedClip] = field(
        factory=lambda: SameAnswers(counted, MOST_SAME_CLIPS), init=False, eq=False, repr=False
    )
    _series: SharedReads[tuple[ClipId | None, Period], Series] = field(init=False, eq=False, repr=False)
    _tops: SharedReads[tuple[Period, int], Sequence[TopClip]] = field(init=False, eq=False, repr=False)

    @_batches.default
    def _own_batches(self) -> Batches[ClipId, CountedClip]:
        return Batches(self._counted_all, MOST_WAITING)

    @_series.default
    def _own_series(self) -> SharedReads[tuple[ClipId | None, Period], Series]:
        return SharedReads(self._read_series, MOST_WAITING)

    @_tops.default
    def _own_tops(self) -> SharedReads[tuple[Period, int], Sequence[TopClip]]:
        return SharedReads(self._read_top, MOST_WAITING)

    async def counts(self, clip: ClipId) -> ClipCounts:
        rows = await self.database.ask(COUNTS, {"clip": clip}, tuple_row)
        last = next((moment for _, _, moment in rows if moment is not None), None)
        return ClipCounts(Counts(**{counter: count for counter, count, _ in rows}), last)

    async def counted(self, clip: ClipId) -> CountedClip:
        if not 0 < clip <= LARGEST_CLIP_ID:  # a number that its column cannot hold would fail the whole batch
            raise ClipNotFound(clip)
        return await self._batches.ask(clip)

    async def _counted_all(self, clips: Sequence[ClipId]) -> Sequence[CountedClip | ClipNotFound]:
        rows = await self.database.ask(COUNTED, {"clips": array(set(clips))}, tuple_row)
        found = {row[0]: self._same_counts.of(row[0], row) for row in rows}
        return [found.get(clip) or ClipNotFound(clip) for clip in clips]

    async def series(self, clip: ClipId | None, period: Period) -> Series:
        return await self._series.ask((clip, period))

    async def _read_series(self, asked: tuple[ClipId | None, Period]) -> Series:
        clip, period = asked
        if clip is not None:
            return buckets(await self.database.ask(SERIES, {"clip": clip} | stretch(period), tuple_row))
        of_all = {"the_catalogue": ALL_CLIPS} | stretch(period)
        return buckets(await self.database.ask_patiently(SERIES_OF_ALL, of_all, tuple_row))

    async def top(self, period: Period, limit: int) -> Sequence[TopClip]:
        return await self._tops.ask((period, limit))

    async def _read_top(self, asked: tuple[Period, int]) -> Sequence[TopClip]:
        period, limit = asked
        rows = await self.database.ask_patiently(TOP, stretch(period) | {"limit": limit}, dict_row)
        return [TopClip(play_count=row.pop("in_period"), clip=Clip(**row)) for row in rows]

    async def explained(self, clip: ClipId, limit: int) -> Sequence[Explained]:
        rows = await self.database.ask(EXPLAINED, {"clip": clip, "limit": limit}, dict_row)
        return [explained(row) for row in rows]


def counted(_clip: ClipId, row: ClipRow) -> CountedClip:
    clip = kept_clip(row)
    *_, last_played_at, downloads, listeners, completed, listens, skips = row
    counts = Counts(
        play_count=clip.play_count,
        downloads=downloads,
        listeners=listeners,
        completed=completed,
        listens=listens,
        skips=skips,
    )
    return CountedClip(clip, counts, last_played_at)


def stretch(period: Period) -> dict[str, Any]:
    return {"interval": period.interval.value, "start": period.start, "end": period.end}


def buckets(rows: Iterable[tuple[datetime, str, int]]) -> dict[datetime, Counts]:
    found: dict[datetime, dict[str, int]] = {}
    for since, counter, count in rows:
        found.setdefault(since, {})[counter] = count
    return {since: Counts(**counted) for since, counted in found.items()}


def explained(row: Mapping[str, Any]) -> Explained:
    told = {"play": Reason(row["play"]), "download": Reason(row["download"]), "ending": Ending(row["ending"])}
    return Explained(**{**row, **told, "sent": parts(row["sent"])})


def parts(sent: "Multirange[int]") -> tuple[ByteRange, ...]:
    """The stretches of a multirange, which begin with their first byte and end before their upper bound."""
    bounds = ((stretch.lower, stretch.upper) for stretch in sent)
    return tuple(ByteRange(lower, upper - 1) for lower, upper in bounds if lower is not None and upper is not None)
