"""`soundverse-play export` and `import FILE.jsonl`: a catalogue goes from one database into another with its counts."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import psycopg

from domain.transfer import ClipRecord
from entrypoints.transfer.lines import End, Header, Listeners, written
from tests.clip_records import a_record
from tests.examples import NOON
from tests.services import HOUSE, clean_environment


def a_file(*records: ClipRecord) -> list[bytes]:
    """An export of these clips."""
    return [written(Header(NOON)), written(Listeners({})), *map(written, records), written(End(len(records)))]


def ran(*arguments: str, database: str, **more: Any) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "soundverse_play", *arguments],
        cwd=HOUSE,
        env=clean_environment() | {"DATABASE_URL": database},
        capture_output=True,
        timeout=60,
        check=False,
        **more,
    )


def test_a_catalogue_goes_from_one_database_into_another(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    first, second = fresh_database(), fresh_database()
    data, file, again = ("--data", str(tmp_path)), tmp_path / "all.jsonl", tmp_path / "again.jsonl"
    assert ran("seed", *data, database=first).returncode == 0
    told = ran("export", str(file), *data, database=first)
    put = [ran("import", str(file), *data, database=second) for _ in range(2)]
    ran("export", str(again), *data, database=second)

    assert (told.returncode, told.stdout) == (0, b"Clips exported: 6\n")
    assert [(ended.returncode, ended.stdout.splitlines()[0]) for ended in put] == [
        (0, b"Clips added: 6"), (0, b"Clips added: 0"),
    ]  # fmt: skip
    assert again.read_bytes().splitlines()[1:] == file.read_bytes().splitlines()[1:]
    assert file.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"media", "all.jsonl", "again.jsonl"}
    assert ran("seed", *data, database=second).stdout == b"Sample clips added: 0\n"


def test_an_export_to_standard_output_is_nothing_but_lines(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    ended = ran("export", "--data", str(tmp_path), database=fresh_database())

    assert [list(orjson.loads(line)) for line in ended.stdout.splitlines()] == [
        ["format", "version", "exported_at"], ["listeners"], ["clips"],
    ]  # fmt: skip
    assert ended.stderr == b"Clips exported: 0\n"


def test_an_export_that_fails_leaves_the_one_before_in_place(tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    file.write_text("the last one")

    ended = ran("export", str(file), "--data", str(tmp_path), database="postgresql://127.0.0.1:1/play")

    assert (ended.returncode, file.read_text()) == (1, "the last one")
    assert {path.name for path in tmp_path.iterdir()} == {"media", "all.jsonl"}


def test_a_dry_run_changes_nothing(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    database, file = fresh_database(), tmp_path / "all.jsonl"
    file.write_bytes(b"".join(a_file(a_record(clip=3))))

    ended = ran("import", "--dry-run", str(file), "--data", str(tmp_path), database=database)

    assert (ended.returncode, ended.stdout.splitlines()[0]) == (0, b"Clips added: 1")
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM clips").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM counts").fetchone() == (0,)


def test_an_import_with_refusals_tells_them_and_exits_with_1(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    file.write_bytes(b"".join(a_file(a_record(clip=3))[:-1]))

    ended = ran("import", str(file), "--data", str(tmp_path), database=fresh_database())

    assert (ended.returncode, ended.stderr) == (1, b"")
    assert ended.stdout.splitlines()[-1] == b"  the end: the file was cut, for its last line is missing."


def test_what_is_no_export_ends_in_a_sentence(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    file = tmp_path / "tracks.jsonl"
    file.write_text("[]\n")

    ended = ran("import", str(file), "--data", str(tmp_path), database=fresh_database())

    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr == b"This is no export of soundverse-play: of its first line, it is not a JSON object.\n"


def test_ctrl_c_ends_in_order_with_what_is_in_so_far_and_the_rest_goes_in_later(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    database, file, count = fresh_database(), tmp_path / "all.jsonl", 20_000
    file.write_bytes(b"".join(a_file(*(a_record(clip=clip) for clip in range(1, count + 1)))))
    command = [sys.executable, "-m", "soundverse_play", "import", str(file), "--data", str(tmp_path)]
    environment = clean_environment() | {"DATABASE_URL": database}
    with subprocess.Popen(command, cwd=HOUSE, env=environment, stdout=-1, stderr=-1, text=True) as process:
        with psycopg.connect(database, autocommit=True) as connection:
            while not has_clips(connection):
                assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        said, errors = process.communicate(timeout=30)

    assert (process.returncode, errors) == (1, "Ended before all was in; run it again for the rest.\n")
    added = int(said.split()[2])
    assert 0 < added < count
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM clips").fetchone() == (added,)


def has_clips(connection: "psycopg.Connection[Any]") -> bool:
    """Whether there is any yet; before the migrations there is not even a table."""
    if connection.execute("SELECT to_regclass('clips')").fetchone() == (None,):
        return False
    return connection.execute("SELECT EXISTS (SELECT FROM clips)").fetchone() == (True,)
