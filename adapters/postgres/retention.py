"""Forgetting in PostgreSQL: what is old goes in small portions, by one process at a time."""

from datetime import datetime, timedelta

from attrs import frozen
from psycopg.rows import scalar_row

from adapters.postgres.pool import Database

OPEN_AT_MOST = timedelta(days=2)  # a window after its last delivery, which the next day's key may still carry on
GRACE = timedelta(days=1)  # for listens: what a process whose clock is behind still takes, it must find

# One row more than may go is looked for, to know whether there is more. The lock is let go when the statement ends;
# whoever does not get it finds nothing to do. Rows that somebody adds to at this moment are passed over, since they are
# not old any more, and so that nobody waits in a circle.
FORGET = """
    WITH turn AS MATERIALIZED (
        SELECT FROM (SELECT pg_try_advisory_xact_lock(hashtext('soundverse-play retention')) AS is_ours) WHERE is_ours
    ), old_deliveries AS MATERIALIZED (
        SELECT id FROM deliveries WHERE EXISTS (SELECT FROM turn) AND ended_at < %(before)s
        ORDER BY ended_at LIMIT %(at_most)s + 1
    ), old_counts AS MATERIALIZED (
        SELECT clip_id, interval, since, counter FROM counts
        WHERE EXISTS (SELECT FROM turn) AND interval = 'hour' AND since < %(before)s
        ORDER BY since LIMIT %(at_most)s + 1 FOR UPDATE SKIP LOCKED
    ), old_plays AS MATERIALIZED (
        SELECT clip_id, id FROM plays WHERE EXISTS (SELECT FROM turn) AND NOT is_named AND started_at < %(before)s
        ORDER BY started_at LIMIT %(at_most)s + 1
    ), old_playbacks AS MATERIALIZED (
        SELECT clip_id, whose, purpose FROM heard
        WHERE EXISTS (SELECT FROM turn) AND purpose = 'playback' AND last < %(before)s
        ORDER BY last LIMIT %(at_most)s + 1 FOR UPDATE SKIP LOCKED
    ), old_windows AS MATERIALIZED (
        SELECT clip_id, whose, purpose FROM heard
        WHERE EXISTS (SELECT FROM turn) AND purpose <> 'playback' AND last < %(closed)s
        ORDER BY last LIMIT %(at_most)s + 1 FOR UPDATE SKIP LOCKED
    ), old_listens AS MATERIALIZED (
        SELECT clip_id, id FROM listens WHERE EXISTS (SELECT FROM turn) AND began_at < %(long_before)s
        ORDER BY began_at LIMIT %(at_most)s + 1 FOR UPDATE SKIP LOCKED
    ), old_peaks AS MATERIALIZED (
        SELECT key FROM peaks WHERE EXISTS (SELECT FROM turn) AND made_at < %(before)s
        ORDER BY made_at LIMIT %(at_most)s + 1 FOR UPDATE SKIP LOCKED
    ), no_deliveries AS (
        DELETE FROM deliveries WHERE id IN (SELECT id FROM old_deliveries LIMIT %(at_most)s)
    ), no_counts AS (
        DELETE FROM counts WHERE (clip_id, interval, since, counter)
                                 IN (SELECT clip_id, interval, since, counter FROM old_counts LIMIT %(at_most)s)
    ), no_plays AS (
        DELETE FROM plays WHERE (clip_id, id) IN (SELECT clip_id, id FROM old_plays LIMIT %(at_most)s)
    ), no_playbacks AS (
        DELETE FROM heard WHERE last < %(before)s AND (clip_id, whose, purpose)
                                IN (SELECT clip_id, whose, purpose FROM old_playbacks LIMIT %(at_most)s)
    ), no_windows AS (
        DELETE FROM heard WHERE last < %(closed)s AND (clip_id, whose, purpose)
                                IN (SELECT clip_id, whose, purpose FROM old_windows LIMIT %(at_most)s)
    ), no_listens AS (
        DELETE FROM listens WHERE (clip_id, id) IN (SELECT clip_id, id FROM old_listens LIMIT %(at_most)s)
    ), no_peaks AS (
        DELETE FROM peaks WHERE key IN (SELECT key FROM old_peaks LIMIT %(at_most)s)
    )
    SELECT greatest((SELECT count(*) FROM old_deliveries), (SELECT count(*) FROM old_counts),
                    (SELECT count(*) FROM old_plays), (SELECT count(*) FROM old_playbacks),
                    (SELECT count(*) FROM old_windows), (SELECT count(*) FROM old_listens),
                    (SELECT count(*) FROM old_peaks)) > %(at_most)s"""


@frozen
class PostgresRetention:
    """Removes old rows; what was added to in the meantime stays."""

    database: Database

    async def forget(self, now: datetime, keep: timedelta, at_most: int) -> bool:
        before = now - keep
        old = {"before": before, "long_before": before - GRACE, "closed": now - OPEN_AT_MOST, "at_most": at_most}
        [is_more] = await self.database.ask_patiently(FORGET, old, scalar_row)
        return bool(is_more)
