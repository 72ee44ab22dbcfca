"""The pool of connections outlasts a database that is away, and finds it again soon after it is back."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest
from psycopg.errors import DivisionByZero
from psycopg.rows import scalar_row

import adapters.postgres.pool
from adapters.postgres.embedded import embedded_postgres
from adapters.postgres.pool import Database, connection_pool
from domain.errors import StoreUnavailable
from tests.adapters.test_shared_statements import told, until
from tests.end_to_end.processes import processes_on
from tests.entrypoints.steady_clock import keep_steady
from tests.worlds import unhurried

QUICK = {"fsync": "off"}
AWAY = 8.0  # seconds; long enough for a pool with growing pauses to be asleep for as long again
SOON = 4.0
IN_TIME = 2.0  # seconds until a database that is silent is given up
AT_ONCE = 0.2
ASLEEP = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder straight below the temporary one, where PostgreSQL's account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="play-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def _steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for and what is measured go by the loop's clock, which stands still while the machine does."""
    keep_steady(asyncio.get_running_loop(), monkeypatch)


def now() -> float:
    return asyncio.get_running_loop().time()


async def answers(database: Database) -> bool:
    try:
        await database.check()
    except StoreUnavailable:
        return False
    return True


@pytest.mark.usefixtures("_steady")
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
        back = now()
        while not await answers(database):
            await asyncio.sleep(0.1)

        assert now() - back < SOON
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
    with unhurried():
        async with connection_pool(postgres_url, 1) as pool:
            database = Database(pool)
            leaver = asyncio.create_task(database.tell("SELECT pg_sleep(50)", {}, scalar_row))
            await until(lambda: told(postgres_url, ASLEEP))
            leaver.cancel()
            await asyncio.wait([leaver])
            with pytest.raises(DivisionByZero):
                await database.tell("SELECT 1 / 0", {}, scalar_row)

            assert leaver.cancelled()
            assert await database.tell("SELECT 1", {}, scalar_row) == [1]


async def test_only_who_asks_patiently_is_answered_after_more_than_a_moment(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.postgres.pool, "SECONDS_TO_ANSWER", 30)  # it is the database that ends it
    async with connection_pool(postgres_url, 1) as pool:
        database = Database(pool)
        with pytest.raises(StoreUnavailable, match="57014"):
            await database.ask("SELECT pg_sleep(1.7)", {}, scalar_row)
        with pytest.raises(DivisionByZero):
            await database.ask_patiently("SELECT 1 / 0", {}, scalar_row)

        assert await database.ask_patiently("SELECT 1 FROM pg_sleep(1.7)", {}, scalar_row) == [1]
        assert await database.ask("SHOW statement_timeout", {}, scalar_row) == ["1500ms"]


async def test_those_who_ask_patiently_leave_connections_to_the_others(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.postgres.pool, "SECONDS_TO_ANSWER", 4)
    async with connection_pool(postgres_url, 4) as pool:
        database = Database(pool)
        patient = [asyncio.create_task(database.ask_patiently("SELECT pg_sleep(9)", {}, scalar_row)) for _ in range(6)]
        await until(lambda: told(postgres_url, ASLEEP))

        assert await database.ask("SELECT 1", {}, scalar_row) == [1]
        refused = await asyncio.gather(*patient[2:], return_exceptions=True)
        assert list(map(str, refused)) == [str(StoreUnavailable("too many requests wait for the database"))] * 4
        assert not any(each.done() for each in patient[:2])
        for each in patient[:2]:
            each.cancel()
        await asyncio.wait(patient[:2])


async def test_a_database_that_is_read_only_is_not_ready(postgres_url: str) -> None:
    async with connection_pool(f"{postgres_url}&options=-c%20default_transaction_read_only%3Don", 1) as pool:
        with pytest.raises(StoreUnavailable, match="the database is read-only"):
            await Database(pool).check()


@asynccontextmanager
async def frozen(folder: Path) -> AsyncIterator[None]:
    """The PostgreSQL on ``folder`` does nothing while the block lasts, and refuses nothing."""
    stopped = set[int]()
    while begun := processes_on(folder) - stopped:  # a process may come or go while the others are stopped
        send(signal.SIGSTOP, begun)
        stopped |= begun
    try:
        yield
    finally:
        send(signal.SIGCONT, stopped)


def send(number: signal.Signals, processes: Iterable[int]) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


async def refused_after(database: Database, *, patiently: bool = False) -> float:
    """Seconds until the database is said to be away."""
    begun = now()
    ask = database.ask_patiently if patiently else database.ask
    with pytest.raises(StoreUnavailable):
        await ask("SELECT 1", {}, scalar_row)
    return now() - begun


@pytest.mark.usefixtures("_steady")
@pytest.mark.parametrize("patiently", [False, True])
async def test_a_frozen_database_is_given_up_in_time_by_the_first_and_at_once_by_the_next(
    folder: Path, patiently: bool
) -> None:
    with embedded_postgres(folder, settings=QUICK) as url:
        async with connection_pool(url, 4) as pool:
            database = Database(pool)
            await pool.wait()
            await database.check()
            async with frozen(folder):
                assert await refused_after(database, patiently=patiently) < IN_TIME
                assert await refused_after(database) < AT_ONCE
                await asyncio.sleep(1)
                one, *others = sorted(await asyncio.gather(*(refused_after(database) for _ in range(20))))[::-1]
                assert AT_ONCE < one < IN_TIME
                assert max(others) < AT_ONCE
            back = now()
            while not await answers(database):
                await asyncio.sleep(0.05)

            assert now() - back < SOON
            assert all(await asyncio.gather(*(answers(database) for _ in range(20))))


@pytest.mark.usefixtures("_steady")
async def test_whoever_is_cancelled_amid_a_patient_statement_does_not_wait_for_the_database(folder: Path) -> None:
    with embedded_postgres(folder, settings=QUICK) as url:
        async with connection_pool(url, 2) as pool:
            database = Database(pool)
            asking = asyncio.create_task(database.ask_patiently("SELECT pg_sleep(9)", {}, scalar_row))
            await until(lambda: told(url, ASLEEP))
            async with frozen(folder):
                begun = now()
                asking.cancel()
                await asyncio.wait([asking])

                assert asking.cancelled()
                assert now() - begun < AT_ONCE
