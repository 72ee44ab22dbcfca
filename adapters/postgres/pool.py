"""Connections to PostgreSQL: a bounded pool, and the two ways a statement is run on it."""

import os
from asyncio import get_running_loop
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, socket
from typing import Any, LiteralString, TypeVar

from attrs import frozen
from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction
from psycopg.rows import BaseRowFactory, tuple_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from domain.errors import StoreUnavailable

Row = TypeVar("Row")
Parameters = Mapping[str, Any]

SECONDS_TO_WAIT = 2.0  # for a connection, before the listener is told that the store is away
# The pool waits twice as long before each next try; given up soon, the next request begins anew with short waits.
SECONDS_TO_RECONNECT = 3.0
# The timeout is kept by the database; a commit is on its disk, whatever the server or the role is set to (ADR 2).
OPTIONS = "-c statement_timeout=5s -c synchronous_commit=on"
SECONDS_TO_ANSWER = 6.0  # for a database that cannot keep its timeout
MOST_WAITING = 1_000

CHECK = "SELECT 1"


def connection_pool(conninfo: str, size: int) -> AsyncConnectionPool[AsyncConnection]:
    """A pool of at most ``size`` connections, not opened yet. Autocommit: each statement is its own transaction.

    ``options`` in ``conninfo`` hold too, such as a search_path: the schema was migrated under them."""
    return AsyncConnectionPool(
        conninfo,
        min_size=min(2, size),
        max_size=size,
        max_waiting=MOST_WAITING,
        timeout=SECONDS_TO_WAIT,
        reconnect_timeout=SECONDS_TO_RECONNECT,
        kwargs={
            "autocommit": True,
            "connect_timeout": 5,
            "application_name": "soundverse-play",
            "options": f"{conninfo_to_dict(conninfo).get('options', '')} {OPTIONS}",
        },
        open=False,
    )


@frozen
class Database:
    """Runs one statement a call and fetches all of its rows. Raises StoreUnavailable: there is no answer."""

    pool: AsyncConnectionPool[AsyncConnection]

    async def ask(self, statement: LiteralString, parameters: Parameters, row: BaseRowFactory[Row]) -> list[Row]:
        """Run a statement that is safe to repeat; again, on another connection, if one is lost.

        All that were idle are, after the database was restarted, and each shows it only when it is used."""
        for _ in range(self.pool.max_size):
            with suppress(LostConnection):
                return await self._run(statement, parameters, row)
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
        connection = await self._connection()
        try:
            with ended_in_time(connection):
                return await rows(connection, statement, parameters, row)
        finally:
            await self.pool.putconn(connection)

    async def _connection(self) -> AsyncConnection:
        """A connection, to be put back. Not ``pool.connection()``: it commits, and here nothing is left to commit."""
        try:
            return await self.pool.getconn()
        except TooManyRequests as error:
            raise StoreUnavailable("too many requests wait for the database") from error
        except (PoolTimeout, PoolClosed) as error:
            raise StoreUnavailable("the database cannot be reached") from error


async def rows(
    connection: AsyncConnection, statement: LiteralString, parameters: Parameters, row: BaseRowFactory[Row]
) -> list[Row]:
    """What the statement answers on this connection. Raises LostConnection, StoreUnavailable."""
    try:
        cursor = connection.cursor(row_factory=row)
        await cursor.execute(statement, parameters)
        return await cursor.fetchall()
    except OperationalError as error:
        if connection.broken or connection.closed:
            raise LostConnection from error
        raise StoreUnavailable(f"the database could not answer: {error.sqlstate}") from error
    except (ReadOnlySqlTransaction, InsufficientPrivilege) as error:
        # a standby that is not promoted yet, or rights that somebody took away
        raise StoreUnavailable(f"the database does not allow it: {error.sqlstate}") from error


@contextmanager
def ended_in_time(connection: AsyncConnection) -> Iterator[None]:
    """Give up ``connection`` if the block takes too long. Raises StoreUnavailable: it did.

    A database that is frozen, or behind a broken line, refuses nothing: one would wait for ever. Cancelling does not
    help, since psycopg then asks the server first; a socket that is shut down ends the waiting at once."""
    clock = get_running_loop()
    deadline = clock.call_later(SECONDS_TO_ANSWER, shut_down, connection)
    try:
        yield
    except LostConnection as error:
        if clock.time() < deadline.when():
            raise
        raise StoreUnavailable("the database did not answer in time") from error
    finally:
        deadline.cancel()


def array(values: Iterable[object]) -> str:
    """An array of numbers, ids or moments as PostgreSQL reads it: none of their texts needs quotes.

    Said in one string, since psycopg looks at a list's elements one by one, in Python, several times."""
    return f"{{{','.join(map(str, values))}}}"


def shut_down(connection: AsyncConnection) -> None:
    if not connection.closed:
        with suppress(OSError), socket(fileno=os.dup(connection.fileno())) as line:  # OSError: the other end was faster
            line.shutdown(SHUT_RDWR)


class LostConnection(Exception):
    """The connection broke under a statement: whether it took effect is not known."""
