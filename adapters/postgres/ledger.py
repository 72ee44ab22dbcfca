"""The play ledger in PostgreSQL: a row for each play and the sum of them, in one statement."""

from attrs import frozen
from psycopg.rows import class_row, scalar_row

from adapters.postgres.pool import Database
from domain.clip import ClipId
from domain.errors import ClipNotFound
from domain.play import Play, PlayCounts

# The clip is read in the statement's own snapshot, so a clip that is being removed either was played before or is gone.
RECORD = """
    WITH played AS (
        SELECT id FROM clips WHERE id = %(clip)s AND removed_at IS NULL
    ), recorded AS (
        INSERT INTO plays (clip_id, id, started_at) SELECT id, %(id)s, %(started_at)s FROM played
        ON CONFLICT (clip_id, id) DO NOTHING
        RETURNING clip_id, started_at
    ), counted AS (
        INSERT INTO play_counts AS sum (clip_id, plays, last_played_at) SELECT clip_id, 1, started_at FROM recorded
        ON CONFLICT (clip_id) DO UPDATE
        SET plays = sum.plays + 1, last_played_at = greatest(sum.last_played_at, excluded.last_played_at)
        RETURNING clip_id
    )
    SELECT EXISTS (SELECT FROM counted) FROM played"""

COUNTS = """
    SELECT plays AS play_count, last_played_at FROM play_counts WHERE clip_id = %(clip)s"""


@frozen
class PostgresLedger:
    """Plays, counted exactly by any number of processes on one database."""

    database: Database

    async def record(self, play: Play) -> bool:
        named = {"clip": play.clip, "id": play.id, "started_at": play.started_at}
        found = await self.database.ask(RECORD, named, scalar_row)
        if not found:
            raise ClipNotFound(play.clip)
        return bool(found[0])

    async def counts(self, clip: ClipId) -> PlayCounts:
        found = await self.database.ask(COUNTS, {"clip": clip}, class_row(PlayCounts))
        return found[0] if found else PlayCounts(0, None)
