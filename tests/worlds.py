"""The worlds in which the promises of `domain/ports` hold: memory, and a real PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import frozen

from adapters.memory.store import MemoryStore
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


@asynccontextmanager
async def in_postgres(url: str) -> AsyncIterator[World]:
    """A world with empty tables."""
    async with connection_pool(url, 10) as pool:
        async with pool.connection() as connection:
            await connection.execute(EMPTY)
        yield over(Database(pool))
