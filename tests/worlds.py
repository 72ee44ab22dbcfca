"""The worlds in which the promises of `domain/ports` hold: memory, and a real PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from attrs import frozen

from adapters.memory.store import MemoryStore
from adapters.postgres import play_counts, pool, statement
from adapters.postgres.announcer import Announcer
from adapters.postgres.catalogue import PostgresCatalogue
from adapters.postgres.daily_keys import PostgresDailyKeys
from adapters.postgres.deliveries import PostgresDeliveries
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.listens import PostgresListens
from adapters.postgres.peaks import PostgresPeaks
from adapters.postgres.play_counts import PostgresPlayCounts
from adapters.postgres.pool import Database, connection_pool
from adapters.postgres.retention import PostgresRetention
from adapters.postgres.statistics import PostgresStatistics
from adapters.postgres.transfer import PostgresTransfer
from domain.ports import (
    Catalogue,
    DailyKeys,
    DeliveryLedger,
    Listens,
    PeaksStore,
    PlayCounts,
    PlayLedger,
    Retention,
    Statistics,
    Transfer,
)

NO_HURRY = 60  # seconds
EMPTY = "TRUNCATE clips, plays, play_counts, counts, deliveries, heard, daily_keys, listens, peaks RESTART IDENTITY"


@frozen
class World:
    """A catalogue, and all that is written down and told of its clips."""

    catalogue: Catalogue
    ledger: PlayLedger
    deliveries: DeliveryLedger
    listens: Listens
    retention: Retention
    statistics: Statistics
    keys: DailyKeys
    transfer: Transfer
    play_counts: PlayCounts
    peaks: PeaksStore


def in_memory() -> World:
    store = MemoryStore()
    return World(store, store, store, store, store, store, store, store, store, store)


def over(database: Database) -> World:
    """What one process has of a world in PostgreSQL."""
    return World(
        PostgresCatalogue(database),
        PostgresLedger(database, played=Announcer(database).played),
        PostgresDeliveries(database),
        PostgresListens(database),
        PostgresRetention(database),
        PostgresStatistics(database),
        PostgresDailyKeys(database),
        PostgresTransfer(database),
        PostgresPlayCounts(database),
        PostgresPeaks(database),
    )


@contextmanager
def unhurried() -> Iterator[None]:
    """In the block PostgreSQL may take its time. What a port promises holds on a machine that stands still for some
    seconds; who gives up a silent database, and when, is told in `tests/adapters/test_pool.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "OPTIONS", pool.OPTIONS.replace(statement.PROMPT, f"{NO_HURRY}s"))
        for name in ("SECONDS_TO_ANSWER", "SECONDS_TO_CONNECT", "SECONDS_TO_RECONNECT"):
            patch.setattr(pool, name, NO_HURRY)
        for name in ("SECONDS_TO_ANSWER", "SECONDS_OF_PATIENCE"):
            patch.setattr(statement, name, NO_HURRY)
        for name in ("PROMPT", "PATIENT"):
            patch.setattr(statement, name, f"{NO_HURRY}s")
        patch.setattr(play_counts, "SECONDS_TO_ANSWER", NO_HURRY)
        yield


@asynccontextmanager
async def in_postgres(url: str) -> AsyncIterator[World]:
    """A world with empty tables."""
    with unhurried():
        async with connection_pool(url, 10) as connections:
            async with connections.connection() as connection:
                await connection.execute(EMPTY)
            yield over(Database(connections))
