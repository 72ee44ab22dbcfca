"""Forgetting waits for nobody, and nobody waits for it in a circle."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from psycopg import AsyncConnection

from adapters.postgres.pool import connection_pool
from domain.heard import Window
from tests.adapters.test_postgres_deliveries import a_delivery
from tests.examples import NOON
from tests.worlds import World, in_postgres

MONTH = timedelta(days=30)
LATER = NOON + 2 * MONTH


@pytest.fixture
async def here(postgres_url: str) -> AsyncIterator[World]:
    async with in_postgres(postgres_url) as world:
        yield world


@pytest.mark.parametrize("table", ["heard", "counts"])
async def test_what_somebody_adds_to_at_this_moment_is_passed_over(here: World, postgres_url: str, table: str) -> None:
    await here.deliveries.deliver([a_delivery()], Window.CALENDAR_DAY)
    async with await AsyncConnection.connect(postgres_url) as adding:
        await adding.execute(f"SELECT FROM {table} FOR UPDATE")
        async with asyncio.timeout(20):
            assert not await here.retention.forget(LATER, MONTH, 100)
        kept = await adding.execute(f"SELECT count(*) FROM {table}")
        [left] = await kept.fetchone() or [0]

    assert left > 0


async def test_while_one_forgets_the_others_find_nothing_to_do(here: World, postgres_url: str) -> None:
    await here.deliveries.deliver([a_delivery(1), a_delivery(2)], Window.CALENDAR_DAY)
    async with await AsyncConnection.connect(postgres_url) as one:
        await one.execute("SELECT pg_advisory_xact_lock(hashtext('soundverse-play retention'))")

        assert not await here.retention.forget(LATER, MONTH, 1)
        assert len(await here.statistics.explained(a_delivery().clip, 10)) == 2
    assert await here.retention.forget(LATER, MONTH, 1)


async def test_a_key_that_was_deleted_is_in_the_tables_file_no_more(postgres_url: str) -> None:
    async with in_postgres(postgres_url) as world, connection_pool(postgres_url, 1) as pool:
        key = await world.keys.daily_key(NOON.date())
        kept = await world.keys.daily_key(NOON.date() + timedelta(days=1))
        await world.keys.delete_keys(NOON.date() + timedelta(days=1))
        async with pool.connection() as connection:
            await connection.execute("CHECKPOINT")
            found = await connection.execute("SELECT pg_read_binary_file(pg_relation_filepath('daily_keys'))")
            [content] = await found.fetchone() or [b""]

    assert kept in content
    assert key not in content
