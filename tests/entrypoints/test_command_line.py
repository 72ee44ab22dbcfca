"""Who starts the service reads what it does, and where it cannot go on, one sentence that says why."""

import importlib.metadata
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from time import monotonic

import httpx
import psycopg
import pytest
from attrs import fields
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from adapters.postgres.migrate import migrations
from benchmarks.processes import LOOPBACK, free_port
from entrypoints.announcement import Announcement
from entrypoints.cli import main
from entrypoints.samples import SAMPLES
from entrypoints.settings import Settings, load_settings, variable_of
from entrypoints.whole import write_keys_of
from tests.services import HOUSE, clean_environment

PATIENCE = 90.0  # seconds, on a busy machine
BY_ITSELF = 30.0  # seconds that a pool which is left to itself waits


def ran(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """``soundverse-play`` with these arguments and variables, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "soundverse_play", *arguments],
        cwd=HOUSE,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def assert_one_sentence(ended: "subprocess.CompletedProcess[str]", *said: str) -> None:
    """It ended with code 1, nothing announced, and a sentence on standard error that says all of this."""
    assert (ended.returncode, ended.stdout) == (1, ""), ended.stderr
    assert ended.stderr.strip().endswith((".", "?")), ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count(".\n") <= 1
    for part in said:
        assert part in ended.stderr


def invoked(*arguments: str, **environment: str | None) -> Result:
    """The command line in this process; for what neither starts anything nor listens for signals."""
    unset = {variable_of(field): None for field in fields(Settings)}
    return CliRunner().invoke(main, arguments, env=unset | environment, prog_name="soundverse-play")


# what can be read


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_names_every_command_and_what_happens_without_one(option: str) -> None:
    helped = invoked(option)

    assert helped.exit_code == 0
    for command in ("serve", "migrate", "seed", "import", "export", "settings", "key"):
        assert f"\n  {command} " in helped.output
    assert "Without a command the service starts" in helped.output


def test_the_help_of_serve_names_each_option_and_its_variable() -> None:
    helped = invoked("serve", "--help")

    assert helped.exit_code == 0
    for option, variable in (("host", "PLAY_HOST"), ("port", "PORT"), ("data", "PLAY_DATA"), ("memory", "PLAY_MEMORY")):
        assert f"--{option}" in helped.output
        assert f"[{variable}]" in helped.output


@pytest.mark.parametrize("command", ["migrate", "seed", "import", "export", "settings"])
def test_every_command_says_what_it_does(command: str) -> None:
    assert len(invoked(command, "--help").output.splitlines()) >= 5


def test_the_version_is_the_packages() -> None:
    told = invoked("--version")

    assert (told.exit_code, told.output) == (
        0,
        f"soundverse-play, version {importlib.metadata.version('soundverse-play')}\n",
    )


def test_all_settings_are_shown_as_they_are_now() -> None:
    shown = invoked("settings", PORT="9000", PLAY_WRITE_KEYS="hunter2")

    assert shown.exit_code == 0
    assert "PORT=9000\n" in shown.output
    assert "hunter2" not in shown.output
    assert all(f"{variable_of(field)}=" in shown.output for field in fields(Settings))


def test_settings_that_are_wrong_are_told_instead_of_shown() -> None:
    refused = invoked("settings", PORT="abc", PLAY_COLOUR="red")

    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "PLAY_COLOUR is not a setting; `soundverse-play settings` shows all.",
        "PORT must be a whole number, not 'abc'.",
    ]


@pytest.mark.parametrize("arguments", [["frobnicate"], ["--colour", "red"], ["serve", "extra"]])
def test_what_no_command_understands_is_refused_with_a_hint(arguments: list[str]) -> None:
    refused = invoked(*arguments)

    assert refused.exit_code == 2
    assert "--help" in refused.stderr


def test_a_key_is_made_with_the_line_by_which_the_service_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made, other = invoked("key", "phone"), invoked("key")
    key, line = (text.split()[-1] for text in made.output.splitlines())
    monkeypatch.setenv("PLAY_READ_KEYS", line)

    assert line == f"phone:{sha256(key.encode()).hexdigest()}"
    assert len(key) >= 32
    assert key not in other.output
    assert load_settings({}).read_keys == (line,)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a,b", "é", "x" * 65, "a\nb"])
def test_a_key_has_a_name_that_can_stand_in_a_log(name: str) -> None:
    assert invoked("key", name).exit_code == 2


# what cannot go on


def test_a_port_that_is_taken_is_told_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        ended = ran("--data", str(tmp_path), PORT=str(port))  # without a command: serve

    assert_one_sentence(ended, f"{LOOPBACK}:{port}", "in use")
    assert list(tmp_path.iterdir()) == []


def test_an_address_of_another_machine_cannot_be_listened_on(tmp_path: Path) -> None:
    ended = ran("serve", "--memory", "--data", str(tmp_path), "--host", "203.0.113.9")

    assert_one_sentence(ended, "203.0.113.9:8000")


@pytest.mark.parametrize("command", [["serve", "--memory"], ["seed"]])
def test_a_data_folder_that_cannot_be_one_is_told(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "file"
    file.touch()

    ended = ran(*command, "--data", str(file), PORT=str(free_port()))

    assert_one_sentence(ended, str(file))


@pytest.mark.parametrize("command", ["migrate", "seed"])
def test_a_database_where_nobody_listens_is_told_within_seconds_and_without_its_password(
    tmp_path: Path, command: str
) -> None:
    began = monotonic()
    url = f"postgresql://play:hunter2@{LOOPBACK}:{free_port()}/play"

    ended = ran(command, "--data", str(tmp_path), DATABASE_URL=url, PORT=str(free_port()))

    assert_one_sentence(ended, "The database cannot be used", "refused")
    assert "hunter2" not in ended.stderr
    assert monotonic() - began < BY_ITSELF


def test_a_command_that_shall_wait_for_its_database_does_so_and_not_longer(tmp_path: Path) -> None:
    began = monotonic()

    ended = ran(
        "migrate", "--wait", "2", "--data", str(tmp_path), DATABASE_URL=f"postgresql://{LOOPBACK}:{free_port()}/"
    )

    assert_one_sentence(ended, "The database cannot be used", "refused")
    assert 1.5 < monotonic() - began < BY_ITSELF


def test_a_service_whose_database_address_is_none_ends_in_a_sentence(tmp_path: Path) -> None:
    ended = ran("--data", str(tmp_path), DATABASE_URL="s3cret is no url", PORT=str(free_port()))

    assert_one_sentence(ended, "DATABASE_URL")
    assert "s3cret" not in ended.stderr


def test_settings_that_are_wrong_start_nothing_and_are_all_told(tmp_path: Path) -> None:
    ended = ran("--memory", PLAY_DATA=str(tmp_path / "data"), PORT="abc", PLAY_COLOUR="red")

    assert ended.returncode == 1
    assert [line.split()[0] for line in ended.stderr.splitlines()] == ["PLAY_COLOUR", "PORT"]
    assert not (tmp_path / "data").exists()


def test_a_source_that_is_allowed_and_is_none_stops_the_start(tmp_path: Path) -> None:
    ended = ran("--memory", "--data", str(tmp_path), PLAY_ALLOWED_SOURCES="300.1.2.3", PORT=str(free_port()))

    assert_one_sentence(ended, "PLAY_ALLOWED_SOURCES", "300.1.2.3")


def test_a_module_that_hides_ours_is_told_with_the_remedy(tmp_path: Path) -> None:
    """PyPI has a module called ``entrypoints``."""
    (tmp_path / "entrypoints.py").write_text("raise RuntimeError('it was imported')")
    program = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(HOUSE)!r}]; import soundverse_play as it; it.main()"

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)

    assert_one_sentence(ended, "pip uninstall entrypoints")


# what works on a database


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """An empty database of its own on the tests' server."""
    name = "command_line"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield make_conninfo(postgres_url, dbname=name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_migrate_tells_what_it_applied_and_does_it_once(database: str, tmp_path: Path) -> None:
    first, second = (ran("migrate", "--data", str(tmp_path), DATABASE_URL=database) for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.splitlines() == [f"Applied {migration.name}" for migration in migrations()]
    assert second.stdout == "The schema was up to date.\n"


def test_seed_puts_in_the_six_samples_once(database: str, tmp_path: Path) -> None:
    first, second = (ran("seed", "--data", str(tmp_path), DATABASE_URL=database) for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert (first.stdout, second.stdout) == ("Sample clips added: 6\n", "Sample clips added: 0\n")
    assert {path.name for path in (tmp_path / "media").iterdir()} == {sample.file_name for sample in SAMPLES}
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM clips").fetchone() == (6,)


@pytest.mark.parametrize(
    ("content", "reason"), [(b"text", "not_audio"), (b"ID3\4\0\0\0\0\0\0", "does not tell its duration")]
)
def test_a_sample_whose_file_is_another_by_now_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    sample = tmp_path / "media" / SAMPLES[0].file_name
    sample.parent.mkdir()
    sample.write_bytes(content)

    ended = ran("seed", "--data", str(tmp_path), PLAY_MEMORY="true")

    assert_one_sentence(ended, sample.name, reason)


# what is said of a service that has started


def announced(settings: Settings, *keys: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    Announcement(settings, keys).is_ready()
    return dict(re.split(" {2,}", line) for line in capsys.readouterr().out.splitlines())


def test_who_starts_the_service_is_told_its_address_its_data_and_its_key(capsys: pytest.CaptureFixture[str]) -> None:
    said = announced(Settings(data=Path("/srv/play"), port=9000), "made-key", capsys=capsys)

    assert said["Soundverse Play"] == "http://127.0.0.1:9000"
    assert said["Data folder"] == "/srv/play"
    assert said["Write key"] == "made-key"


def test_an_ipv6_address_is_announced_as_one_that_can_be_clicked(capsys: pytest.CaptureFixture[str]) -> None:
    said = announced(Settings(host="::1", port=9000), capsys=capsys)

    assert said["Soundverse Play"] == "http://[::1]:9000"


def test_keys_and_a_database_that_were_set_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(write_keys=("hunter2",), database_url="postgresql://hunter2@db/play")

    said = announced(settings, "hunter2", capsys=capsys)

    assert "hunter2" not in str(said)
    assert "PLAY_WRITE_KEYS" in said["Write key"]
    assert "DATABASE_URL" in said["Clips and plays"]


def test_who_may_not_write_is_told_how_to_allow_it(capsys: pytest.CaptureFixture[str]) -> None:
    said = announced(Settings(database_url="postgresql://db/play"), capsys=capsys)

    assert said["Write key"].startswith("none; set PLAY_WRITE_KEYS")


def test_an_announcement_that_nobody_reads_is_no_reason_not_to_serve(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    port = free_port()
    command = [sys.executable, "-m", "soundverse_play", "--memory", "--port", str(port), "--data", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=HOUSE, env=clean_environment(), stdout=writer, stderr=subprocess.PIPE
    ) as service:
        os.close(writer)
        assert service.stderr is not None
        said = service.stderr.readline()
        answered = httpx.get(f"http://{LOOPBACK}:{port}/livez", timeout=PATIENCE).status_code
        service.terminate()

        assert (answered, service.wait(PATIENCE)) == (200, 0)
        assert b"not announced" in said
        assert b"BrokenPipeError" not in service.stderr.read()


def test_a_folder_whose_name_is_not_utf8_is_shown_in_its_own_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Announcement(Settings(data=Path(os.fsdecode(b"/srv/\xff"))), ()).is_ready()

    assert b"Data folder      /srv/\xff\n" in capfdbinary.readouterr().out


def test_where_a_database_of_others_is_used_no_key_is_made(tmp_path: Path) -> None:
    assert write_keys_of(Settings(data=tmp_path, database_url="postgresql://db/play")) == ()
    assert write_keys_of(Settings(data=tmp_path, write_keys=("one", "two"))) == ("one", "two")
    assert write_keys_of(Settings(data=tmp_path, write_keys=("one",), memory=True)) == ("one",)
    assert len(write_keys_of(Settings(data=tmp_path, memory=True))) == 1
    assert list(tmp_path.iterdir()) == []

    assert write_keys_of(Settings(data=tmp_path)) == ((tmp_path / "write-key").read_text().strip(),)


def test_what_is_no_database_address_is_refused_without_being_shown(tmp_path: Path) -> None:
    ended = ran("migrate", "--data", str(tmp_path), DATABASE_URL="s3cret is no url")

    assert_one_sentence(ended, "DATABASE_URL")
    assert "s3cret" not in ended.stderr
