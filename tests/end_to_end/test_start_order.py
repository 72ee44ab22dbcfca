"""It does not matter what is started first: the service waits for its database, and says so."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryFile
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import orjson
import psycopg
import pytest

from adapters.postgres.embedded import embedded_postgres
from adapters.system import new_id
from benchmarks.processes import LOOPBACK, free_port
from tests.end_to_end.conftest import FreshFolder
from tests.end_to_end.processes import PATIENCE, awake, soon
from tests.services import end, launched

BACK = 5.0  # seconds after the database is there
Started = tuple["Popen[str]", str, Callable[[], str]]


@contextmanager
def started(data: Path, url: str) -> Iterator[Started]:
    """A service that nobody waits for: its process, where it listens, and what its log says."""
    port = free_port()
    with TemporaryFile("w+") as errors:
        process = launched("--port", str(port), "--data", str(data), errors=errors, DATABASE_URL=url)

        def logged() -> str:
            log = errors.fileno()
            return os.pread(log, os.fstat(log).st_size, 0).decode()  # the service goes on where it is: it has our place

        try:
            yield process, f"http://{LOOPBACK}:{port}", logged
        finally:
            end(process)


def told(url: str) -> tuple[int, bytes, str]:
    """Status, body and Retry-After; status 0 where nobody answers."""
    try:
        with urlopen(url, timeout=10) as response:
            return response.status, response.read(), ""
    except HTTPError as error:
        with error:
            return error.code, error.read(), error.headers.get("retry-after", "")
    except (OSError, HTTPException):
        return 0, b"", ""


def test_a_service_that_starts_before_its_database_answers_and_is_used_as_soon_as_that_is_there(
    fresh_folder: FreshFolder,
) -> None:
    folder = fresh_folder()
    with embedded_postgres(folder, settings={"fsync": "off"}) as url:
        pass
    with started(fresh_folder(), url) as (process, here, _logged):
        assert soon(lambda: told(f"{here}/livez")[0] == 200)
        begun = awake()
        ready, listed, heard = (told(f"{here}{path}") for path in ("/readyz", "/play", "/play/1/stream"))
        assert awake() - begun < 1.0
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(4)]

        assert [answer[0] for answer in (ready, listed, heard)] == [503] * 3
        assert [answer[2] for answer in (ready, listed, heard)] == ["2"] * 3
        assert "waits for its database" in orjson.loads(ready[1])["detail"]
        assert first[0] == f"Soundverse Play  {here}\n"
        assert first[3].startswith("Waiting          The database cannot be used yet: ")
        with embedded_postgres(folder, settings={"fsync": "off"}):
            assert soon(lambda: told(f"{here}/readyz")[0] == 200, BACK)
            assert process.stdout.readline().startswith("Write key ")
            assert len(orjson.loads(told(f"{here}/play")[1])) == 6
            assert told(f"{here}/play/1/stream")[0] == 200
            assert end(process) == 0


def test_a_database_that_is_made_later_is_waited_for_and_the_log_says_why(
    fresh_folder: FreshFolder, postgres_url: str
) -> None:
    name = f"later_{new_id().hex}"
    url = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    with started(fresh_folder(), url) as (_process, here, logged):
        assert soon(lambda: f'database \\"{name}\\" does not exist' in logged())
        assert told(f"{here}/readyz")[0] == 503
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")

        assert soon(lambda: told(f"{here}/readyz")[0] == 200, BACK)
        assert logged().count("waits for the database") == 1


def test_a_service_that_still_waits_ends_at_once_when_told(fresh_folder: FreshFolder) -> None:
    with started(fresh_folder(), f"postgresql://{LOOPBACK}:{free_port()}/play") as (process, here, _logged):
        assert soon(lambda: told(f"{here}/livez")[0] == 200)
        begun = awake()

        assert end(process) == 0
        assert awake() - begun < PATIENCE / 4


@pytest.mark.parametrize("encoding", ["LATIN1"])
def test_a_database_that_no_waiting_mends_ends_the_start_with_a_sentence(
    fresh_folder: FreshFolder, postgres_url: str, encoding: str
) -> None:
    name = f"unfit_{new_id().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING {encoding} TEMPLATE template0")
    with started(fresh_folder(), urlsplit(postgres_url)._replace(path=f"/{name}").geturl()) as (process, _here, logged):
        assert process.wait(PATIENCE) == 1
        assert process.stdout is not None
        assert process.stdout.read() == ""
        assert logged() == (
            "The database cannot be used: its encoding is LATIN1, which cannot hold every title; UTF8 is needed.\n"
        )


def test_a_service_whose_database_is_frozen_when_it_starts_lives_and_ends_when_told(fresh_folder: FreshFolder) -> None:
    """A listener that takes connections and says nothing is as good as one that is frozen."""
    with socket.create_server((LOOPBACK, 0)) as silent:
        url = f"postgresql://{LOOPBACK}:{silent.getsockname()[1]}/play"
        with started(fresh_folder(), url) as (process, here, _logged):
            assert soon(lambda: told(f"{here}/livez")[0] == 200)
            assert told(f"{here}/play")[0] == 503
            begun = awake()

            assert end(process) == 0
            assert awake() - begun < 2.5  # and not as long as it takes to give a connection up
