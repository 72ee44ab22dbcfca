"""A `Database` that tells of each statement it got no answer to."""

from collections.abc import Callable

from attrs import frozen

from adapters.postgres.outage import UnansweredError
from adapters.postgres.pool import Database, Row, Run
from adapters.postgres.statement import LostConnection
from domain.errors import StoreUnavailable


@frozen
class WatchedDatabase(Database):
    """Tells ``failed`` each time, also where a second attempt then succeeds. It never fails and never waits."""

    failed: Callable[[], None]

    async def _run(self, run: Run[Row], deadline: float) -> list[Row]:
        try:
            return await super()._run(run, deadline)
        except (StoreUnavailable, LostConnection, UnansweredError):
            self.failed()
            raise
