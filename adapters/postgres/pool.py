"""Connections to PostgreSQL: a bounded pool, and the ways a statement is run on it."""

from asyncio import Semaphore, timeout
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import LiteralString, TypeVar

from attrs import field, frozen
from psycopg import AsyncConnection, ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import BaseRowFactory, scalar_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from adapters.postgres.outage import Outage, UnansweredError
from adapters.postgres.statement import PROMPT, SECONDS_TO_ANSWER, LostConnection, Parameters, Statement, array, soon
from adapters.postgres.unfit import NO_URL, DatabaseUnfitError
from domain.errors import StoreUnavailable

__all__ = ["MOST_WAITING", "Database", "array", "connection_pool", "opened"]

Row = TypeVar("Row")
Run = Callable[[AsyncConnection, float], Awaitable[list[Row]]]
"""Runs a statement on a connection, by a moment of the loop's clock."""

SECONDS_TO_CONNECT = 2  # the least that libpq knows
# The pool waits twice as long before each next try; given up soon, the next request begins anew with short waits.
SECONDS_TO_RECONNECT = 3.0
SECONDS_TO_CLOSE = 1.0
# The timeout is kept by the database; a commit is on its disk, whatever the server or the role is set to (ADR 2).
OPTIONS = f"-c statement_timeout={PROMPT} -c synchronous_commit=on"
MOST_WAITING = 1_000

CHECK = "SELECT current_setting('transaction_read_only')"  # on: for ever, or on a standby until it is promoted


def connection_pool(conninfo: str, size: int) -> AsyncConnectionPool[AsyncConnection]:
    """A pool of at most ``size`` connections, not opened yet. Autocommit: each statement is its own transaction.

    ``options`` in ``conninfo`` hold too, such as a search_path: the schema was migrated under them.
    Raises DatabaseUnfitError: ``conninfo`` is none."""
    try:
        given = conninfo_to_dict(conninfo).get("options", "")
    except ProgrammingError as error:  # its text quotes the value, and with it perhaps a password
        raise DatabaseUnfitError(NO_URL) from error
    return AsyncConnectionPool(
        conninfo,
        min_size=min(2, size),
        max_size=size,
        max_waiting=MOST_WAITING,
        reconnect_timeout=SECONDS_TO_RECONNECT,
        kwargs={
            "autocommit": True,
            "connect_timeout": SECONDS_TO_CONNECT,
            "application_name": "soundverse-play",
            "options": f"{given} {OPTIONS}",
        },
        open=False,
    )


@asynccontextmanager
async def opened(pool: AsyncConnectionPool[AsyncConnection]) -> AsyncIterator[None]:
    """Connect while the block lasts. Waits for no database, neither before the block nor after it."""
    await pool.open()
    try:
        yield
    finally:
        await pool.close(SECONDS_TO_CLOSE)


@frozen
class Database:
    """Runs one statement a call and fetches all of its rows. Raises StoreUnavailable: there is no answer.

    While the database is silent, the first to ask learns it in `SECONDS_TO_ANSWER`, and most others at once."""

    pool: AsyncConnectionPool[AsyncConnection]
    _outage: Outage = field(factory=Outage, init=False, eq=False, repr=False)
    _patient: Semaphore = field(init=False, eq=False, repr=False)

    @_patient.default
    def _half_of_the_connections(self) -> Semaphore:
        return Semaphore(max(1, self.pool.max_size // 2))

    async def ask(self, statement: LiteralString, parameters: Parameters, row: BaseRowFactory[Row]) -> list[Row]:
        """Run a statement that is safe to repeat and takes no time; again, on another connection, if one is lost.

        All that were idle are, after the database was restarted, and each shows it only when it is used."""
        return await self._answered(Statement(statement, parameters, row).promptly, self.pool.max_size)

    async def ask_patiently(
        self, statement: LiteralString, parameters: Parameters, row: BaseRowFactory[Row]
    ) -> list[Row]:
        """The same for one that reads or writes many rows, and may take some seconds.

        Half of the connections at most do such work, so that who needs no patience finds one."""
        async with self._turn():
            return await self._answered(Statement(statement, parameters, row).patiently, self.pool.max_size)

    async def tell(self, statement: LiteralString, parameters: Parameters, row: BaseRowFactory[Row]) -> list[Row]:
        """Run a statement once and never again."""
        return await self._answered(Statement(statement, parameters, row).promptly, 0)

    async def check(self) -> None:
        """Raises StoreUnavailable when the database cannot be asked at this moment, or cannot be written to."""
        if await self.ask(CHECK, {}, scalar_row) == ["on"]:
            raise StoreUnavailable("the database is read-only")

    async def _answered(self, run: Run[Row], repeats: int) -> list[Row]:
        with self._outage.watched():
            deadline = soon(SECONDS_TO_ANSWER)
            for _ in range(repeats):
                with suppress(LostConnection):
                    return await self._run(run, deadline)
            try:
                return await self._run(run, deadline)
            except LostConnection as error:
                raise StoreUnavailable("the connection to the database was lost") from error

    async def _run(self, run: Run[Row], deadline: float) -> list[Row]:
        connection = await self._connection(deadline)
        try:
            return await run(connection, deadline)
        finally:
            await self.pool.putconn(connection)

    async def _connection(self, deadline: float) -> AsyncConnection:
        """A connection, to be put back. Not ``pool.connection()``: it commits, and here nothing is left to commit."""
        try:
            return await self.pool.getconn(deadline - soon(0))
        except TooManyRequests as error:
            raise StoreUnavailable("too many requests wait for the database") from error
        except PoolClosed as error:
            raise StoreUnavailable("the service waits for its database") from error
        except PoolTimeout as error:
            raise UnansweredError("the database cannot be reached") from error

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with timeout(SECONDS_TO_ANSWER):
                await self._patient.acquire()
        except TimeoutError as error:
            raise StoreUnavailable("too many requests wait for the database") from error
        try:
            yield
        finally:
            self._patient.release()
