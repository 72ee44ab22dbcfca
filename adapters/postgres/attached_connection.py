"""A connection that stays registered with the event loop between its statements."""

import asyncio
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection, AsyncCursor, Error
from psycopg.abc import PQGen
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.rows import BaseRowFactory, TupleRow
from psycopg.waiting import Ready, Wait

Result = TypeVar("Result")
Row = TypeVar("Row")

SECONDS_TO_CANCEL = 5.0


class AttachedConnection(AsyncConnection[TupleRow]):
    """Waits for the server as psycopg does, and registers its socket once where psycopg does so for each wait.

    To register and to forget a socket are ten system calls in uvloop; a short statement has two of its own. All that
    is rare is left to psycopg: a send that has to wait, a wait with a limit."""

    _descriptor: int | None = None  # what is registered; libpq closes it by itself when the connection is lost
    _readable: "asyncio.Future[None] | None" = None  # while somebody waits for the server

    def __init__(self, *of_psycopg: Any, **named: Any) -> None:
        super().__init__(*of_psycopg, **named)
        self._cursors: dict[str, AsyncCursor[Any]] = {}  # by the statement

    async def wait(
        self,
        gen: PQGen[Result],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109  psycopg's own
    ) -> Result:
        if timeout is not None:
            self._detach()
            return await super().wait(gen, interval, timeout)
        try:
            state = next(gen)
            while state == Wait.R:
                await self._until_readable()
                state = gen.send(Ready.R)
        except StopIteration as end:
            result: Result = end.value
            return result
        except asyncio.CancelledError:
            await self._cancelled(gen)
            raise
        finally:
            if self.pgconn.status != ConnStatus.OK:
                self._detach()
                self._cursors.clear()
        self._detach()
        return await super().wait(waiting_for(state, gen), interval)

    def kept_cursor(self, statement: LiteralString, row: BaseRowFactory[Row]) -> AsyncCursor[Row]:
        """The cursor for a statement, the same each time: how its parameters and rows are converted is looked up once.

        It keeps its last rows until it is used again, so it is for statements with few; one user at a time."""
        kept = self._cursors.get(statement)
        if kept is None or kept.row_factory is not row:
            kept = self._cursors[statement] = self.cursor(row_factory=row)
        return kept

    async def close(self) -> None:
        self._detach()  # before the number of its descriptor is somebody else's
        self._cursors.clear()
        await super().close()

    async def _until_readable(self) -> None:
        loop = asyncio.get_running_loop()
        if self._descriptor is None:
            self._descriptor = self.pgconn.socket
            loop.add_reader(self._descriptor, self._on_readable)
        self._readable = loop.create_future()
        try:
            await self._readable
        finally:
            self._readable = None

    def _on_readable(self) -> None:
        if self._readable is None:  # the server speaks unasked, or hung up: nobody reads it now, and it stays readable
            self._detach()
        elif not self._readable.done():
            self._readable.set_result(None)

    def _detach(self) -> None:
        if self._descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._descriptor = None

    async def _cancelled(self, gen: PQGen[Result]) -> None:
        """Have the server end the statement, so that the connection can be used again. The pool closes one that
        cannot."""
        if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
            return
        self._detach()
        try:
            async with asyncio.timeout(SECONDS_TO_CANCEL):
                await self.cancel_safe(timeout=SECONDS_TO_CANCEL)
                await super().wait(waiting_for(Wait.R, gen))
        except (Error, TimeoutError):  # QueryCanceled, as it should be, or a server that does not answer
            return


def waiting_for(state: Wait, gen: PQGen[Result]) -> PQGen[Result]:
    """``gen`` from where it waits for ``state``, for who takes it for one that did not begin."""
    try:
        while True:
            state = gen.send((yield state))
    except StopIteration as end:
        result: Result = end.value
        return result
