"""Several services on one database count everything exactly, whatever comes at once, and note of nobody who it was."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from random import Random
from typing import Any

import psycopg
import pytest
from attrs import frozen

from tests.end_to_end.clients import Client, client_of, comes_true, streamed
from tests.examples import a_wav
from tests.services import Service, running_service

SERVICES = 4
CONNECTIONS = 256
STREAMS = 1_024
AGENTS = [f"Radio/{number}.0" for number in range(8)]
SOUND = a_wav(seconds=4)


@frozen
class Replicas:
    """Services that were started at the same moment, on one database and one media folder."""

    url: str
    services: list[Service]


@pytest.fixture(scope="module")
def replicas(fresh_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    url, data = fresh_database(), tmp_path_factory.mktemp("data")
    (data / "media").mkdir()
    (data / "media" / "ramp.wav").write_bytes(SOUND)
    settings = {"DATABASE_URL": url, "PLAY_WRITE_KEYS": "a key of ours", "PLAY_SAMPLES": "false"}
    with ExitStack() as ending, ThreadPoolExecutor(SERVICES) as starting:
        begun = [
            starting.submit(ending.enter_context, running_service("--data", str(data), **settings))
            for _ in range(SERVICES)
        ]
        yield Replicas(url, [each.result() for each in begun])


@pytest.fixture
async def clients(replicas: Replicas) -> AsyncIterator[list[Client]]:
    async with AsyncExitStack() as leaving:
        yield [await leaving.enter_async_context(client_of(service)) for service in replicas.services]


async def stats(client: Client, clip: int, query: str = "") -> Any:
    async with client.session.get(f"/play/{clip}/stats{query}") as response:
        assert response.status == 200
        return await response.json()


@pytest.mark.usefixtures("amid_a_day")
@pytest.mark.parametrize("services", [2, SERVICES])
@pytest.mark.parametrize("clips", [1, 10])
async def test_what_many_listeners_of_several_services_hear_at_once_is_counted_exactly(
    clients: list[Client], services: int, clips: int
) -> None:
    known = [await clients[0].add("library:ramp.wav") for _ in range(clips)]
    chosen = [(known[Random(each).randrange(clips)], AGENTS[Random(-each).randrange(8)]) for each in range(STREAMS)]
    at_once, refused = asyncio.Semaphore(CONNECTIONS), Counter[int]()

    async def heard(number: int) -> None:
        clip, agent = chosen[number]
        async with at_once:
            assert await streamed(clients[number % services], clip, refused, headers={"user-agent": agent}) == SOUND

    await asyncio.gather(*map(heard, range(STREAMS)))
    plays = Counter(clip for clip, _ in chosen)
    listeners = Counter(clip for clip, _ in set(chosen))

    async def all_are_written() -> bool:
        return all([(await stats(clients[0], clip))["completed"] == plays[clip] for clip in known])

    assert await comes_true(all_are_written)
    for clip in known:
        told = await stats(clients[-1], clip, "?interval=hour")
        assert told["completed"] == plays[clip] <= told["play_count"] <= plays[clip] + refused[clip]
        assert told["downloads"] == told["listeners"] == listeners[clip]
        for counter in ("play_count", "completed", "downloads"):
            assert sum(bucket[counter] for bucket in told["series"]) == told[counter]


async def test_nothing_that_is_kept_or_logged_tells_who_listened(replicas: Replicas, clients: list[Client]) -> None:
    clip = await clients[0].add("library:ramp.wav")
    headers = {"user-agent": "Very Peculiar Player/7.7"}
    async with clients[0].session.get(f"/play/{clip}/stream", headers=headers) as response:
        await response.read()

    async def is_written() -> bool:
        return int((await stats(clients[0], clip))["downloads"]) == 1

    assert await comes_true(is_written)
    with psycopg.connect(replicas.url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [str(row) for (table,) in tables for row in connection.execute(f"SELECT t::text FROM {table} t")]

    assert len(rows) > 5
    assert [row for row in rows if "127.0.0.1" in row or "Peculiar" in row] == []
