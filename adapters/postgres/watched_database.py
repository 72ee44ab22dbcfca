"""A `Database` that tells of each statement it got no answer to."""

from collections.abc import Callable

from attrs import frozen

from adapters.postgres.pool import Database, Row, Run
from domain.errors import StoreUnavailable


@frozen
class WatchedDatabase(Database):
    """Tells ``failed`` of each statement that is given up, also of those that are not even tried amid an outage.

    ``failed`` never fails and never waits."""

    failed: Callable[[], None]

    async def _answered(self, run: Run[Row], repeats: int) -> list[Row]:
        try:
            return await super()._answered(run, repeats)
        except StoreUnavailable:
            self.failed()
            raise
