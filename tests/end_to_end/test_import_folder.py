"""`soundverse-play import FOLDER`, run for real: here, and into a service elsewhere."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from domain.location import content_hash
from entrypoints.transfer.audio_files import content_hash_of
from tests.end_to_end.processes import PATIENCE
from tests.services import HOUSE, Service, clean_environment, running_service
from tests.sounds import mp3, wav


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three files of audio, one of them twice, and one that is none."""
    folder = tmp_path / "tree" / "Rain"
    folder.mkdir(parents=True)
    for name, content in {"a.mp3": mp3(3), "b.mp3": mp3(3), "c.wav": wav(), "d.mp3": mp3(5), "e.mp3": b"text"}.items():
        (folder / name).write_bytes(content)
    return tmp_path / "tree"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Service]:
    """A service without clips, which lets nobody write more than three times in a second."""
    environment = {"PLAY_SAMPLES": "false", "PLAY_WRITE_RATE": "3/second"}
    with running_service("--memory", "--data", str(tmp_path / "elsewhere"), **environment) as service:
        yield service


def ran(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "soundverse_play", "import", *arguments],
        cwd=HOUSE,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said_of(tree: Path, added: int, there: int) -> list[str]:
    """All that is said of the tree."""
    refusal = f"  {tree}/Rain/e.mp3: what is there is not audio."
    return [f"Clips added: {added}", f"Already there: {there}", "Refused: 1", refusal]


def test_a_tree_is_taken_into_this_machines_service_once(
    tree: Path, fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    database, data = fresh_database(), tmp_path / "data"
    first, second = (ran(str(tree), "--tag", "field", "--data", str(data), DATABASE_URL=database) for _ in range(2))

    assert (first.returncode, first.stderr, first.stdout.splitlines()) == (1, "", said_of(tree, 3, 1))
    assert (second.returncode, second.stdout.splitlines()) == (1, said_of(tree, 0, 4))
    with psycopg.connect(database) as connection:
        clips = connection.execute("SELECT title, genre, tags, audio_url FROM clips ORDER BY title").fetchall()
    assert [clip[:3] for clip in clips if clip[0] in "cd"] == [("c", "Rain", ["field"]), ("d", "Rain", ["field"])]
    kept = {path.name for path in (data / "media" / "uploads").iterdir()}
    assert kept == {audio_url.rpartition("/")[2] for *_, audio_url in clips}


def test_a_tree_is_sent_to_a_service_elsewhere_once_however_slowly_it_may_write(tree: Path, elsewhere: Service) -> None:
    there = ("--url", elsewhere.url, "--key", elsewhere.write_key)
    first, second = (ran(str(tree), "--tag", "field", "--tag", "é", *there) for _ in range(2))
    clips = {clip["title"]: clip for clip in httpx.get(f"{elsewhere.url}/play", timeout=PATIENCE).json()}

    assert (first.returncode, first.stderr, first.stdout.splitlines()) == (1, "", said_of(tree, 3, 1))
    assert (second.returncode, second.stdout.splitlines()) == (1, said_of(tree, 0, 4))
    assert (clips["c"]["genre"], clips["c"]["tags"]) == ("Rain", ["field", "é"])
    assert content_hash(clips["c"]["audio_url"]) == content_hash_of(tree / "Rain" / "c.wav")
    assert httpx.get(f"{elsewhere.url}/play/{clips['c']['id']}/stream", timeout=PATIENCE).content == wav()


def test_a_dry_run_sends_nothing(tree: Path, elsewhere: Service) -> None:
    dry = ran(str(tree), "--dry-run", "--url", elsewhere.url, PLAY_WRITE_KEYS=elsewhere.write_key)

    assert dry.stdout.splitlines() == said_of(tree, 3, 1)
    assert httpx.get(f"{elsewhere.url}/play", timeout=PATIENCE).json() == []


def test_a_key_that_may_not_write_ends_it_in_a_sentence(tree: Path, elsewhere: Service) -> None:
    refused = ran(str(tree), "--url", elsewhere.url, "--key", "hunter2")

    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "answers 401: This is not a key that may do this." in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("x.jsonl", "--genre", "Rain"), "--genre"),
        (("x.jsonl", "--url", "http://play.example", "--key", "x"), "--url"),
        (("x.mp3", "--key", "x"), "--url"),
        (("x.mp3", "--url", "http://play.example"), "--key"),
        (("x.mp3", "--tag", "a", "--tag", "A"), "--tag"),
        (("x.mp3", "--genre", ""), "--genre"),
        (("nothing.mp3",), "does not exist"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_a_hint(
    tmp_path: Path, arguments: tuple[str, ...], hint: str
) -> None:
    for name in ("x.jsonl", "x.mp3"):
        (tmp_path / name).touch()

    refused = ran(str(tmp_path / arguments[0]), *arguments[1:])

    assert (refused.returncode, refused.stdout) == (2, "")
    assert hint in refused.stderr


def test_ctrl_c_ends_in_order_with_what_is_in_so_far_and_half_of_nothing(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    database, tree, count = fresh_database(), tmp_path / "tree", 600
    tree.mkdir()
    for number in range(count):
        (tree / f"{number}.wav").write_bytes(wav() + number.to_bytes(4, "big"))
    command = [sys.executable, "-m", "soundverse_play", "import", str(tree), "--data", str(tmp_path / "data")]
    environment = clean_environment() | {"DATABASE_URL": database}
    with subprocess.Popen(command, cwd=HOUSE, env=environment, stdout=-1, stderr=-1, text=True) as process:
        with psycopg.connect(database, autocommit=True) as connection:
            while not has_clips(connection):
                assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        said, errors = process.communicate(timeout=30)

    added = int(said.split()[2])
    assert (process.returncode, errors) == (1, "Ended before all was in; run it again for the rest.\n")
    assert said.splitlines() == [f"Clips added: {added}", "Already there: 0", "Refused: 0"]
    assert 0 < added < count
    assert len(list((tmp_path / "data" / "media" / "uploads").iterdir())) == added
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM clips").fetchone() == (added,)


def has_clips(connection: "psycopg.Connection[Any]") -> bool:
    """Whether there is any yet; before the migrations there is not even a table."""
    if connection.execute("SELECT to_regclass('clips')").fetchone() == (None,):
        return False
    return connection.execute("SELECT EXISTS (SELECT FROM clips)").fetchone() == (True,)
