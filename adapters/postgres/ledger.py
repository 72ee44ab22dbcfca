"""The play ledger in PostgreSQL: a row for each play and the sums of them, of all who play at once in one statement."""

from collections.abc import Callable, Collection, Iterator, Sequence
from time import perf_counter
from uuid import UUID

from attrs import field, frozen
from psycopg.rows import scalar_row, tuple_row

from adapters.postgres.batches import Batches
from adapters.postgres.pool import MOST_WAITING, Database, array
from domain.clip import LARGEST_CLIP_ID
from domain.errors import ClipNotFound
from domain.play import Play
from domain.ports import Played
from domain.statistics import Interval

# The clip is read in the statement's own snapshot, so a clip that is being removed either was played before or is gone.
# All plays are written in one order, after them all totals in one order, and then all sums by hour and day: statements
# of several processes that meet in the same plays or clips wait for each other in turn and never in a circle. Answers
# with the plays that were not new, which are few, and whether their clip is there.
#
# All clips together are counted in one of sixteen parts, each connection in its own. Plays are summed by the hour
# first, so that what is made of an hour is made once and not for each play.
RECORD = """
    WITH offered AS (
        SELECT clip_id, id, started_at, is_named
        FROM unnest(%(clips)s::bigint[], %(ids)s::uuid[], %(moments)s::timestamptz[], %(named)s::boolean[])
             AS play (clip_id, id, started_at, is_named)
    ), played AS (
        SELECT id FROM clips WHERE id = ANY(%(clips)s::bigint[]) AND removed_at IS NULL
    ), recorded AS (
        INSERT INTO plays (clip_id, id, started_at, is_named)
        SELECT clip_id, id, started_at, is_named FROM offered WHERE clip_id IN (SELECT id FROM played)
        ORDER BY clip_id, id
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
    SELECT clip_id, id, clip_id IN (SELECT id FROM played) FROM offered
    WHERE (clip_id, id) NOT IN (SELECT clip_id, id FROM recorded)"""

# The same for a play that is alone, in less time.
RECORD_ONE = """
    WITH played AS (
        SELECT id FROM clips WHERE id = %(clip)s AND removed_at IS NULL
    ), recorded AS (
        INSERT INTO plays (clip_id, id, started_at, is_named)
        SELECT id, %(id)s, %(started_at)s, %(is_named)s FROM played
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
    SELECT EXISTS (SELECT FROM totalled) FROM played"""


Flushed = Callable[[int, float], None]
"""Told how many plays shared a commit, and how many seconds it took. Never fails, never waits."""


@frozen
class PostgresLedger:
    """Plays, counted exactly by any number of processes on one database. Those that come at once share a commit."""

    database: Database
    flushed: Flushed = lambda _count, _seconds: None
    played: Played = lambda _clips: None
    _batches: Batches[Play, bool] = field(init=False, eq=False, repr=False)

    @_batches.default
    def _own_batches(self) -> Batches[Play, bool]:
        return Batches(self._flush, MOST_WAITING)

    async def record(self, play: Play) -> bool:
        if not 0 < play.clip <= LARGEST_CLIP_ID:  # a number that its column cannot hold would fail the whole batch
            raise ClipNotFound(play.clip)
        return await self._batches.ask(play)

    async def _flush(self, plays: Sequence[Play]) -> Sequence[bool | ClipNotFound]:
        began = perf_counter()
        answers = await self._record_all(plays)
        self.flushed(len(plays), perf_counter() - began)
        self.played(play.clip for play in plays)
        return answers

    async def _record_all(self, plays: Sequence[Play]) -> Sequence[bool | ClipNotFound]:
        if len(plays) == 1:
            return [await self._record_one(plays[0])]
        offered = {(play.clip, play.id): play for play in reversed(plays)}.values()  # of repeats, the first
        rows = await self.database.ask(RECORD, columns(offered), tuple_row)
        if not rows and len(offered) == len(plays):  # nearly always
            return [True] * len(plays)
        return list(answers(plays, {(clip, play): is_there for clip, play, is_there in rows}))

    async def _record_one(self, play: Play) -> bool | ClipNotFound:
        buckets = {interval.value: interval.begin(play.started_at) for interval in Interval}
        named = {"clip": play.clip, "id": play.id, "started_at": play.started_at, "is_named": play.is_named}
        found = await self.database.ask(RECORD_ONE, named | buckets, scalar_row)
        return bool(found[0]) if found else ClipNotFound(play.clip)


def columns(plays: Collection[Play]) -> dict[str, str]:
    """The arrays that `RECORD` takes."""
    return {
        "clips": array([play.clip for play in plays]),
        "ids": array([play.id.hex for play in plays]),
        "moments": array([play.started_at.isoformat() for play in plays]),
        "named": array([play.is_named for play in plays]),
    }


def answers(plays: Sequence[Play], known: dict[tuple[int, UUID], bool]) -> Iterator[bool | ClipNotFound]:
    """The answer to each of ``plays``; ``known`` are those that were not new, and whether their clip is there."""
    for play in plays:
        if (play.clip, play.id) not in known:
            known[play.clip, play.id] = True  # to whoever brought it a second time
            yield True
        else:
            yield False if known[play.clip, play.id] else ClipNotFound(play.clip)
