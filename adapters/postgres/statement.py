"""One statement on one connection: its rows in time, or why there are none."""

import asyncio
import os
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import suppress
from socket import SHUT_RDWR, socket
from typing import Any, Generic, LiteralString, TypeVar

from attrs import frozen
from psycopg import AsyncConnection, AsyncCursor, OperationalError
from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction
from psycopg.rows import BaseRowFactory, scalar_row

from adapters.postgres.outage import UnansweredError
from domain.errors import StoreUnavailable

Row = TypeVar("Row")
Parameters = Mapping[str, Any]

# Seconds for all that a request waits for when it asks once: a connection, a lost one's successor, and the answer.
SECONDS_TO_ANSWER = 1.8
SECONDS_OF_PATIENCE = 12.0  # for what reads or writes many rows
# The database itself ends a statement a little before nobody waits for it any more.
PROMPT = "1500ms"
PATIENT = "10s"

LIMIT = "SELECT set_config('statement_timeout', %(limit)s, false)"


class LostConnection(Exception):
    """The connection broke under a statement: whether it took effect is not known."""


@frozen
class Statement(Generic[Row]):
    """What is asked of the database."""

    sql: LiteralString
    parameters: Parameters
    row: BaseRowFactory[Row]

    async def promptly(self, connection: AsyncConnection, deadline: float) -> list[Row]:
        """All rows, by ``deadline`` on the loop's clock. Raises LostConnection, StoreUnavailable, UnansweredError."""
        return await self._by(deadline, connection, connection.cursor(row_factory=self.row))

    async def _by(self, deadline: float, connection: AsyncConnection, cursor: AsyncCursor[Row]) -> list[Row]:
        """All rows, or none in time.

        A database that is frozen, or behind a broken line, refuses nothing: one would wait for ever. Cancelling does
        not help, since psycopg then asks the server first; a socket that is shut down ends the waiting at once."""
        clock = asyncio.get_running_loop()
        end = clock.call_at(deadline, shut_down, connection)
        try:
            return await self._rows(connection, cursor)
        except LostConnection as error:
            if clock.time() < deadline:
                raise
            raise UnansweredError("the database did not answer in time") from error
        finally:
            end.cancel()

    async def patiently(self, connection: AsyncConnection, deadline: float) -> list[Row]:
        """The same, with more time for the answer. Whether the database answers at all is known by ``deadline``."""
        await Statement(LIMIT, {"limit": PATIENT}, scalar_row).promptly(connection, deadline)
        try:
            cursor = connection.cursor(row_factory=self.row)  # what may be many rows is not kept
            return await given_up_if_cancelled(connection, self._by(soon(SECONDS_OF_PATIENCE), connection, cursor))
        finally:
            if not connection.closed:
                with suppress(LostConnection, UnansweredError):  # then it is not used again
                    await Statement(LIMIT, {"limit": PROMPT}, scalar_row).promptly(connection, soon(SECONDS_TO_ANSWER))

    async def _rows(self, connection: AsyncConnection, cursor: AsyncCursor[Row]) -> list[Row]:
        try:
            await cursor.execute(self.sql, self.parameters)
            if cursor.rownumber is None:  # VACUUM answers nothing; the columns' description costs more than to fetch
                return []
            return await cursor.fetchall()
        except OperationalError as error:
            if connection.broken or connection.closed:
                raise LostConnection from error
            raise StoreUnavailable(f"the database could not answer: {error.sqlstate}") from error
        except (ReadOnlySqlTransaction, InsufficientPrivilege) as error:
            # a standby that is not promoted yet, or rights that somebody took away
            raise StoreUnavailable(f"the database does not allow it: {error.sqlstate}") from error


def soon(seconds: float) -> float:
    """The moment so many seconds from now, on the loop's clock."""
    return asyncio.get_running_loop().time() + seconds


async def given_up_if_cancelled(connection: AsyncConnection, answer: Coroutine[Any, Any, list[Row]]) -> list[Row]:
    """The answer. If whoever waits for it is cancelled, ``connection`` is given up: the database is not asked first."""
    asking = asyncio.ensure_future(answer)
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        shut_down(connection)
        await asyncio.gather(asking, return_exceptions=True)
        raise


def shut_down(connection: AsyncConnection) -> None:
    if not connection.closed:
        with suppress(OSError), socket(fileno=os.dup(connection.fileno())) as line:  # OSError: the other end was faster
            line.shutdown(SHUT_RDWR)


def array(values: Iterable[object]) -> str:
    """An array of numbers, ids or moments as PostgreSQL reads it: none of their texts needs quotes.

    Said in one string, since psycopg looks at a list's elements one by one, in Python, several times."""
    return f"{{{','.join(map(str, values))}}}"
