"""What players say of their plays, in PostgreSQL: held and counted in one statement."""

from datetime import datetime, timedelta
from typing import Any

from attrs import frozen
from psycopg.rows import dict_row

from adapters.postgres.pool import Database
from domain.clip import ClipId
from domain.errors import ClipNotFound, PlayNotFound
from domain.listen import (
    SECONDS_OF_A_LISTEN,
    SHARE_OF_A_LISTEN,
    SHARE_OF_A_SKIP,
    Confirmation,
    Listen,
    ListenReport,
)
from domain.play import PlayId

RULE = {"listen_share": SHARE_OF_A_LISTEN, "listen_seconds": SECONDS_OF_A_LISTEN, "skip_share": SHARE_OF_A_SKIP}

# `domain.listen.reported` in SQL. Two processes that hear of one play at once wait for each other at its row, and the
# later one goes on from what the earlier one wrote, which its own snapshot does not show. PostgreSQL before 18 does not
# tell what a row was before it was updated, so the row says itself what is new of it. Counts come last and are sorted:
# nobody waits in a circle. Whoever repeats the statement changes nothing.
CONFIRM = """
    WITH play AS (
        SELECT clips.id AS clip_id, plays.id, started_at,
               least(%(played)s, greatest(0, extract(epoch FROM %(at)s - started_at)::double precision),
                     duration) AS heard,
               least(duration * %(listen_share)s, %(listen_seconds)s) AS enough, duration * %(skip_share)s AS quarter
        FROM clips LEFT JOIN plays
             ON plays.clip_id = clips.id AND plays.id = %(play)s AND is_named AND started_at >= %(since)s
        WHERE clips.id = %(clip)s AND removed_at IS NULL
    ), told AS (
        INSERT INTO listens AS so_far (clip_id, id, began_at, played_seconds, is_finished, is_listen, is_skip, news)
        SELECT clip_id, id, started_at, heard, %(finished)s, heard >= enough, %(finished)s AND heard < quarter,
               (heard >= enough)::int + 2 * (%(finished)s AND heard < quarter)::int + 4
        FROM play WHERE id IS NOT NULL
        ON CONFLICT (clip_id, id) DO UPDATE
        SET (played_seconds, is_finished, is_listen, is_skip, news) = (
            SELECT played, %(finished)s, so_far.is_listen OR played >= enough, %(finished)s AND played < quarter,
                   (NOT so_far.is_listen AND played >= enough)::int + 2 * (%(finished)s AND played < quarter)::int
            FROM play, LATERAL (SELECT greatest(so_far.played_seconds, heard)) AS most (played)
            WHERE NOT so_far.is_finished
            UNION ALL
            SELECT so_far.played_seconds, true, so_far.is_listen, so_far.is_skip, 0 WHERE so_far.is_finished
        )
        RETURNING clip_id, played_seconds, is_finished, is_listen, is_skip, news
    ), counted AS (
        INSERT INTO counts AS sum (clip_id, interval, since, counter, count)
        SELECT place, stretch.interval, since, counter, 1
        FROM told, LATERAL (VALUES (clip_id), (-1 - (pg_backend_pid() & 15))) AS counted (place),
             LATERAL (VALUES ('listens', news & 1 = 1), ('skips', news & 2 = 2)) AS crossed (counter, is_now),
             (VALUES ('hour', date_trunc('hour', %(at)s, 'UTC')), ('day', date_trunc('day', %(at)s, 'UTC')),
                     ('total', to_timestamp(0))) AS stretch (interval, since)
        WHERE is_now
        ORDER BY place, stretch.interval, since, counter
        ON CONFLICT (clip_id, interval, since, counter) DO UPDATE SET count = sum.count + 1
    )
    SELECT id, started_at AS began_at, played_seconds, is_finished, is_listen, is_skip, news & 4 = 4 AS is_first
    FROM play LEFT JOIN told USING (clip_id)"""


@frozen
class PostgresListens:
    """Listens and skips, each counted once for a play, by any number of processes on one database."""

    database: Database

    async def confirm(
        self, clip: ClipId, play: PlayId, report: ListenReport, at: datetime, keep: timedelta
    ) -> Confirmation:
        said = {"played": report.played_seconds, "finished": report.finished}
        named = {"clip": clip, "play": play, "at": at, "since": at - keep}
        rows = await self.database.ask(CONFIRM, said | named | RULE, dict_row)
        if not rows:
            raise ClipNotFound(clip)
        return confirmation(clip, play, rows[0])


def confirmation(clip: ClipId, play: PlayId, row: dict[str, Any]) -> Confirmation:
    """What the row tells. Raises PlayNotFound: it tells of a clip alone."""
    if row.pop("id") is None:
        raise PlayNotFound(play)
    is_first = row.pop("is_first")
    return Confirmation(Listen(clip, play, **row), is_first)
