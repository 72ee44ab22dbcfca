"""Who gives an open file back to the system, and when: never while somebody has a share in it, or reads from it."""

import os
import threading
from pathlib import Path

import pytest

from adapters.audio.library.file_descriptor import FileDescriptor


@pytest.fixture
def file(tmp_path: Path) -> FileDescriptor:
    (tmp_path / "file").write_bytes(b"0123456789")
    return FileDescriptor(os.open(tmp_path / "file", os.O_RDONLY))


def is_open(file: FileDescriptor) -> bool:
    try:
        os.fstat(file.number)
    except OSError:
        return False
    return True


def test_a_file_is_not_given_back_while_a_thread_reads_it(
    file: FileDescriptor, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_reading, may_end, really_pread = threading.Event(), threading.Event(), os.pread

    def slow_pread(number: int, count: int, at: int) -> bytes:
        is_reading.set()
        assert may_end.wait(60)
        return really_pread(number, count, at)

    monkeypatch.setattr(os, "pread", slow_pread)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(file.read(5, 0)))
    thread.start()
    assert is_reading.wait(60)
    file.close()

    assert is_open(file)  # so that its number cannot become another file's
    may_end.set()
    thread.join()
    assert got == [b"01234"]
    assert not is_open(file)


def test_a_file_is_given_back_with_its_last_share(file: FileDescriptor) -> None:
    file.share()
    file.close()

    assert file.read(5, 5) == b"56789"
    assert file.status().st_size == 10
    file.close()
    assert not is_open(file)


def test_a_file_that_was_given_back_is_no_longer_touched(file: FileDescriptor, tmp_path: Path) -> None:
    file.close()
    (tmp_path / "other").write_bytes(b"other")
    other = os.open(tmp_path / "other", os.O_RDONLY)

    assert other == file.number
    for touching in (
        lambda: file.read(5, 0),
        lambda: file.read_at_once(5, 0),
        file.status,
        file.status_at_once,
        file.share,
    ):
        with pytest.raises(OSError, match="closed"):
            touching()
    os.close(other)
