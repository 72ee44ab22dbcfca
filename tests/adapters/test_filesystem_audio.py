"""The media folder: what leads out of it, what is no file, and what happens to a file while it is read.

Where the system itself cannot be brought to fail, or to be slow, its call is replaced by one that does.
"""

import asyncio
import ctypes
import errno
import os
import shutil
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from adapters.audio.library.filesystem import FilesystemAudio
from adapters.audio.library.openat2 import NotAtOnce, Openat2, OpenHow, kernel_syscall
from domain.byte_range import FromTo
from domain.errors import RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from tests.adapters.media_folder import (
    CLIP,
    CONTENT,
    all_of,
    can_read_at_once,
    forget,
    made_folder,
    no_thread,
    open_media,
    that_opens_at_once,
    that_opens_by_a_thread,
)
from tests.sounds import wav, with_id3
from tests.upstream import failure_of, soon

Way = Callable[[Path], Awaitable[FilesystemAudio]]
both_ways = pytest.mark.parametrize("way", [that_opens_at_once, that_opens_by_a_thread])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_folder(tmp_path)


@pytest.fixture(autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    yield

    assert open_media() == []


@pytest.fixture(params=[that_opens_at_once, that_opens_by_a_thread])
async def files(request: pytest.FixtureRequest, folder: Path) -> FilesystemAudio:
    way: Way = request.param
    return await way(folder)


async def failure(files: FilesystemAudio, name: str) -> SourceFailure:
    """Why the file is not opened, now and when the kernel has learned of it."""
    first = await failure_of(files, AudioLocation(f"library:{name}"))
    assert await failure_of(files, AudioLocation(f"library:{name}")) == first
    return first


@pytest.mark.parametrize(
    "name",
    [
        "../secret.mp3",
        "deep/../../secret.mp3",
        "/etc/passwd",
        "./clip.mp3",
        "",
        "deep//clip.mp3",
        "clip.mp3\0b",
        "\ud800",
        "..",
    ],
)
async def test_a_name_that_leads_elsewhere_is_forbidden(files: FilesystemAudio, name: str) -> None:
    assert await failure(files, name) == SourceFailure.FORBIDDEN


async def test_a_symbolic_link_is_forbidden_wherever_it_leads(files: FilesystemAudio, folder: Path) -> None:
    (folder / "out.mp3").symlink_to(folder.parent / "secret.mp3")
    (folder / "inside.mp3").symlink_to(folder / "clip.mp3")
    (folder / "outside").symlink_to(folder.parent)
    (folder / "below").symlink_to("deep")
    (folder / "nowhere.mp3").symlink_to("gone.mp3")
    (folder / "loop").symlink_to("loop")

    for name in ("out.mp3", "inside.mp3", "outside/secret.mp3", "below/clip.mp3", "nowhere.mp3", "loop", "loop/x"):
        assert await failure(files, name) == SourceFailure.FORBIDDEN


def followed(link: Path) -> Path:
    """A symbolic link that the kernel follows at once: it owes it no access time, as it does when it has not been
    followed since the tick that it was made in."""
    time.sleep(0.02)
    link.stat()
    return link


@both_ways
async def test_the_media_folder_itself_may_be_a_symbolic_link_and_lead_elsewhere_later(way: Way, folder: Path) -> None:
    link, other = folder.parent / "link", folder.parent / "other media"
    link.symlink_to(folder)
    files = await way(followed(link))
    shutil.copytree(folder, other)
    (other / "clip.mp3").write_bytes(CONTENT[:50_000])
    before = await files.open(CLIP)
    link.unlink()
    link.symlink_to(other)
    after = await files.open(CLIP)

    assert (before.size, after.size) == (len(CONTENT), 50_000)
    before.close()
    after.close()


async def test_a_file_is_found_however_long_its_path_is(files: FilesystemAudio, folder: Path) -> None:
    parts = ["x" * 250] * 20  # the kernel takes at most 4096 bytes at a time
    here = os.open(folder, os.O_RDONLY)
    for part in parts:
        os.mkdir(part, dir_fd=here)
        below = os.open(part, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.link(folder / "clip.mp3", "clip.mp3", dst_dir_fd=here)
    os.close(here)
    opened = await files.open(AudioLocation("library:" + "/".join([*parts, "clip.mp3"])))

    assert opened.size == len(CONTENT)
    opened.close()


async def test_what_is_no_regular_file_is_forbidden_and_does_not_hang(files: FilesystemAudio, folder: Path) -> None:
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
            assert await asyncio.wait_for(failure(files, name), 30) == SourceFailure.FORBIDDEN
    finally:
        server.close()


@pytest.mark.parametrize("name", ["gone.mp3", "gone/clip.mp3", "clip.mp3/clip.mp3", "deep/" * 40 + "x"])
async def test_what_leads_nowhere_is_absent(files: FilesystemAudio, name: str) -> None:
    assert await failure(files, name) == SourceFailure.ABSENT


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

    assert await failure(FilesystemAudio(folder), "clip.mp3") == expected


async def test_a_file_that_is_not_opened_is_not_left_open(files: FilesystemAudio, folder: Path) -> None:
    (folder / "page.mp3").write_bytes(b"<html>")

    assert await failure(files, "page.mp3") == SourceFailure.NOT_AUDIO
    assert await failure(files, "deep") == SourceFailure.FORBIDDEN
    with pytest.raises(RangeNotSatisfiable):
        await files.open(CLIP, FromTo(len(CONTENT)))
    assert open_media() == []


async def test_a_file_in_memory_is_opened_and_read_without_a_thread(folder: Path) -> None:
    files = await that_opens_at_once(folder)
    async with no_thread():
        for location in (CLIP, AudioLocation("library:deep/clip.mp3")):
            opened = await files.open(location)

            assert await all_of(opened) == CONTENT
            opened.close()


async def test_the_first_file_is_opened_by_a_thread_since_only_it_tells_whether_its_file_system_waits(
    folder: Path,
) -> None:
    async with no_thread():
        with pytest.raises(RuntimeError):
            await FilesystemAudio(folder).open(CLIP)


async def test_where_the_file_system_cannot_tell_what_is_in_memory_every_file_is_opened_by_a_thread(
    folder: Path,
) -> None:
    memory = Path("/dev/shm")
    (memory_file := memory / f"soundverse-{os.getpid()}.mp3").write_bytes(CONTENT)
    try:
        if can_read_at_once(memory_file):
            pytest.skip("every file system here can tell")
        await that_opens_at_once(folder)  # else nothing is shown by what follows
        files, clip = FilesystemAudio(memory), AudioLocation(f"library:{memory_file.name}")
        opened = await files.open(clip)

        assert await all_of(opened) == CONTENT
        again = await opened.reopen(FromTo(999_990))
        assert await again.read() == CONTENT[999_990:]
        async with no_thread():
            with pytest.raises(RuntimeError):
                await files.open(clip)
        opened.close()
        again.close()
    finally:
        memory_file.unlink()


async def test_one_file_that_cannot_be_read_at_once_is_enough_to_trust_none_of_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, really_preadv = await that_opens_at_once(folder), os.preadv

    def unsupported(*_: object) -> int:
        raise OSError(errno.EOPNOTSUPP, "as told")  # what a network's folder says that is mounted below this one

    monkeypatch.setattr(os, "preadv", unsupported)
    (await files.open(CLIP)).close()
    monkeypatch.setattr(os, "preadv", really_preadv)
    (await files.open(CLIP)).close()

    async with no_thread():
        with pytest.raises(RuntimeError):
            await files.open(CLIP)


async def test_a_file_whose_beginning_is_not_in_memory_is_opened_by_a_thread(folder: Path) -> None:
    files = await that_opens_at_once(folder)
    forget(folder / "clip.mp3")
    async with no_thread():
        with pytest.raises(RuntimeError):
            await files.open(CLIP)
    opened = await files.open(CLIP)

    assert opened.media_type == "audio/mpeg"
    opened.close()


async def test_the_media_type_is_not_told_from_the_half_of_the_beginning_that_is_in_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, really_preadv = await that_opens_at_once(folder), os.preadv
    (folder / "clip.mp3").write_bytes(with_id3(wav(), 5000))

    def half(number: int, buffers: tuple[bytearray], at: int, flags: int) -> int:
        return really_preadv(number, [memoryview(buffers[0])[:4096]], at, flags)  # pages leave memory as they like

    monkeypatch.setattr(os, "preadv", half)
    opened = await files.open(CLIP)

    assert opened.media_type == "audio/wav"
    opened.close()


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM, errno.EINVAL])
async def test_a_kernel_that_does_not_know_or_allow_openat2_is_not_asked_again(folder: Path, number: int) -> None:
    await that_opens_at_once(folder)  # else nothing is shown by what follows
    asked = []

    def refused(_number: int, _folder: int, path: bytes, _how: OpenHow, _size: int) -> int:
        asked.append(path)
        ctypes.set_errno(number)
        return -1

    files = FilesystemAudio(folder, openat2=Openat2(refused))
    for _ in range(4):
        opened = await files.open(CLIP)

        assert await all_of(opened) == CONTENT
        opened.close()
    assert asked == [os.fsencode(folder / "clip.mp3"), os.fsencode(folder)]


async def test_a_file_that_cannot_be_opened_at_once_does_not_keep_others_from_it(folder: Path) -> None:
    files = await that_opens_at_once(folder)
    (folder / "link.mp3").symlink_to("clip.mp3")
    for name in ("link.mp3", "nothing.mp3", "deep", "x" * 300, "clip.mp3/x"):
        await failure(files, name)

    async with no_thread():
        (await files.open(CLIP)).close()


async def test_a_media_folder_behind_a_symbolic_link_is_opened_at_once_wherever_it_leads(folder: Path) -> None:
    await that_opens_at_once(folder)  # else nothing is shown by what follows
    (link := folder.parent / "link to media").symlink_to(folder)
    files = FilesystemAudio(followed(link))
    (await files.open(CLIP)).close()
    async with no_thread():
        opened = await files.open(CLIP)

        assert await all_of(opened) == CONTENT
        opened.close()
    (elsewhere := folder.parent / "media elsewhere").mkdir()
    (elsewhere / "clip.mp3").write_bytes(CONTENT[:5000])
    link.unlink()
    link.symlink_to(elsewhere)
    opened = await files.open(CLIP)

    assert opened.size == 5000
    opened.close()


async def test_the_folder_is_looked_up_apart_only_if_it_lies_behind_a_symbolic_link(folder: Path) -> None:
    await that_opens_at_once(folder)  # else nothing is shown by what follows
    (link := folder.parent / "link").symlink_to(folder)
    (folder / "link.mp3").symlink_to("clip.mp3")
    really, asked = kernel_syscall(), list[bytes]()
    assert really is not None

    def asking(number: int, here: int, path: bytes, how: OpenHow, size: int) -> int:
        asked.append(path)
        return really(number, here, path, how, size)

    straight, behind = Openat2(asking), Openat2(asking)
    with pytest.raises(NotAtOnce):
        straight.opened_below(folder, "link.mp3")
    os.close(behind.opened_below(followed(link), "clip.mp3"))
    asked.clear()
    os.close(straight.opened_below(folder, "clip.mp3"))

    assert asked == [os.fsencode(folder / "clip.mp3")]
    asked.clear()
    os.close(behind.opened_below(link, "clip.mp3"))
    assert asked == [os.fsencode(link), b"clip.mp3"]


async def test_a_folder_that_was_away_is_opened_at_once_when_it_is_back(folder: Path) -> None:
    files, away = await that_opens_at_once(folder), folder.parent / "away"
    folder.rename(away)

    assert await failure(files, "clip.mp3") == SourceFailure.ABSENT
    away.rename(folder)
    async with no_thread():
        (await files.open(CLIP)).close()


@pytest.mark.parametrize(("below", "name"), [("", "never asked for.mp3"), ("never asked for", "clip.mp3")])
async def test_a_name_that_the_kernel_has_not_in_memory_is_not_looked_for_on_the_disk(
    folder: Path, below: str, name: str
) -> None:
    await that_opens_at_once(folder)
    with pytest.raises(NotAtOnce) as refused:
        Openat2().opened_below(folder / below, name)

    assert isinstance(refused.value.__cause__, OSError)
    assert refused.value.__cause__.errno == errno.EAGAIN  # and not ENOENT, which only the disk can tell


def test_nothing_is_opened_at_once_that_does_not_lie_below_the_folder(folder: Path) -> None:
    (folder / "out.mp3").symlink_to(folder.parent / "secret.mp3")
    (folder / "outside").symlink_to(folder.parent)

    for name in ("../secret.mp3", "deep/../../secret.mp3", "/etc/passwd", "out.mp3", "outside/secret.mp3", "a\0b"):
        with pytest.raises(NotAtOnce):
            Openat2().opened_below(folder, name)


async def test_whoever_stops_waiting_for_an_opening_leaves_no_file_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_opening, may_open, really_open = threading.Event(), threading.Event(), os.open
    opened: list[str] = []

    def slow_open(path: str, flags: int, *, dir_fd: int | None = None) -> int:
        is_opening.set()
        assert may_open.wait(60)
        opened.append(path)
        return really_open(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", slow_open)
    opening = asyncio.create_task(FilesystemAudio(folder).open(AudioLocation("library:clip.mp3")))
    await asyncio.to_thread(is_opening.wait, 60)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    may_open.set()

    assert await soon(lambda: len(opened) == 2)
    assert await soon(lambda: open_media() == [])
