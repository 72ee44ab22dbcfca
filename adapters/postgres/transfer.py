"""Clips and their counts, taken out of PostgreSQL and put into it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from attrs import asdict, evolve, fields_dict, frozen
from psycopg.rows import dict_row, scalar_row, tuple_row

from adapters.postgres.clip_rows import new_row
from adapters.postgres.pool import Database, array
from domain.clip import AudioFacts, Clip, ClipDetails, ClipId
from domain.statistics import ClipCounts, Counts
from domain.transfer import ClipRecord, DayCounts, Restored, midnight

RECORDS = """
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce(plays, 0) AS play_count, created_at, removed_at IS NOT NULL AS is_removed, seed_key, last_played_at,
           tags,
           (SELECT json_object_agg(counter, count) FROM counts WHERE clip_id = id AND interval = 'total') AS totals,
           (SELECT json_agg(json_build_array((since AT TIME ZONE 'UTC')::date, counter, count) ORDER BY since, counter)
            FROM counts WHERE clip_id = id AND interval = 'day') AS days
    FROM clips LEFT JOIN play_counts ON clip_id = id
    WHERE id > %(after)s ORDER BY id LIMIT %(limit)s"""

# The ids up to this one are used up before it is taken, so that nobody who adds a clip meanwhile is given it. One by
# one, since to set the sequence could set it back; it is set where nobody else can come so far in this moment.
#
# Counts come last and in one order, as in every statement that counts. All clips together are counted in one of
# sixteen parts, but for their listeners, of whom many hear several clips.
RESTORE = """
    WITH known AS (
        SELECT created_at = %(created_at)s AND audio_url = %(audio_url)s AS is_same FROM clips WHERE id = %(id)s
    ), passed AS MATERIALIZED (
        SELECT CASE WHEN %(id)s - last_value > 10000 THEN setval('clips_id_seq', %(id)s)
               ELSE (SELECT max(nextval('clips_id_seq')) FROM generate_series(last_value + is_called::int, %(id)s)) END
        FROM clips_id_seq WHERE NOT EXISTS (SELECT FROM known)
    ), added AS (
        INSERT INTO clips (id, seed_key, title, title_key, genre, genre_key, description, description_key,
                           duration, audio_url, media_type, size, header_size, created_at, tags, tag_keys,
                           title_words, genre_words, tag_words, description_words, removed_at)
        OVERRIDING SYSTEM VALUE
        SELECT %(id)s, (SELECT %(seed_key)s::text WHERE NOT EXISTS (SELECT FROM clips WHERE seed_key = %(seed_key)s)),
               %(title)s, %(title_key)s, %(genre)s, %(genre_key)s, %(description)s, %(description_key)s,
               %(duration)s, %(audio_url)s, %(media_type)s, %(size)s, %(header_size)s, %(created_at)s,
               %(tags)s::text[], %(tag_keys)s::text[], %(title_words)s::tsvector, %(genre_words)s::tsvector,
               %(tag_words)s::tsvector, %(description_words)s::tsvector,
               CASE WHEN %(is_removed)s THEN clock_timestamp() END
        FROM passed
        ON CONFLICT DO NOTHING
        RETURNING id
    ), totalled AS (
        INSERT INTO play_counts (clip_id, plays, last_played_at)
        SELECT id, %(play_count)s, %(last_played_at)s FROM added WHERE %(play_count)s > 0
        RETURNING clip_id
    ), counted AS (
        INSERT INTO counts AS sum (clip_id, interval, since, counter, count)
        SELECT place, stretch, since, counter, count
        FROM added LEFT JOIN totalled ON clip_id = id,
             unnest(%(intervals)s::text[], %(starts)s::timestamptz[], %(counters)s::text[], %(counts)s::bigint[])
             AS told (stretch, since, counter, count),
             LATERAL (VALUES (id, true), (-1 - (pg_backend_pid() & 15), counter <> 'listeners')) AS of (place, is_meant)
        WHERE is_meant
        ORDER BY place, stretch, since, counter
        ON CONFLICT (clip_id, interval, since, counter) DO UPDATE SET count = sum.count + excluded.count
    )
    SELECT is_same FROM known UNION ALL SELECT NULL FROM added"""

LISTENERS = """
    SELECT (since AT TIME ZONE 'UTC')::date, count FROM counts
    WHERE clip_id = 0 AND interval = 'day' AND counter = 'listeners' ORDER BY since"""

RESTORE_LISTENERS = """
    WITH restored AS (
        INSERT INTO counts (clip_id, interval, since, counter, count)
        SELECT 0, 'day', since, 'listeners', count
        FROM unnest(%(starts)s::timestamptz[], %(counts)s::bigint[]) AS told (since, count) ORDER BY since
        ON CONFLICT (clip_id, interval, since, counter) DO NOTHING
        RETURNING count
    ), totalled AS (
        INSERT INTO counts AS total (clip_id, interval, since, counter, count)
        SELECT 0, 'total', to_timestamp(0), 'listeners', sum(count) FROM restored HAVING count(*) > 0
        ON CONFLICT (clip_id, interval, since, counter) DO UPDATE SET count = total.count + excluded.count
    )
    SELECT count(*) FROM restored"""

EPOCH = datetime.fromtimestamp(0, UTC)  # when every total begins


@frozen
class PostgresTransfer:
    """Reads and writes the sums beside those who count, on one database with any number of processes."""

    database: Database

    async def records(self, after: ClipId, limit: int) -> Sequence[ClipRecord]:
        rows = await self.database.ask_patiently(RECORDS, {"after": after, "limit": limit}, dict_row)
        return [record(row) for row in rows]

    async def restore(self, record: ClipRecord) -> Restored:
        known = await self.database.ask_patiently(RESTORE, restored_row(record), scalar_row)
        match known:
            case [None]:
                return Restored.ADDED
            case [True]:
                return Restored.THERE
            case _:  # also where another took the id, or the key, at the same moment
                return Restored.TAKEN

    async def listeners(self) -> Mapping[date, int]:
        return dict(await self.database.ask_patiently(LISTENERS, {}, tuple_row))

    async def restore_listeners(self, by_day: Mapping[date, int]) -> int:
        named = {"starts": array(map(midnight, by_day)), "counts": array(by_day.values())}
        [days] = await self.database.ask_patiently(RESTORE_LISTENERS, named, scalar_row)
        return int(days)


def record(row: Mapping[str, Any]) -> ClipRecord:
    counts = Counts(**(row["totals"] or {}), play_count=row["play_count"])
    return ClipRecord(
        clip=Clip(**{name: row[name] for name in fields_dict(Clip) if name in row}),
        is_removed=row["is_removed"],
        seed_key=row["seed_key"],
        counted=ClipCounts(counts, row["last_played_at"]),
        days=tuple(by_day(row["days"] or ())),
    )


def by_day(told: Iterable[tuple[str, str, int]]) -> Iterator[DayCounts]:
    """The counts of each day, told as day, counter and count, in order."""
    days: dict[str, dict[str, int]] = {}
    for day, counter, count in told:
        days.setdefault(day, {})[counter] = count
    return (DayCounts(date.fromisoformat(day), Counts(**counted)) for day, counted in days.items())


def restored_row(record: ClipRecord) -> dict[str, Any]:
    clip, sums = record.clip, list(sums_of(record))
    details = ClipDetails(**{name: getattr(clip, name) for name in fields_dict(ClipDetails)})
    audio = AudioFacts(clip.media_type, clip.size, clip.duration, clip.header_size)
    return new_row(details, audio, clip.created_at) | {
        "id": clip.id,
        "seed_key": record.seed_key,
        "is_removed": record.is_removed,
        "play_count": clip.play_count,
        "last_played_at": record.counted.last_played_at,
        "intervals": array(interval for interval, _, _, _ in sums),
        "starts": array(start for _, start, _, _ in sums),
        "counters": array(counter for _, _, counter, _ in sums),
        "counts": array(count for _, _, _, count in sums),
    }


def sums_of(record: ClipRecord) -> Iterator[tuple[str, datetime, str, int]]:
    """The rows of ``counts`` that are more than nothing; the total of plays has a table of its own."""
    yield from of_stretch("total", EPOCH, evolve(record.counted.counts, play_count=0))
    for day in record.days:
        yield from of_stretch("day", day.start, day.counts)


def of_stretch(interval: str, start: datetime, counts: Counts) -> Iterator[tuple[str, datetime, str, int]]:
    return ((interval, start, counter, count) for counter, count in asdict(counts).items() if count)
