"""Play counts as they change, read from PostgreSQL, and heard of by LISTEN on a connection of its own."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, LiteralString, cast

from attrs import frozen
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import class_row, scalar_row, tuple_row

from adapters.postgres.outage import UnansweredError
from adapters.postgres.pool import Database, array
from adapters.postgres.statement import SECONDS_TO_ANSWER, LostConnection, Statement, soon
from domain.clip import LARGEST_CLIP_ID, ClipId
from domain.errors import StoreUnavailable
from domain.live_counts import LastPlayed
from domain.statistics import Interval

PRESENT = "SELECT clip_id, plays FROM play_counts WHERE clip_id = ANY(%(clips)s::bigint[])"

# ``play_counts`` has no index on the moment: each play would have to change it too, and leave the row's page.
PLAYED_SINCE = """
    SELECT clip_id AS clip, plays AS play_count, last_played_at AS at
    FROM (
        SELECT DISTINCT clip_id FROM counts
        WHERE interval = 'hour' AND since >= %(hour)s AND counter = 'play_count' AND clip_id > 0
    ) AS played, LATERAL (
        SELECT plays, last_played_at FROM play_counts WHERE clip_id = played.clip_id LIMIT 1  -- by the key, one by one
    ) AS counted
    WHERE last_played_at >= %(moment)s
    ORDER BY last_played_at DESC, clip_id LIMIT %(limit)s"""

LISTEN = "LISTEN soundverse_play_counts"
CHECK = "SELECT 1"
SECONDS_BETWEEN_CHECKS = 5.0  # a line that broke without a word, or was cut for being idle, is found out


@frozen
class PostgresPlayCounts:
    """Reads sums that are kept anyway. Each that hears announcements holds a connection beside the pool's."""

    database: Database

    async def announcements(self) -> AsyncGenerator[Collection[ClipId], None]:
        async with connected(self.database) as connection:
            with losses_told():
                await ask(connection, LISTEN)
                yield ()
                while True:
                    async for notice in connection.notifies(timeout=SECONDS_BETWEEN_CHECKS):
                        yield list(clips_of(notice.payload))
                    await ask(connection, CHECK)
                    yield ()

    async def present(self, clips: Collection[ClipId]) -> Mapping[ClipId, int]:
        return dict(await self.database.ask(PRESENT, {"clips": array(clips)}, tuple_row))

    async def played_since(self, moment: datetime, at_most: int) -> Sequence[LastPlayed]:
        named = {"moment": moment, "hour": Interval.HOUR.begin(moment), "limit": at_most}
        return await self.database.ask_patiently(PLAYED_SINCE, named, class_row(LastPlayed))


@asynccontextmanager
async def connected(database: Database) -> AsyncIterator[AsyncConnection]:
    """A connection beside the pool's, and like them, while the block lasts. Raises StoreUnavailable."""
    conninfo, options = cast("tuple[str, dict[str, Any]]", (database.pool.conninfo, database.pool.kwargs))
    try:
        connection = await AsyncConnection.connect(conninfo, **options)
    except OperationalError as error:
        raise StoreUnavailable("the database cannot be reached") from error
    try:
        yield connection
    finally:
        await connection.close()


async def ask(connection: AsyncConnection, statement: LiteralString) -> None:
    await Statement(statement, {}, scalar_row).promptly(connection, soon(SECONDS_TO_ANSWER))


@contextmanager
def losses_told() -> Iterator[None]:
    """Raises StoreUnavailable where the block's connection is lost."""
    try:
        yield
    except (OperationalError, LostConnection, UnansweredError) as error:
        raise StoreUnavailable("the connection to the database was lost") from error


def clips_of(payload: str) -> Iterator[ClipId]:
    """The ids in a notification. Anybody who may use the database can send one: what is no id is left out."""
    ids = (int(text) for text in payload.split() if text.isascii() and text.isdigit() and len(text) < 20)
    return (ClipId(number) for number in ids if 0 < number <= LARGEST_CLIP_ID)
