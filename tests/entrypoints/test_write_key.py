"""A service without set keys makes one of its own: once, for its owner only, whoever else does so at that moment."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from entrypoints.write_key import FILE_NAME, new_write_key, write_key_of
from tests.services import HOUSE

AT_ONCE = 8


def test_the_key_is_made_once(tmp_path: Path) -> None:
    key = write_key_of(tmp_path)

    assert len(key) >= 32
    assert write_key_of(tmp_path) == key == (tmp_path / FILE_NAME).read_text().strip()


def test_only_its_owner_may_read_the_key(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_key_of(tmp_path)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_nothing_else_is_left_in_the_folder(tmp_path: Path) -> None:
    write_key_of(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_key_that_the_operator_put_there_holds(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("the operator's own\n")

    assert write_key_of(tmp_path) == "the operator's own"


def test_no_two_folders_have_the_same_key(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()

    assert len({write_key_of(folder) for folder in folders}) == 2
    assert len({new_write_key() for _ in range(1_000)}) == 1_000


def test_threads_that_make_the_key_at_once_have_the_same(tmp_path: Path) -> None:
    ready = Barrier(AT_ONCE)

    def made(folder: Path) -> str:
        ready.wait()
        return write_key_of(folder)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for attempt in range(25):
            folder = tmp_path / str(attempt)
            folder.mkdir()
            keys = set(threads.map(made, [folder] * AT_ONCE))
            assert keys == {write_key_of(folder)}
            assert "" not in keys


def test_processes_that_make_the_key_at_once_have_the_same(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from entrypoints.write_key import write_key_of; " + (
        "sys.stdin.readline(); print(write_key_of(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    processes = [
        subprocess.Popen(command, cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("now\n")
        process.stdin.flush()

    keys = {process.communicate(timeout=30)[0] for process in processes}

    assert keys == {f"{write_key_of(tmp_path)}\n"}
