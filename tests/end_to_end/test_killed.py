"""Whatever is killed, and whenever: acknowledged ≤ counted ≤ attempted plays, and nothing is left behind."""

import asyncio
import os
import signal
from asyncio import IncompleteReadError
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import cycle
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import orjson
import pytest
from attrs import Factory, define

from adapters.postgres.embedded import embedded_postgres
from adapters.system import new_id
from tests.end_to_end.clients import client_of, comes_true, listening
from tests.end_to_end.conftest import FreshFolder
from tests.end_to_end.followers import is_soon
from tests.end_to_end.processes import (
    PATIENCE,
    awake,
    children_of,
    postmaster_of,
    processes_on,
    soon,
    standing_still,
)
from tests.services import Service, end, running_service
from tests.upstream import soon as soon_meanwhile

LISTENERS = 12
LONG_CLIP = 6  # one of the samples that no socket takes at once
PROMPT = 8.0  # seconds; about two are meant, on a machine that does nothing else
IN_TIME = 4.0  # the same, where nobody else works
BACK = 5.0  # seconds


@define
class Load:
    """Listeners who come one after another. Plays by clip: asked for, and begun to be heard."""

    attempted: Counter[int] = Factory(Counter)
    acknowledged: Counter[int] = Factory(Counter)

    async def until_the_end_of(self, service: Service, clips: list[int]) -> None:
        """Stream clip after clip until the service no longer answers."""
        for clip in cycle(clips):
            self.attempted[clip] += 1
            try:
                async with listening(service, clip) as answer:
                    if answer.status != 200:
                        continue
                    self.acknowledged[clip] += 1
                    await answer.body()
            except (ConnectionError, IncompleteReadError):
                return


async def test_a_service_killed_under_load_has_counted_every_play_it_acknowledged(fresh_folder: FreshFolder) -> None:
    data, load = fresh_folder(), Load()
    for plays_before_the_end in (30, 80, 55):
        with running_service("--data", str(data)) as service:
            await killed_amid(load, service, sum(load.acknowledged.values()) + plays_before_the_end)
        assert soon(lambda: not processes_on(data)), "a PostgreSQL outlived its service"

    counted = await plays_after_restart(data)
    assert sum(load.acknowledged.values()) >= 30 + 80 + 55
    for clip, plays in counted.items():
        assert load.acknowledged[clip] <= plays <= load.attempted[clip]


async def killed_amid(load: Load, service: Service, acknowledged: int) -> None:
    """Kill the service as soon as that many plays were acknowledged, while others are on their way."""
    async with client_of(service) as client:
        clips = [clip["id"] for clip in await client.clips()]
    listeners = [
        asyncio.create_task(load.until_the_end_of(service, clips[at % 6 :] + clips[: at % 6]))
        for at in range(LISTENERS)
    ]
    enough = await soon_meanwhile(lambda: sum(load.acknowledged.values()) >= acknowledged, PATIENCE)
    service.process.kill()
    service.process.wait()
    await asyncio.gather(*listeners)
    assert enough


async def plays_after_restart(data: Path) -> dict[int, int]:
    with running_service("--data", str(data)) as service:
        async with client_of(service) as client:
            return {clip["id"]: await client.plays(clip["id"]) for clip in await client.clips()}


@pytest.fixture(scope="module")
def killed_database(fresh_folder: FreshFolder) -> Iterator[tuple[Path, Service]]:
    """A service whose embedded PostgreSQL was killed after five plays of clip 1, and cannot be started again."""
    data = fresh_folder()
    with running_service("--data", str(data)) as service:
        for _ in range(5):
            assert told(service, "/play/1/stream")[0] == 200
        control, away = data / "database" / "global" / "pg_control", data / "pg_control"
        control.rename(away)
        backends = children_of(postmaster_of(data))
        os.kill(postmaster_of(data), signal.SIGKILL)
        assert soon(lambda: not backends & processes_on(data))  # each may answer once more before it notices
        yield data, service


async def test_a_killed_embedded_database_is_started_again_and_costs_no_play(fresh_folder: FreshFolder) -> None:
    data, listener = fresh_folder(), Insistent()
    with running_service("--data", str(data)) as service:
        listeners = [asyncio.create_task(listener.hears(service, 20)) for _ in range(LISTENERS)]
        assert await soon_meanwhile(lambda: listener.heard >= 50, PATIENCE)
        os.kill(postmaster_of(data), signal.SIGKILL)
        heard = listener.heard
        assert await soon_meanwhile(lambda: listener.heard > heard + LISTENERS, PATIENCE)
        async with asyncio.timeout(60):
            await asyncio.gather(*listeners)

        assert plays_of_clip_1(service) == 20 * LISTENERS
    assert soon(lambda: not processes_on(data))


def told(service: Service, path: str) -> tuple[int, bytes, str]:
    """The status and body of an answer, and after how many seconds it may be asked for again."""
    try:
        with urlopen(service.url + path, timeout=60) as response:
            return response.status, response.read(), ""
    except HTTPError as error:
        with error:
            return error.code, error.read(), error.headers.get("retry-after", "")


@pytest.mark.parametrize("path", ["/play/1/stream", "/play"])
def test_without_its_database_a_service_soon_says_when_to_ask_again(
    killed_database: tuple[Path, Service], path: str
) -> None:
    begun = awake()
    status, body, retry_after = told(killed_database[1], path)

    assert (status, retry_after) == (503, "2")
    assert orjson.loads(body)["detail"] == "Please try again: the database cannot be reached."
    assert awake() - begun < PROMPT


def test_without_its_database_a_service_lives_and_tells_balancers_why_it_is_not_ready(
    killed_database: tuple[Path, Service],
) -> None:
    status, body, _ = told(killed_database[1], "/readyz")

    assert told(killed_database[1], "/livez")[:2] == (200, b'{"status":"ok"}')
    assert status == 503
    assert "the database cannot be reached" in orjson.loads(body)["detail"]


def test_after_its_database_was_killed_a_service_ends_in_order_and_finds_every_play_at_its_next_start(
    killed_database: tuple[Path, Service],
) -> None:
    data, service = killed_database

    assert end(service.process) == 0
    assert soon(lambda: not processes_on(data))
    (data / "pg_control").rename(data / "database" / "global" / "pg_control")
    with running_service("--data", str(data)) as again:
        assert orjson.loads(told(again, "/play/1/stats")[1])["play_count"] == 5


@define
class Insistent:
    """A listener who asks for each play, by its playback id, until it is heard."""

    heard: int = 0
    seconds_to_refusals: list[float] = Factory(list)

    async def hears(self, service: Service, plays: int) -> None:
        for _ in range(plays):
            play = str(new_id())
            while not await self._hears(service, play):
                await asyncio.sleep(0.1)
            self.heard += 1

    async def _hears(self, service: Service, play: str) -> bool:
        begun = awake()
        async with listening(service, 1, play=play) as answer:
            assert answer.status in (200, 503)
            if answer.status == 503:
                assert answer.headers["retry-after"]
                self.seconds_to_refusals.append(awake() - begun)
            await answer.body()
            return answer.status == 200


@define
class Database:
    """A PostgreSQL that does not belong to the service."""

    folder: Path
    _running: ExitStack = Factory(ExitStack)

    def start(self) -> str:
        """Start it, or start it again at the same address; its URL."""
        return self._running.enter_context(embedded_postgres(self.folder, settings={"fsync": "off"}))

    def close(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def elsewhere(fresh_folder: FreshFolder) -> Iterator[tuple[Database, Service]]:
    """A service on a database that is named by DATABASE_URL."""
    with (
        closing(Database(fresh_folder())) as database,
        running_service("--data", str(fresh_folder()), DATABASE_URL=database.start()) as service,
    ):
        yield database, service


def plays_of_clip_1(service: Service) -> int:
    return int(orjson.loads(told(service, "/play/1/stats")[1])["play_count"])


async def test_a_database_that_goes_and_comes_back_costs_no_play_and_no_restart(
    elsewhere: tuple[Database, Service],
) -> None:
    database, service = elsewhere
    before, listener = plays_of_clip_1(service), Insistent()
    listeners = [asyncio.create_task(listener.hears(service, 40)) for _ in range(LISTENERS)]
    assert await soon_meanwhile(lambda: listener.heard >= 100, PATIENCE)
    database.close()
    assert await soon_meanwhile(lambda: len(listener.seconds_to_refusals) >= LISTENERS, PATIENCE)
    assert told(service, "/livez")[0] == 200
    assert told(service, "/readyz")[0] == 503
    database.start()
    async with asyncio.timeout(60):
        await asyncio.gather(*listeners)

    assert plays_of_clip_1(service) == before + 40 * LISTENERS
    assert told(service, "/readyz")[0] == 200
    assert max(listener.seconds_to_refusals) < PROMPT


async def test_a_database_killed_under_load_has_every_play_it_committed_and_is_used_again_within_five_seconds(
    elsewhere: tuple[Database, Service],
) -> None:
    database, service = elsewhere
    before, listener = plays_of_clip_1(service), Insistent()
    listeners = [asyncio.create_task(listener.hears(service, 40)) for _ in range(LISTENERS)]
    assert await soon_meanwhile(lambda: listener.heard >= 100, PATIENCE)
    os.kill(postmaster_of(database.folder), signal.SIGKILL)
    database.close()
    assert await soon_meanwhile(lambda: len(listener.seconds_to_refusals) >= LISTENERS, PATIENCE)
    database.start()
    heard = listener.heard
    assert await is_soon(lambda: listener.heard > heard, BACK)
    async with asyncio.timeout(60):
        await asyncio.gather(*listeners)
    stats = orjson.loads(told(service, "/play/1/stats?interval=hour")[1])

    assert stats["play_count"] == before + 40 * LISTENERS
    assert stats["completed"] <= stats["play_count"] == sum(bucket["play_count"] for bucket in stats["series"])


async def test_a_database_restarted_while_nobody_listened_is_noticed_by_nobody(
    elsewhere: tuple[Database, Service],
) -> None:
    database, service = elsewhere
    async with client_of(service) as client:

        async def has_many_connections() -> bool:
            await asyncio.gather(*(client.plays(1) for _ in range(200)))
            return await client.metric("db_client_connection_count") >= 4

        assert await comes_true(has_many_connections)
    database.close()
    database.start()

    assert [told(service, "/play/1/stream")[0] for _ in range(3)] == [200] * 3


async def test_a_database_that_freezes_is_given_up_in_time_and_used_again_when_it_thaws(
    elsewhere: tuple[Database, Service],
) -> None:
    database, service = elsewhere
    before, play = plays_of_clip_1(service), f"/play/1/stream?play={new_id()}"
    with standing_still(database.folder):
        begun = awake()
        answers = await asyncio.gather(
            *(asyncio.to_thread(told, service, path) for path in (play, "/readyz", "/livez"))
        )
        taken = awake() - begun

    assert [status for status, *_ in answers] == [503, 503, 200]
    assert {retry_after for status, _, retry_after in answers if status == 503} == {"2"}
    assert taken < IN_TIME
    assert soon(lambda: told(service, play)[0] == 200, BACK)
    assert plays_of_clip_1(service) == before + 1


async def test_a_stream_under_way_is_heard_to_its_end_while_the_database_is_frozen(
    elsewhere: tuple[Database, Service],
) -> None:
    database, service = elsewhere
    async with client_of(service) as client:
        [size] = [clip["size"] for clip in await client.clips() if clip["id"] == LONG_CLIP]
    async with listening(service, LONG_CLIP) as answer:
        head = await answer.reader.readexactly(1_000)
        with standing_still(database.folder):
            async with asyncio.timeout(PATIENCE):
                rest = await answer.reader.readexactly(size - 1_000)
            assert (await asyncio.to_thread(told, service, "/readyz"))[0] == 503

    assert len(head + rest) == size
    assert soon(lambda: told(service, "/readyz")[0] == 200, BACK)
