"""Several processes on one folder, under load, killed at any moment."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.audio.cache import shelf as shelves
from adapters.audio.cache.shelf import Shelf
from tests.adapters.cache_process import SOUNDS
from tests.adapters.cache_world import World, taken
from tests.services import HOUSE

SIZE = 900_000  # less than all clips together, and at least four times the largest
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a process that listens, and wait until it has begun."""
    running: list[subprocess.Popen[str]] = []

    def started(*told: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.adapters.cache_process", str(tmp_path / "cache"), *map(str, told)]
        process = subprocess.Popen(command, cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        return process

    yield started
    for process in running:
        process.kill()
        process.communicate()


def test_several_processes_share_a_folder_and_some_are_killed(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "LOCK_PATIENCE", 30.0)  # a machine may stand still for some seconds
    folder, dice = tmp_path / "cache", random.Random(7)
    shelf = Shelf(folder, SIZE)
    living = [start(SIZE, 2) for _ in range(2)]
    for _ in range(2):
        doomed = start(SIZE, 60)
        for _ in range(5):
            time.sleep(dice.uniform(0.005, 0.05))

            assert taken(shelf) <= SIZE
        doomed.kill()
        doomed.wait()
    living.append(start(SIZE, 0.1))  # the others may have ended already, and the doomed have driven all they kept out
    heard, asked = 0, 0
    for process in living:
        out, errors = process.communicate(timeout=90)
        assert (process.returncode, errors) == (0, "")
        heard, asked = heard + int(out.split()[0]), asked + int(out.split()[1])

    assert 0 < asked < heard
    shelf.prepare()
    assert list(folder.glob("*.part")) == []
    before = set(folder.glob("*.audio"))
    found = {shelf.path(location) for location in SOUNDS if shelf.find(location) is not None}
    assert found == before != set()


def test_a_process_that_is_killed_while_it_fetches_leaves_no_entry_and_nothing_for_long(
    start: Start, tmp_path: Path
) -> None:
    process = start(SIZE, 60, 10_000)
    folder = tmp_path / "cache"
    while not list(folder.glob("*.part")):
        time.sleep(0.01)
    begun = set(folder.glob("*.part"))
    World(folder)
    process.kill()
    process.wait()
    assert begun <= set(folder.glob("*.part"))  # and perhaps more, begun meanwhile
    World(folder)

    assert list(folder.glob("*.part")) == list(folder.glob("*.audio")) == []
