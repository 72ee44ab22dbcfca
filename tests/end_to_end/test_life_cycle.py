"""How a service begins and ends: what it says, what it keeps, and that it leaves nobody behind."""

import asyncio
import os
import re
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, PIPE, Popen, run
from urllib.parse import urlsplit

import pytest
from attrs import frozen

from benchmarks.processes import LOOPBACK, free_port
from tests.end_to_end.clients import client_of, listening
from tests.end_to_end.conftest import FreshFolder
from tests.end_to_end.processes import PATIENCE, awake, children_of, heeds, processes_on, soon
from tests.services import HOUSE, Service, clean_environment, end, launched, read_announcement, running_service
from tests.sounds import mp3

SAMPLES = {"Slow Sunrise", "Porch Strings", "Glass Bells", "Crooked Beat", "Night Bus", "Rain on the Roof"}
REMOVED = "Glass Bells"
LARGE = "25 MB of noise"


@frozen
class Used:
    """A data folder after its first service, who said ``announced`` with ``key`` and counted ``plays`` by title."""

    data: Path
    announced: str
    url: str
    key: str
    plays: dict[str, int]


async def plays_by_title(service: Service) -> dict[str, int]:
    async with client_of(service) as client:
        return {clip["title"]: await client.plays(clip["id"]) for clip in await client.clips()}


@pytest.fixture(scope="module")
def used(fresh_folder: FreshFolder) -> Used:
    """The folder of a service that was played, got a large clip, had a sample removed, and ended."""
    data = fresh_folder()
    (data / "media").mkdir()
    (data / "media" / "large.mp3").write_bytes(mp3(2_500) * 24)
    with running_service("--data", str(data)) as service:
        return Used(data, service.announced, service.url, service.write_key, asyncio.run(first_life(service)))


async def first_life(service: Service) -> dict[str, int]:
    async with client_of(service) as client:
        clips = {clip["title"]: clip["id"] for clip in await client.clips()}
        assert set(clips) == SAMPLES
        for _ in range(3):
            async with listening(service, clips["Night Bus"]) as answer:
                await answer.body()
        headers = {"x-api-key": service.write_key}
        async with client.session.delete(f"/play/{clips[REMOVED]}", headers=headers) as response:
            assert response.status == 204
        await client.add("library:large.mp3", title=LARGE)
    return await plays_by_title(service)


def facts(announced: str) -> dict[str, str]:
    """What a service says of itself, by name."""
    return dict(re.split(r"  +", line, maxsplit=1) for line in announced.splitlines())


def test_the_first_start_says_where_it_is_what_it_keeps_where_and_how_to_write(used: Used) -> None:
    said = facts(used.announced)

    assert said["Soundverse Play"] == used.url
    assert said["Data folder"] == str(used.data)
    assert said["Write key"] == used.key
    assert len(used.key) >= 24
    assert sorted(file.suffix for file in (used.data / "media").iterdir()) == [".mp3"] * 4 + [".ogg"] * 3


async def test_the_next_start_is_quick_and_keeps_clips_counts_and_key(used: Used) -> None:
    begun = awake()
    with running_service("--data", str(used.data)) as service:
        seconds = awake() - begun
        sys.stdout.write(f"The second start took {seconds:.1f} s.\n")
        plays = await plays_by_title(service)

    assert seconds < PATIENCE
    assert service.write_key == used.key
    assert plays == used.plays == dict.fromkeys(SAMPLES - {REMOVED} | {LARGE}, 0) | {"Night Bus": 3}


def test_only_its_owner_can_read_the_write_key(used: Used) -> None:
    file = used.data / "write-key"

    assert file.read_text() == f"{used.key}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def terminated(process: "Popen[str]") -> None:
    process.terminate()


def interrupted(process: "Popen[str]") -> None:
    process.send_signal(signal.SIGINT)


def interrupted_by_its_terminal(process: "Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGINT)


def interrupted_by_its_impatient_terminal(process: "Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGINT)
    os.killpg(process.pid, signal.SIGINT)


@pytest.mark.parametrize(
    "ended", [terminated, interrupted, interrupted_by_its_terminal, interrupted_by_its_impatient_terminal]
)
async def test_a_service_that_is_told_to_end_does_so_even_with_a_listener_who_does_not_read(
    used: Used, ended: Callable[["Popen[str]"], None]
) -> None:
    with running_service("--data", str(used.data), PLAY_SHUTDOWN_TIMEOUT="1") as service:
        async with client_of(service) as client:
            [clip] = [clip["id"] for clip in await client.clips() if clip["title"] == LARGE]
            async with listening(service, clip, seek=1) as answer:
                assert answer.status == 206
                ended(service.process)
                code = service.process.wait(PATIENCE)

    assert code == 0
    assert processes_on(used.data) == set()


def test_a_first_start_that_is_told_to_end_leaves_nothing_behind(fresh_folder: FreshFolder) -> None:
    data = fresh_folder()
    process = launched("--port", str(free_port()), "--data", str(data), errors=DEVNULL)
    try:
        assert soon(lambda: any(data.glob("database.new-*/PG_VERSION"))), "PostgreSQL is never made"
    finally:
        code = end(process)

    assert code == 0
    assert processes_on(data) == set()
    assert not list(data.glob("database*"))


def test_a_start_that_is_told_to_end_at_any_moment_leaves_nobody_behind(used: Used) -> None:
    for condition in (
        (used.data / "socket").exists,
        (used.data / "database" / "postmaster.pid").exists,
        lambda: len(processes_on(used.data)) > 4,
    ):
        process = launched("--port", str(free_port()), "--data", str(used.data), errors=DEVNULL)
        try:
            assert soon(condition)
        finally:
            code = end(process)
        assert code == 0
        assert processes_on(used.data) == set()


def refused(*arguments: str, **environment: str) -> str:
    """What a service that cannot start says, on standard error alone, with exit code 1."""
    process = launched(*arguments, errors=PIPE, **environment)
    try:
        out, errors = process.communicate(timeout=60)
    finally:
        end(process)
    assert (process.returncode, out) == (1, "")
    return errors


def test_a_second_service_on_the_same_data_is_refused_in_a_sentence(used: Used) -> None:
    with running_service("--data", str(used.data)) as service:
        said = refused("--data", str(used.data), "--port", str(free_port()))

    assert said == f"Another service (process {service.process.pid}) is using the data in {used.data}.\n"


@pytest.mark.parametrize(
    ("command", "way_round"), [(("import", "."), "name its address by --url"), (("export",), "of DATABASE_URL")]
)
def test_who_works_on_data_that_a_service_uses_is_told_the_way_round(
    command: tuple[str, ...], way_round: str, used: Used
) -> None:
    with running_service("--data", str(used.data)):
        said = refused(*command, "--data", str(used.data))

    assert said.startswith("Another service ")
    assert way_round in said


def test_a_port_that_is_taken_is_told_in_a_sentence(in_memory: Service, fresh_folder: FreshFolder) -> None:
    port, data = urlsplit(in_memory.url).port, fresh_folder()

    assert refused("--data", str(data), PORT=str(port)) == f"{LOOPBACK}:{port}: Address already in use.\n"
    assert list(data.iterdir()) == [], "a database was made for nothing"


def test_a_database_that_is_not_there_is_told_to_who_migrates_in_a_sentence(fresh_folder: FreshFolder) -> None:
    url = f"postgresql://{LOOPBACK}:{free_port()}/play"
    said = refused("migrate", "--data", str(fresh_folder()), DATABASE_URL=url)

    assert said.startswith("The database cannot be used: ")
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def in_memory(fresh_folder: FreshFolder) -> Iterator[Service]:
    with running_service("--memory", "--data", str(fresh_folder()), PLAY_SAMPLES="false") as service:
        yield service


async def test_without_samples_the_catalogue_is_empty(in_memory: Service) -> None:
    assert await plays_by_title(in_memory) == {}


async def test_a_sample_that_is_no_audio_costs_that_sample_and_not_the_start(fresh_folder: FreshFolder) -> None:
    data = fresh_folder()
    (data / "media").mkdir()
    (data / "media" / "glass-bells.ogg").write_text("not audio at all")

    with running_service("--memory", "--data", str(data)) as service:
        assert set(await plays_by_title(service)) == SAMPLES - {"Glass Bells"}


def test_in_memory_there_is_no_database_and_no_second_process(in_memory: Service) -> None:
    assert children_of(in_memory.process.pid) == set()
    assert "in memory" in facts(in_memory.announced)["Clips and plays"]


async def test_port_sets_where_it_listens(fresh_folder: FreshFolder) -> None:
    port = free_port()
    process = launched("--memory", "--data", str(fresh_folder()), errors=DEVNULL, PORT=str(port))
    try:
        announced = read_announcement(process)
        plays = await plays_by_title(Service(f"http://{LOOPBACK}:{port}", "", process, announced))
    finally:
        end(process)

    assert facts(announced)["Soundverse Play"] == f"http://{LOOPBACK}:{port}"
    assert set(plays) == SAMPLES


@pytest.fixture(scope="module")
def with_database_url(fresh_database: Callable[[], str], fresh_folder: FreshFolder) -> Iterator[Service]:
    with running_service("--data", str(fresh_folder()), DATABASE_URL=fresh_database()) as service:
        yield service


def test_with_database_url_there_is_no_database_of_its_own_and_no_second_process(with_database_url: Service) -> None:
    assert children_of(with_database_url.process.pid) == set()
    assert "DATABASE_URL" in facts(with_database_url.announced)["Clips and plays"]


async def test_with_database_url_and_no_key_writing_is_refused_with_how_to_allow_it(with_database_url: Service) -> None:
    assert "set PLAY_WRITE_KEYS" in facts(with_database_url.announced)["Write key"]
    async with client_of(with_database_url) as client:
        status, problem = await client.offer("library:night-bus.mp3")

    assert status == 403
    assert "PLAY_WRITE_KEYS" in problem["detail"]


def may_make_a_process_1() -> bool:
    """Whether this is Linux, and a root whose container does not keep it from this."""
    if sys.platform != "linux" or os.geteuid() != 0 or which("unshare") is None:
        return False
    return run(["unshare", "--fork", "--pid", "true"], check=False, stderr=DEVNULL).returncode == 0


@pytest.mark.skipif(not may_make_a_process_1(), reason="only a root who may make namespaces has a process 1")
def test_as_process_1_of_a_container_it_heeds_sigterm_even_while_it_imports(
    fresh_folder: FreshFolder, tmp_path: Path
) -> None:
    """The kernel keeps from process 1 every signal that it has no handler for."""
    (tmp_path / "uvicorn.py").write_text("from time import sleep\nsleep(600)\n")  # an import that does not end
    command = ["unshare", "--fork", "--pid", "--kill-child", sys.executable, "-m", "soundverse_play"]
    settings = ["--memory", "--data", str(fresh_folder()), "--port", str(free_port())]
    environment = clean_environment() | {"PYTHONPATH": str(tmp_path)}
    container = Popen([*command, *settings], cwd=HOUSE, env=environment, stdout=DEVNULL, stderr=DEVNULL)
    try:
        assert soon(lambda: len(children_of(container.pid)) == 1)
        [process_1] = children_of(container.pid)
        assert soon(lambda: heeds(process_1, signal.SIGTERM))
        os.kill(process_1, signal.SIGTERM)

        assert container.wait(timeout=PATIENCE) == 0
    finally:
        container.kill()
        container.wait()
