"""Play counts as they change, from real processes: across replicas, while the database dies, and until the end."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack

import psycopg
import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector

from tests.end_to_end.clients import client_of, comes_true
from tests.end_to_end.conftest import FreshFolder
from tests.end_to_end.followers import following, is_soon, read
from tests.end_to_end.processes import awake, postmaster_of, resident_bytes
from tests.event_source import EventSource
from tests.services import Service, running_service

FOLLOWERS = 1_000
MOST_BYTES = 100_000  # of memory for each follower, its connection included
A_SECOND = 2.0  # on a machine that does nothing else, one


async def played(service: Service, clip: int = 1) -> None:
    async with client_of(service) as client, client.session.get(f"/play/{clip}/stream") as answer:
        assert answer.status == 200
        await answer.read()


@pytest.fixture(scope="module")
def replicas(fresh_database: Callable[[], str], fresh_folder: FreshFolder) -> Iterator[tuple[Service, Service, str]]:
    """Two services over one database, and its URL."""
    database = fresh_database()
    with (
        running_service("--data", str(fresh_folder()), DATABASE_URL=database) as one,
        running_service("--data", str(fresh_folder()), DATABASE_URL=database) as two,
    ):
        yield one, two, database


async def test_a_play_at_one_replica_is_told_at_the_other_within_a_second(
    replicas: tuple[Service, Service, str],
) -> None:
    one, two, _ = replicas
    async with following(two) as source:
        await asyncio.sleep(1)
        before = source.counts.get(1, 0)
        await played(one)

        assert await is_soon(lambda: source.counts.get(1, 0) == before + 1, A_SECOND)


async def test_who_was_at_one_replica_goes_on_at_the_other(replicas: tuple[Service, Service, str]) -> None:
    one, two, _ = replicas
    async with following(one) as source:
        await played(one, 2)
        assert await is_soon(lambda: source.counts.get(2) == 1)
    await played(two, 2)
    await played(one, 3)
    async with following(two, source.last_id) as again:
        assert await is_soon(lambda: (again.counts.get(2), again.counts.get(3)) == (2, 1))
    assert {event.type for event in again.events} == {"counts"}


async def test_a_replica_whose_line_is_cut_misses_nothing_and_one_that_nobody_follows_holds_none(
    replicas: tuple[Service, Service, str],
) -> None:
    one, two, database = replicas
    with psycopg.connect(database, autocommit=True) as connection:

        def listening() -> list[int]:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')"
            )
            return [pid for (pid,) in rows]

        assert await is_soon(lambda: not listening())
        async with following(two) as source:
            assert await is_soon(lambda: len(listening()) == 1)
            await asyncio.sleep(0.5)
            before = source.counts.get(4, 0)
            [pid] = listening()
            connection.execute("SELECT pg_terminate_backend(%s)", [pid])
            await played(one, 4)

            assert await is_soon(lambda: source.counts.get(4, 0) == before + 1)
        assert await is_soon(lambda: not listening())


async def test_while_the_database_is_dead_the_stream_stays_and_goes_on_when_it_is_back(
    fresh_folder: FreshFolder,
) -> None:
    data = fresh_folder()
    with running_service("--data", str(data)) as service:
        async with following(service) as source:
            await played(service)
            assert await is_soon(lambda: source.counts.get(1) == 1)
            os.kill(postmaster_of(data), signal.SIGKILL)

            async def is_played() -> bool:
                async with client_of(service) as client, client.session.get("/play/1/stream") as answer:
                    await answer.read()
                    return answer.status == 200

            assert await comes_true(is_played, 30)
            async with client_of(service) as client:
                plays = await client.plays(1)

            assert plays >= 2
            assert await is_soon(lambda: source.counts.get(1) == plays)


async def test_followers_do_not_keep_a_process_that_is_told_to_end(fresh_folder: FreshFolder) -> None:
    with running_service(
        "--memory", "--data", str(fresh_folder()), PLAY_DRAIN_GRACE="1.5", PLAY_SHUTDOWN_TIMEOUT="20"
    ) as service:
        async with AsyncExitStack() as stack:
            sources = [await stack.enter_async_context(following(service)) for _ in range(20)]
            service.process.send_signal(signal.SIGTERM)
            told = awake()

            assert await is_soon(lambda: all(source.is_over for source in sources), 1.4)
            assert await asyncio.to_thread(service.process.wait, 20) == 0
            assert awake() - told < 4


async def test_a_thousand_follow_a_burst_of_plays(fresh_folder: FreshFolder) -> None:
    with running_service("--memory", "--data", str(fresh_folder())) as service:
        before = resident_bytes(service.process.pid)
        async with (
            ClientSession(
                service.url, connector=TCPConnector(limit=0, force_close=True), timeout=ClientTimeout(total=None)
            ) as session,
            AsyncExitStack() as stack,
        ):
            answers = [await stack.enter_async_context(session.get("/play/events")) for _ in range(FOLLOWERS)]
            sources = [EventSource() for _ in answers]
            reading = [
                asyncio.create_task(read(source, answer.content.iter_any()))
                for source, answer in zip(sources, answers, strict=True)
            ]
            refused = await session.get("/play/events")
            assert refused.status == 503
            for _ in range(50):
                await asyncio.gather(*(played(service, clip) for clip in (1, 2, 3)))

            assert await is_soon(lambda: all(source.counts == {1: 50, 2: 50, 3: 50} for source in sources))
            memory = resident_bytes(service.process.pid) - before
            assert memory < FOLLOWERS * MOST_BYTES
            for task in reading:
                task.cancel()
            await asyncio.wait(reading)

        async with client_of(service) as client:

            async def nobody_follows() -> bool:
                return await client.metric("play_followers_active") == 0

            assert await comes_true(nobody_follows)
