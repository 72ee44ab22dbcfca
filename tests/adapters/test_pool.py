"""The pool of connections outlasts a database that is away, and finds it again soon after it is back."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from psycopg.errors import DivisionByZero
from psycopg.rows import scalar_row

from adapters.postgres.embedded import embedded_postgres
from adapters.postgres.pool import Database, connection_pool
from domain.errors import StoreUnavailable

QUICK = {"fsync": "off"}
AWAY = 8.0  # seconds; long enough for a pool with growing pauses to be asleep for as long again
SOON = 4.0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder straight below the temporary one, where PostgreSQL's account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="play-"))
    yield folder
    shutil.rmtree(folder)


async def answers(database: Database) -> bool:
    try:
        await database.check()
    except StoreUnavailable:
        return False
    return True


async def test_a_database_that_was_long_away_is_used_soon_after_its_return(folder: Path) -> None:
    with embedded_postgres(folder, settings=QUICK) as url:
        pool = connection_pool(url, 4)
        await pool.open()
        database = Database(pool)
        assert await answers(database)

    gone = monotonic()
    while monotonic() - gone < AWAY:
        assert not await answers(database)
        await asyncio.sleep(0.2)

    with embedded_postgres(folder, settings=QUICK):
        back = monotonic()
        while not await answers(database):
            await asyncio.sleep(0.1)

        assert monotonic() - back < SOON
        await pool.close()


async def test_a_commit_is_on_the_disk_however_the_server_is_set(postgres_url: str) -> None:
    async with connection_pool(f"{postgres_url}&options=-c%20synchronous_commit%3Doff", 1) as pool:
        assert await Database(pool).ask("SHOW synchronous_commit", {}, scalar_row) == ["on"]


async def test_options_in_the_address_hold_beside_ours(postgres_url: str) -> None:
    async with connection_pool(f"{postgres_url}&options=-c%20search_path%3Delsewhere", 1) as pool:
        database = Database(pool)

        assert await database.ask("SHOW search_path", {}, scalar_row) == ["elsewhere"]
        assert await database.ask("SHOW statement_timeout", {}, scalar_row) == ["1500ms"]


@pytest.mark.parametrize(
    ("options", "state"), [("-c%20default_transaction_read_only%3Don", "25006"), ("-c%20role%3Dpg_monitor", "42501")]
)
async def test_a_database_that_does_not_allow_it_is_away_and_no_defect(
    postgres_url: str, options: str, state: str
) -> None:
    async with connection_pool(f"{postgres_url}&options={options}", 1) as pool:
        with pytest.raises(StoreUnavailable, match=f"does not allow it: {state}"):
            await Database(pool).tell("CREATE TABLE refused (x int)", {}, scalar_row)


async def test_whoever_leaves_or_fails_amid_a_statement_gives_the_connection_back(postgres_url: str) -> None:
    async with connection_pool(postgres_url, 1) as pool:
        database = Database(pool)
        leaver = asyncio.create_task(database.tell("SELECT pg_sleep(4)", {}, scalar_row))
        await asyncio.sleep(0.2)
        leaver.cancel()
        await asyncio.wait([leaver])
        with pytest.raises(DivisionByZero):
            await database.tell("SELECT 1 / 0", {}, scalar_row)

        assert leaver.cancelled()
        assert await database.tell("SELECT 1", {}, scalar_row) == [1]
