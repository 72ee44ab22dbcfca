"""deploy/backup and deploy/restore, run for real: what was there comes back to the row, or nothing does."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from adapters.postgres.embedded.binaries import binaries_for
from adapters.system import new_id, utc_now
from benchmarks.processes import LOOPBACK, free_port
from tests.end_to_end.processes import PATIENCE
from tests.services import HOUSE, clean_environment, running_service

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
PLAY = "INSERT INTO plays (clip_id, id, started_at) VALUES (1, %s, %s)"


def ran(script: str, file: Path, database: str) -> "subprocess.CompletedProcess[str]":
    """One of the two scripts, to its end, with the programs of the server that the tests run."""
    programs = binaries_for(file.parent / "none", None).folder / "bin"
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return subprocess.run(
        [HOUSE / "deploy" / script, file],
        env=clean_environment() | {"DATABASE_URL": database, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows_of(database: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in an order of their own."""
    with psycopg.connect(database) as connection:
        names = [name for (name,) in connection.execute(TABLES).fetchall()]
        return {
            name: sorted(connection.execute(SQL("SELECT * FROM {}").format(Identifier(name))).fetchall(), key=repr)
            for name in names
        }


@pytest.fixture(scope="module")
def filled(fresh_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the six samples, some of which were played."""
    database = fresh_database()
    data = str(tmp_path_factory.mktemp("data"))
    with running_service("--data", data, DATABASE_URL=database, PLAY_WRITE_KEYS="a-key") as service:
        for clip in (1, 2, 2, 3):
            assert httpx.get(f"{service.url}/play/{clip}/stream", timeout=PATIENCE).status_code == 200
        removed = httpx.delete(f"{service.url}/play/6", headers={"x-api-key": "a-key"}, timeout=PATIENCE)
        assert removed.status_code == 204
    return database


@contextmanager
def playing(database: str) -> Iterator[None]:
    """Plays that are written down one after the other while the block lasts."""
    is_over, has_begun = threading.Event(), threading.Event()

    def play() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            while not is_over.is_set():
                connection.execute(PLAY, (new_id(), utc_now()))
                has_begun.set()

    thread = threading.Thread(target=play)
    thread.start()
    try:
        assert has_begun.wait(20)
        yield
    finally:
        is_over.set()
        thread.join()


def test_what_was_dumped_is_restored_to_the_row(filled: str, fresh_database: Callable[[], str], tmp_path: Path) -> None:
    restored = fresh_database()

    dumped = ran("backup", tmp_path / "play.dump", filled)
    back = ran("restore", tmp_path / "play.dump", restored)

    assert (dumped.returncode, back.returncode) == (0, 0), dumped.stderr + back.stderr
    assert "plays|4\n" in dumped.stdout
    assert "plays|4\n" in back.stdout
    assert rows_of(restored) == rows_of(filled) | {"daily_keys": []}
    assert {path.name for path in tmp_path.iterdir()} == {"play.dump", "play.dump.counts"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_dump_keeps_no_key_that_listeners_could_be_found_out_with(filled: str, tmp_path: Path) -> None:
    with psycopg.connect(filled) as connection:
        keys = connection.execute("SELECT key FROM daily_keys").fetchall()
    assert ran("backup", tmp_path / "play.dump", filled).returncode == 0

    restored = subprocess.run(
        [binaries_for(tmp_path / "none", None).folder / "bin" / "pg_restore", "--file=-", tmp_path / "play.dump"],
        capture_output=True,
        check=True,
    ).stdout

    assert keys
    assert b"\nCOPY public.plays " in restored
    assert all(key.hex().encode() not in restored for (key,) in keys)


def test_a_service_goes_on_where_the_dump_was_made(
    filled: str, fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    restored = fresh_database()
    assert ran("backup", tmp_path / "play.dump", filled).returncode == 0
    assert ran("restore", tmp_path / "play.dump", restored).returncode == 0

    with running_service("--data", str(tmp_path / "data"), DATABASE_URL=restored, PLAY_WRITE_KEYS="a-key") as service:
        assert [clip["id"] for clip in httpx.get(f"{service.url}/play", timeout=PATIENCE).json()] == [5, 4, 3, 2, 1]
        assert httpx.get(f"{service.url}/play/2/stream", timeout=PATIENCE).status_code == 200
        assert httpx.get(f"{service.url}/play/2/stats", timeout=PATIENCE).json()["play_count"] == 3
        added = httpx.post(
            f"{service.url}/play",
            headers={"x-api-key": "a-key"},
            json={"title": "New", "genre": "Test", "audio_url": "library:night-bus.mp3"},
            timeout=PATIENCE,
        )

    assert added.json()["id"] == 7  # and never the id of one that was removed


def test_what_is_written_while_it_is_dumped_makes_the_counts_no_others(
    filled: str, fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    busy, restored = fresh_database(), fresh_database()
    assert ran("backup", tmp_path / "first.dump", filled).returncode == 0
    assert ran("restore", tmp_path / "first.dump", busy).returncode == 0

    with playing(busy):
        dumped = ran("backup", tmp_path / "play.dump", busy)
    back = ran("restore", tmp_path / "play.dump", restored)

    assert (dumped.returncode, back.returncode) == (0, 0), dumped.stderr + back.stdout + back.stderr
    assert len(rows_of(busy)["plays"]) > len(rows_of(restored)["plays"]) > 4


def test_a_row_that_did_not_come_back_is_told(filled: str, fresh_database: Callable[[], str], tmp_path: Path) -> None:
    assert ran("backup", tmp_path / "play.dump", filled).returncode == 0
    counts = tmp_path / "play.dump.counts"
    counts.write_text(counts.read_text().replace("plays|4\n", "plays|5\n", 1))

    back = ran("restore", tmp_path / "play.dump", fresh_database())

    assert back.returncode == 1
    assert "-plays|5\n+plays|4\n" in back.stdout
    assert back.stderr == "Not every table has the rows that it had.\n"


def test_only_an_empty_database_is_restored_into(filled: str, tmp_path: Path) -> None:
    before = rows_of(filled)
    assert ran("backup", tmp_path / "play.dump", filled).returncode == 0

    back = ran("restore", tmp_path / "play.dump", filled)

    assert (back.returncode, back.stdout) == (1, "")
    assert back.stderr.startswith("The database is not empty")
    assert rows_of(filled) == before


def test_a_dump_that_was_cut_restores_nothing(filled: str, fresh_database: Callable[[], str], tmp_path: Path) -> None:
    restored, file = fresh_database(), tmp_path / "play.dump"
    assert ran("backup", file, filled).returncode == 0
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 9 // 10])

    back = ran("restore", file, restored)

    assert back.returncode != 0
    assert rows_of(restored) == {}


def test_a_dump_that_is_there_is_not_written_over(filled: str, tmp_path: Path) -> None:
    (tmp_path / "play.dump").write_text("the last one")

    again = ran("backup", tmp_path / "play.dump", filled)

    assert (again.returncode, again.stderr) == (1, f"{tmp_path}/play.dump is there already.\n")
    assert (tmp_path / "play.dump").read_text() == "the last one"


def test_a_database_that_is_away_leaves_no_file_behind(tmp_path: Path) -> None:
    nowhere = f"postgresql://{LOOPBACK}:{free_port()}/play"

    assert ran("backup", tmp_path / "play.dump", nowhere).returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_a_pg_dump_that_fails_leaves_no_file_behind(filled: str, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "psql").symlink_to(binaries_for(tmp_path / "none", None).folder / "bin" / "psql")
    (programs / "pg_dump").symlink_to("/bin/false")
    environment = clean_environment() | {"DATABASE_URL": filled, "PATH": f"{programs}{os.pathsep}{os.defpath}"}

    ended = subprocess.run(
        [HOUSE / "deploy" / "backup", tmp_path / "play.dump"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (1, "The database was not dumped.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["programs"]


@pytest.mark.parametrize("script", ["backup", "restore"])
def test_who_calls_it_in_another_way_is_told_how(script: str) -> None:
    ended = subprocess.run([HOUSE / "deploy" / script], capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert ended.stderr.startswith("Usage: DATABASE_URL=")
