"""The play ledger in PostgreSQL: a row for each play and the sums of them, of all who play at once in one statement."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from time import perf_counter
from uuid import UUID

from attrs import field, frozen
from psycopg.rows import tuple_row

from adapters.postgres.batches import Batches
from adapters.postgres.pool import MOST_WAITING, Database, array
from domain.clip import LARGEST_CLIP_ID, UNKNOWN_VERSION, ClipVersion
from domain.errors import ClipChanged, ClipNotFound
from domain.play import Play
from domain.ports import Played
from domain.statistics import Interval

# The clip is read in the statement's own snapshot, so a clip that is being removed either was played before or is gone.
# All plays are written in one order, after them all totals in one order, and then all sums by hour and day: statements
# of several processes that meet in the same plays or clips wait for each other in turn and never in a circle. Answers
# with the plays that could not be written down, which are few, and the version of their clip; NULL if it is not there.
# Of a play that is there several times, the first that can be is.
#
# All clips together are counted in one of sixteen parts, each connection in its own. Plays are summed by the hour
# first, so that what is made of an hour is made once and not for each play.
RECORD = """
    WITH offered AS (
        SELECT clip_id, id, started_at, is_named, meant, version, place
        FROM unnest(%(clips)s::bigint[], %(ids)s::uuid[], %(moments)s::timestamptz[], %(named)s::boolean[],
                    %(versions)s::bigint[])
             WITH ORDINALITY AS play (clip_id, id, started_at, is_named, meant, place)
             LEFT JOIN (
                 SELECT id AS clip_id, xmin::text::bigint AS version FROM clips
                 WHERE id = ANY(%(clips)s::bigint[]) AND removed_at IS NULL
             ) AS present USING (clip_id)
    ), recorded AS (
        INSERT INTO plays (clip_id, id, started_at, is_named)
        SELECT DISTINCT ON (clip_id, id) clip_id, id, started_at, is_named FROM offered
        WHERE version IS NOT NULL AND meant IN (0, version)
        ORDER BY clip_id, id, place
        ON CONFLICT (clip_id, id) DO NOTHING
        RETURNING clip_id, id, started_at
    ), hourly AS (
        SELECT clip_id, date_bin('1 hour', started_at, to_timestamp(0)) AS hour, count(*) AS plays,
               max(started_at) AS last
        FROM recorded GROUP BY clip_id, hour
    ), totalled AS (
        INSERT INTO play_counts AS sum (clip_id, plays, last_played_at)
        SELECT clip_id, sum(plays), max(last) FROM hourly GROUP BY clip_id ORDER BY clip_id
        ON CONFLICT (clip_id) DO UPDATE
        SET plays = sum.plays + excluded.plays,
            last_played_at = greatest(sum.last_played_at, excluded.last_played_at)
        RETURNING clip_id
    ), counted AS (
        INSERT INTO counts AS sum (clip_id, interval, since, counter, count)
        SELECT place, stretch.interval, since, 'play_count', sum(hourly.plays)
        FROM totalled JOIN hourly USING (clip_id),
             LATERAL (VALUES (clip_id), (-1 - (pg_backend_pid() & 15))) AS counted (place),
             LATERAL (VALUES ('day', date_bin('1 day', hour, to_timestamp(0))), ('hour', hour))
             AS stretch (interval, since)
        GROUP BY place, stretch.interval, since ORDER BY place, stretch.interval, since
        ON CONFLICT (clip_id, interval, since, counter) DO UPDATE SET count = sum.count + excluded.count
    )
    SELECT clip_id, id, meant, version FROM offered
    WHERE (clip_id, id) NOT IN (SELECT clip_id, id FROM recorded) OR meant NOT IN (0, version)"""

# The same for a play that is alone, in less time.
RECORD_ONE = """
    WITH played AS (
        SELECT id, xmin::text::bigint AS version FROM clips WHERE id = %(clip)s AND removed_at IS NULL
    ), recorded AS (
        INSERT INTO plays (clip_id, id, started_at, is_named)
        SELECT id, %(id)s, %(started_at)s, %(is_named)s FROM played WHERE %(meant)s::bigint IN (0, version)
        ON CONFLICT (clip_id, id) DO NOTHING
        RETURNING clip_id, started_at
    ), totalled AS (
        INSERT INTO play_counts AS sum (clip_id, plays, last_played_at) SELECT clip_id, 1, started_at FROM recorded
        ON CONFLICT (clip_id) DO UPDATE
        SET plays = sum.plays + 1, last_played_at = greatest(sum.last_played_at, excluded.last_played_at)
        RETURNING clip_id
    ), counted AS (
        INSERT INTO counts AS sum (clip_id, interval, since, counter, count)
        SELECT place, stretch.interval, since, 'play_count', 1
        FROM totalled, LATERAL (VALUES (-1 - (pg_backend_pid() & 15)), (clip_id)) AS counted (place),
             (VALUES ('day', %(day)s::timestamptz), ('hour', %(hour)s)) AS stretch (interval, since)
        ORDER BY place, stretch.interval, since
        ON CONFLICT (clip_id, interval, since, counter) DO UPDATE SET count = sum.count + 1
    )
    SELECT EXISTS (SELECT FROM totalled), version FROM played"""


Offer = tuple[Play, ClipVersion]
Answer = bool | ClipNotFound | ClipChanged
Key = tuple[int, UUID, int]
"""A clip, a play, and the version of the clip that is meant."""

Flushed = Callable[[int, float], None]
"""Told how many plays shared a commit, and how many seconds it took. Never fails, never waits."""


@frozen
class PostgresLedger:
    """Plays, counted exactly by any number of processes on one database. Those that come at once share a commit."""

    database: Database
    flushed: Flushed = lambda _count, _seconds: None
    played: Played = lambda _clips: None
    _batches: Batches[Offer, bool] = field(init=False, eq=False, repr=False)

    @_batches.default
    def _own_batches(self) -> Batches[Offer, bool]:
        return Batches(self._flush, MOST_WAITING)

    async def record(self, play: Play, version: ClipVersion = UNKNOWN_VERSION) -> bool:
        if not 0 < play.clip <= LARGEST_CLIP_ID:  # a number that its column cannot hold would fail the whole batch
            raise ClipNotFound(play.clip)
        return await self._batches.ask((play, version))

    async def _flush(self, offers: Sequence[Offer]) -> Sequence[Answer]:
        began = perf_counter()
        answers = await self._record_all(offers)
        self.flushed(len(offers), perf_counter() - began)
        self.played(play.clip for play, _ in offers)
        return answers

    async def _record_all(self, offers: Sequence[Offer]) -> Sequence[Answer]:
        if len(offers) == 1:
            return [await self._record_one(*offers[0])]
        rows = await self.database.ask(RECORD, columns(offers), tuple_row)
        if not rows and len({(play.clip, play.id) for play, _ in offers}) == len(offers):  # nearly always
            return [True] * len(offers)
        return list(answers(offers, {(clip, play, meant): version for clip, play, meant, version in rows}))

    async def _record_one(self, play: Play, meant: ClipVersion) -> Answer:
        buckets = {interval.value: interval.begin(play.started_at) for interval in Interval}
        named = {"clip": play.clip, "id": play.id, "started_at": play.started_at, "is_named": play.is_named}
        found = await self.database.ask(RECORD_ONE, named | buckets | {"meant": meant}, tuple_row)
        is_new, version = found[0] if found else (False, None)
        return is_new or why_not(play, meant, version)


def columns(offers: Collection[Offer]) -> dict[str, str]:
    """The arrays that `RECORD` takes."""
    return {
        "clips": array([play.clip for play, _ in offers]),
        "ids": array([play.id.hex for play, _ in offers]),
        "moments": array([play.started_at.isoformat() for play, _ in offers]),
        "named": array([play.is_named for play, _ in offers]),
        "versions": array([meant for _, meant in offers]),
    }


def answers(offers: Sequence[Offer], left_out: Mapping[Key, int | None]) -> Iterator[Answer]:
    """The answer to each of ``offers``, of which those ``left_out`` were not written down: each with the version that
    its clip has, None if that is not there."""
    written = set[tuple[int, UUID]]()
    for play, meant in offers:
        if (play.clip, play.id, meant) in left_out:
            yield why_not(play, meant, left_out[play.clip, play.id, meant])
        else:
            yield (play.clip, play.id) not in written  # False to whoever brought it a second time
            written.add((play.clip, play.id))


def why_not(play: Play, meant: ClipVersion, version: int | None) -> Answer:
    """Why a play was not written down: nobody can play it, or it was there."""
    if version is None:
        return ClipNotFound(play.clip)
    return False if meant in (UNKNOWN_VERSION, version) else ClipChanged()
