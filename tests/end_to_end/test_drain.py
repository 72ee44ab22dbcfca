"""A service that is told to end says so, takes leave of balancers, lets streams end, writes down all, and goes."""

import asyncio
import signal
from asyncio import IncompleteReadError
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.client import HTTPException
from pathlib import Path
from time import monotonic
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest
from attrs import frozen

from adapters.postgres.embedded import embedded_postgres
from tests.end_to_end.clients import client_of, comes_true, listening
from tests.end_to_end.conftest import FreshFolder
from tests.end_to_end.processes import awake, standing_still
from tests.services import Service, running_service
from tests.sounds import mp3

SIZE = 25_000_000  # bytes, about; more than the buffers between a service and a listener hold
LONG = 6.0  # a grace that a machine which stands still for a while does not miss
AGES = "60"
NO_PATIENCE = 2.0  # seconds; less than a half of one is meant


@frozen
class Played:
    """A service in memory with a long clip."""

    service: Service
    clip: int


@pytest.fixture(scope="module")
def media(fresh_folder: FreshFolder) -> Path:
    """A data folder with a long file in its media."""
    data = fresh_folder()
    (data / "media").mkdir()
    (data / "media" / "long.mp3").write_bytes(mp3(2_500) * 24)
    return data


@asynccontextmanager
async def played(media: Path, *arguments: str, **environment: str) -> AsyncIterator[Played]:
    """The service, with the long clip added."""
    settings = {"PLAY_SAMPLES": "false", "PLAY_WRITE_KEYS": "key", "PLAY_DRAIN_GRACE": AGES} | environment
    with running_service("--data", str(media), *arguments, **settings) as service:
        async with client_of(service) as client:
            yield Played(service, await client.add("library:long.mp3"))


def status(url: str) -> int:
    """Of a request on a connection of its own; 0 if there is none to be had."""
    try:
        with urlopen(url, timeout=10) as response:
            return int(response.status)
    except HTTPError as error:
        with error:
            return error.code
    except (OSError, HTTPException):  # refused, or taken and dropped
        return 0


async def asked(service: Service, path: str) -> int:
    return await asyncio.to_thread(status, service.url + path)


async def says(service: Service, readiness: int) -> bool:
    """Whether ``/readyz`` soon answers so; 0: nobody is answered any more."""

    async def is_said() -> bool:
        return await asked(service, "/readyz") == readiness

    return await comes_true(is_said)


async def exit_code(service: Service) -> int:
    return await asyncio.to_thread(service.process.wait, 20)


async def test_balancers_are_told_at_once_and_served_for_a_grace_and_streams_end_whole(media: Path) -> None:
    settings = {"PLAY_SHUTDOWN_TIMEOUT": AGES, "PLAY_DRAIN_GRACE": str(LONG)}
    async with played(media, "--memory", **settings) as it, listening(it.service, it.clip) as answer:
        told, begun = monotonic(), awake()
        it.service.process.send_signal(signal.SIGTERM)
        assert await says(it.service, 503)
        assert awake() - begun < 1.0
        assert await asked(it.service, "/livez") == 200
        async with listening(it.service, it.clip) as late:
            assert late.status == 200
        assert await says(it.service, 0)
        assert monotonic() - told >= LONG
        assert awake() - begun < LONG + 2

        assert len(await answer.body()) == int(answer.headers["content-length"])
        assert await exit_code(it.service) == 0


@pytest.mark.parametrize("again", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("grace", "readiness"), [(AGES, 503), ("0.5", 0)], ids=["in the grace", "while a stream lingers"]
)
async def test_whoever_says_it_twice_does_not_wait(
    media: Path, again: signal.Signals, grace: str, readiness: int
) -> None:
    settings = {"PLAY_SHUTDOWN_TIMEOUT": AGES, "PLAY_DRAIN_GRACE": grace}
    async with played(media, "--memory", **settings) as it, listening(it.service, it.clip) as answer:
        it.service.process.send_signal(signal.SIGTERM)
        assert await says(it.service, readiness)  # so that it has heard the first before the second comes
        it.service.process.send_signal(again)
        begun = awake()

        assert await exit_code(it.service) == 0
        assert awake() - begun < NO_PATIENCE
        with pytest.raises((IncompleteReadError, ConnectionError)):
            await answer.body()


async def test_ctrl_c_needs_no_grace(media: Path) -> None:
    async with played(media, "--memory", PLAY_DRAIN_GRACE=AGES) as it:
        it.service.process.send_signal(signal.SIGINT)
        begun = awake()

        assert await exit_code(it.service) == 0
        assert awake() - begun < NO_PATIENCE


@pytest.fixture
def database(fresh_folder: FreshFolder) -> Iterator[tuple[Path, str]]:
    """A PostgreSQL that does not belong to the service: its folder and its URL."""
    folder = fresh_folder()
    with embedded_postgres(folder, settings={"fsync": "off"}) as url:
        yield folder, url


async def test_by_default_it_ends_within_ten_seconds_with_a_stalled_stream_which_is_written_down(
    media: Path, database: tuple[Path, str]
) -> None:
    async with (
        played(media, DATABASE_URL=database[1], PLAY_DRAIN_GRACE="") as it,
        listening(it.service, it.clip) as answer,
    ):
        assert answer.status == 200
        told, begun = monotonic(), awake()
        it.service.process.send_signal(signal.SIGTERM)

        assert await exit_code(it.service) == 0
        assert monotonic() - told > 5.0
        assert awake() - begun < 10.0
    with psycopg.connect(database[1]) as connection:
        rows = connection.execute("SELECT ending, upper(range_merge(sent)) FROM deliveries").fetchall()
    assert [ending for ending, _ in rows] == ["stopped"]
    assert 0 < rows[0][1] < SIZE


async def test_by_default_it_ends_within_ten_seconds_though_its_database_is_frozen(
    media: Path, database: tuple[Path, str]
) -> None:
    async with (
        played(media, DATABASE_URL=database[1], PLAY_DRAIN_GRACE="") as it,
        listening(it.service, it.clip) as answer,
    ):
        assert answer.status == 200
        with standing_still(database[0]):
            it.service.process.send_signal(signal.SIGTERM)
            begun = awake()

            assert await exit_code(it.service) == 0
            assert awake() - begun < 10.0
