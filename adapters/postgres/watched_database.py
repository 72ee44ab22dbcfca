"""A `Database` that tells of each statement it got no answer to."""

from collections.abc import Callable
from typing import LiteralString

from attrs import frozen
from psycopg.rows import BaseRowFactory

from adapters.postgres.pool import Database, LostConnection, Parameters, Row
from domain.errors import StoreUnavailable


@frozen
class WatchedDatabase(Database):
    """Tells ``failed`` each time, also where a second attempt then succeeds. It never fails and never waits."""

    failed: Callable[[], None]

    async def _run(self, statement: LiteralString, parameters: Parameters, row: BaseRowFactory[Row]) -> list[Row]:
        try:
            return await super()._run(statement, parameters, row)
        except (StoreUnavailable, LostConnection):
            self.failed()
            raise
