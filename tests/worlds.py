"""The worlds in which the promises of `domain/ports.py` hold: memory, and a real PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import frozen

from adapters.memory import MemoryStore
from adapters.postgres.catalogue import PostgresCatalogue
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.pool import Database, connection_pool
from domain.ports import Catalogue, PlayLedger

EMPTY = "TRUNCATE clips, plays, play_counts RESTART IDENTITY"


@frozen
class World:
    """A catalogue and a ledger that know of each other."""

    catalogue: Catalogue
    ledger: PlayLedger


def in_memory() -> World:
    store = MemoryStore()
    return World(store, store)


@asynccontextmanager
async def in_postgres(url: str) -> AsyncIterator[World]:
    """A world with empty tables."""
    async with connection_pool(url, 10) as pool:
        async with pool.connection() as connection:
            await connection.execute(EMPTY)
        database = Database(pool)
        yield World(PostgresCatalogue(database), PostgresLedger(database))
