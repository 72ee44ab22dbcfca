"""Connections to PostgreSQL: a bounded pool, and the two ways a statement is run on it."""

from collections.abc import Mapping
from typing import Any, LiteralString, TypeVar

from attrs import frozen
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import BaseRowFactory, tuple_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from domain.errors import StoreUnavailable

Row = TypeVar("Row")
Parameters = Mapping[str, Any]

SECONDS_TO_WAIT = 2.0  # for a connection, before the listener is told that the store is away
STATEMENT_TIMEOUT = "5s"
MOST_WAITING = 1_000

CHECK = "SELECT 1"


def connection_pool(conninfo: str, size: int) -> AsyncConnectionPool[AsyncConnection]:
    """A pool of at most ``size`` connections, not opened yet. Autocommit: each statement is its own transaction."""
    return AsyncConnectionPool(
        conninfo,
        min_size=min(2, size),
        max_size=size,
        max_waiting=MOST_WAITING,
        timeout=SECONDS_TO_WAIT,
        kwargs={
            "autocommit": True,
            "connect_timeout": 5,
            "application_name": "soundverse-play",
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT}",
        },
        open=False,
    )


@frozen
class Database:
    """Runs one statement a call and fetches all of its rows. Raises StoreUnavailable: there is no answer."""

    pool: AsyncConnectionPool[AsyncConnection]

    async def ask(self, statement: LiteralString, parameters: Parameters, row: BaseRowFactory[Row]) -> list[Row]:
        """Run a statement that is safe to repeat; once more, on another connection, if the first one is lost."""
        try:
            return await self._run(statement, parameters, row)
        except LostConnection:
            return await self.tell(statement, parameters, row)

    async def tell(self, statement: LiteralString, parameters: Parameters, row: BaseRowFactory[Row]) -> list[Row]:
        """Run a statement once and never again."""
        try:
            return await self._run(statement, parameters, row)
        except LostConnection as error:
            raise StoreUnavailable("the connection to the database was lost") from error

    async def check(self) -> None:
        """Raises StoreUnavailable when the database cannot be asked at this moment."""
        await self.ask(CHECK, {}, tuple_row)

    async def _run(self, statement: LiteralString, parameters: Parameters, row: BaseRowFactory[Row]) -> list[Row]:
        try:
            async with self.pool.connection() as connection:
                try:
                    cursor = connection.cursor(row_factory=row)
                    await cursor.execute(statement, parameters)
                    return await cursor.fetchall()
                except OperationalError as error:
                    if connection.broken or connection.closed:
                        raise LostConnection from error
                    raise StoreUnavailable(f"the database could not answer: {error.sqlstate}") from error
        except TooManyRequests as error:
            raise StoreUnavailable("too many requests wait for the database") from error
        except (PoolTimeout, PoolClosed) as error:
            raise StoreUnavailable("the database cannot be reached") from error


class LostConnection(Exception):
    """The connection broke under a statement: whether it took effect is not known."""
