"""The media folder: what leads out of it, what is no file, and what happens to a file while it is read.

Where the system itself cannot be brought to fail, or to be slow, its call is replaced by one that does.
"""

import asyncio
import errno
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.audio.file_descriptor import FileDescriptor
from adapters.audio.filesystem import FilesystemAudio, opened_below
from domain.byte_range import FromTo
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from tests.sounds import mp3_of
from tests.upstream import failure_of, soon

CONTENT = mp3_of(1_000_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    media = tmp_path / "media"
    (media / "deep").mkdir(parents=True)
    (media / "clip.mp3").write_bytes(CONTENT)
    (media / "deep" / "clip.mp3").write_bytes(CONTENT)
    (tmp_path / "secret.mp3").write_bytes(CONTENT)
    return media


def open_media() -> list[str]:
    """The paths of media that this process has open."""
    paths = []
    for number in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor of this very listing
            paths.append(str(number.readlink()))
    return [path for path in paths if "media" in path and "pytest" in path]


@pytest.fixture(autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    yield

    assert open_media() == []


async def failure(folder: Path, name: str) -> SourceFailure:
    return await failure_of(FilesystemAudio(folder), AudioLocation(f"library:{name}"))


@pytest.mark.parametrize(
    "name",
    [
        "../secret.mp3",
        "deep/../../secret.mp3",
        "/etc/passwd",
        "./clip.mp3",
        "",
        "deep//clip.mp3",
        "a\0b",
        "\ud800",
        "..",
    ],
)
async def test_a_name_that_leads_elsewhere_is_forbidden(folder: Path, name: str) -> None:
    assert await failure(folder, name) == SourceFailure.FORBIDDEN


async def test_a_symbolic_link_is_forbidden_wherever_it_leads(folder: Path) -> None:
    (folder / "out.mp3").symlink_to(folder.parent / "secret.mp3")
    (folder / "inside.mp3").symlink_to(folder / "clip.mp3")
    (folder / "outside").symlink_to(folder.parent)
    (folder / "below").symlink_to("deep")
    (folder / "nowhere.mp3").symlink_to("gone.mp3")
    (folder / "loop").symlink_to("loop")

    for name in ("out.mp3", "inside.mp3", "outside/secret.mp3", "below/clip.mp3", "nowhere.mp3", "loop", "loop/x"):
        assert await failure(folder, name) == SourceFailure.FORBIDDEN


async def test_the_media_folder_itself_may_be_a_symbolic_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    opened = await FilesystemAudio(tmp_path / "link").open(AudioLocation("library:deep/clip.mp3"))

    assert opened.size == len(CONTENT)
    opened.close()


async def test_what_is_no_regular_file_is_forbidden_and_does_not_hang(folder: Path) -> None:
    os.mkfifo(folder / "pipe.mp3")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket is short
    try:
        server.bind("socket.mp3")
    finally:
        os.chdir(here)
    try:
        for name in ("pipe.mp3", "socket.mp3", "deep"):
            assert await asyncio.wait_for(failure(folder, name), 5) == SourceFailure.FORBIDDEN
    finally:
        server.close()


@pytest.mark.parametrize("name", ["gone.mp3", "gone/clip.mp3", "clip.mp3/clip.mp3", "deep/" * 40 + "x"])
async def test_what_leads_nowhere_is_absent(folder: Path, name: str) -> None:
    assert await failure(folder, name) == SourceFailure.ABSENT


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EACCES, SourceFailure.REFUSED),
        (errno.EPERM, SourceFailure.REFUSED),
        (errno.EIO, SourceFailure.UNREACHABLE),
        (errno.EMFILE, SourceFailure.UNREACHABLE),
        (errno.ESTALE, SourceFailure.UNREACHABLE),
    ],
)
async def test_what_the_system_does_not_give_is_told_apart(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: SourceFailure
) -> None:
    def refusing(*_: object, **__: object) -> int:
        raise OSError(number, "as told")  # root may read everything, so the system itself cannot be made to say this

    monkeypatch.setattr(os, "open", refusing)

    assert await failure(folder, "clip.mp3") == expected


async def test_a_file_that_is_not_opened_is_not_left_open(folder: Path) -> None:
    (folder / "page.mp3").write_bytes(b"<html>")

    assert await failure(folder, "page.mp3") == SourceFailure.NOT_AUDIO
    with pytest.raises(RangeNotSatisfiable):
        await FilesystemAudio(folder).open(AudioLocation("library:clip.mp3"), FromTo(len(CONTENT)))
    assert open_media() == []


async def test_a_file_that_shrinks_while_it_is_read_is_an_interruption_not_an_end(folder: Path) -> None:
    opened = await FilesystemAudio(folder).open(AudioLocation("library:clip.mp3"))
    first = await opened.read()
    os.truncate(folder / "clip.mp3", len(first) + 10)

    assert await opened.read() == CONTENT[len(first) : len(first) + 10]
    with pytest.raises(AudioUnavailable) as interrupted:
        await opened.read()
    assert interrupted.value.failure == SourceFailure.INTERRUPTED
    opened.close()


async def test_a_file_that_grows_while_it_is_read_ends_where_was_promised(folder: Path) -> None:
    opened = await FilesystemAudio(folder).open(AudioLocation("library:clip.mp3"))
    with (folder / "clip.mp3").open("ab") as file:
        file.write(b"more")

    read = b""
    while chunk := await opened.read():
        read += chunk
    assert read == CONTENT
    opened.close()


async def test_a_file_that_is_replaced_while_it_is_read_stays_what_it_was(folder: Path) -> None:
    opened = await FilesystemAudio(folder).open(AudioLocation("library:clip.mp3"))
    (folder / "new.mp3").write_bytes(mp3_of(50))
    (folder / "new.mp3").rename(folder / "clip.mp3")

    read = b""
    while chunk := await opened.read():
        read += chunk
    assert read == CONTENT
    opened.close()


async def test_chunks_begin_small_and_stay_bounded(folder: Path) -> None:
    opened = await FilesystemAudio(folder).open(AudioLocation("library:clip.mp3"))

    assert len(await opened.read()) <= 64 * 1024
    assert 64 * 1024 < len(await opened.read()) <= 256 * 1024
    opened.close()


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EOPNOTSUPP])
async def test_bytes_that_are_not_in_memory_are_read_by_a_thread(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    asked = []

    def not_in_memory(*_: object) -> int:
        asked.append(number)
        raise OSError(number, "as told")

    monkeypatch.setattr(os, "preadv", not_in_memory)
    opened = await FilesystemAudio(folder).open(AudioLocation("library:clip.mp3"))
    read = b""
    while chunk := await opened.read():
        read += chunk

    assert read == CONTENT
    assert len(asked) == (1 if number == errno.EOPNOTSUPP else 5)
    opened.close()


async def test_a_disk_that_fails_is_an_interruption(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = await FilesystemAudio(folder).open(AudioLocation("library:clip.mp3"))

    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "as told")

    monkeypatch.setattr(os, "preadv", broken)
    with pytest.raises(AudioUnavailable) as interrupted:
        await opened.read()
    assert interrupted.value.failure == SourceFailure.INTERRUPTED
    opened.close()


def test_a_file_is_not_given_back_while_a_thread_reads_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = FileDescriptor(opened_below(folder, ["clip.mp3"]))
    is_reading, may_end, really_pread = threading.Event(), threading.Event(), os.pread

    def slow_pread(number: int, count: int, at: int) -> bytes:
        is_reading.set()
        assert may_end.wait(5)
        return really_pread(number, count, at)

    monkeypatch.setattr(os, "pread", slow_pread)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(file.read(10, 0)))
    thread.start()
    assert is_reading.wait(5)
    file.close()
    file.close()
    os.fstat(file.number)  # still open, so that its number cannot become another file's
    may_end.set()
    thread.join()

    assert got == [CONTENT[:10]]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file.number)
    with pytest.raises(OSError, match="closed"):
        file.read(10, 0)


async def test_whoever_stops_waiting_for_an_opening_leaves_no_file_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_opening, may_open, really_open = threading.Event(), threading.Event(), os.open
    opened: list[str] = []

    def slow_open(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        is_opening.set()
        assert may_open.wait(5)
        opened.append(path)
        return really_open(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", slow_open)
    opening = asyncio.create_task(FilesystemAudio(folder).open(AudioLocation("library:clip.mp3")))
    await asyncio.to_thread(is_opening.wait, 5)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    may_open.set()

    assert await soon(lambda: len(opened) == 2)
    assert await soon(lambda: open_media() == [])
