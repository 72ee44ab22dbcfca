"""A media folder for tests, and what the system says of it."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from adapters.audio.library.file_descriptor import RWF_NOWAIT
from adapters.audio.library.filesystem import FilesystemAudio
from adapters.audio.library.openat2 import NotAtOnce, Openat2
from domain.location import AudioLocation
from domain.ports import OpenedAudio
from tests.sounds import mp3_of

CONTENT = mp3_of(1_000_000)
CLIP = AudioLocation("library:clip.mp3")


def made_folder(parent: Path) -> Path:
    """A folder with a clip in it, another further down, and one outside; all are years old."""
    media = parent / "media"
    (media / "deep").mkdir(parents=True)
    for path in (media / "clip.mp3", media / "deep" / "clip.mp3", parent / "secret.mp3"):
        path.write_bytes(CONTENT)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return media


def open_media() -> list[str]:
    """The paths of media that this process has open."""
    paths = []
    for number in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor of this very listing
            paths.append(str(number.readlink()))
    return [path for path in paths if "media" in path and "pytest" in path]


async def that_opens_at_once(folder: Path) -> FilesystemAudio:
    """A source that knows already how this file system is; skips the test where it is not such a one."""
    files = FilesystemAudio(folder)
    opened = await files.open(CLIP)
    try:
        os.close(Openat2().opened_below(folder, "clip.mp3"))
    except NotAtOnce:
        pytest.skip("this kernel has no openat2")
    finally:
        opened.close()
    if not can_read_at_once(folder / "clip.mp3"):
        pytest.skip("this file system cannot tell what is in memory")
    return files


async def that_opens_by_a_thread(folder: Path) -> FilesystemAudio:
    return FilesystemAudio(folder, openat2=Openat2(None))


@asynccontextmanager
async def no_thread() -> AsyncIterator[None]:
    """Whoever needs a thread from here on gets a RuntimeError."""
    loop = asyncio.get_running_loop()
    without = ThreadPoolExecutor(1)
    without.shutdown()
    loop.set_default_executor(without)
    yield
    loop.set_default_executor(ThreadPoolExecutor(1))


def can_read_at_once(path: Path) -> bool:
    """Whether the file system of ``path`` can tell what of a file is in memory."""
    try:
        in_memory(path, 1)
    except OSError:
        return False
    return True


def in_memory(path: Path, count: int) -> int:
    """How many of the first ``count`` bytes are in memory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.preadv(descriptor, [bytearray(count)], 0, RWF_NOWAIT or 0)
    except BlockingIOError:
        return 0
    finally:
        os.close(descriptor)


def forget(path: Path, *, but_the_beginning: bool = False) -> None:
    """Bring the system to keep nothing of ``path`` in memory, or only a few pages; skips the test where it does not."""
    for is_looked_at in (True, False):  # looking alone makes the system fetch it
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            size = len(os.pread(descriptor, path.stat().st_size, 0))  # nothing is on its way any more
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            if but_the_beginning:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)  # so that no more is read than is asked for
                os.pread(descriptor, 1, 0)
        finally:
            os.close(descriptor)
        if is_looked_at and not but_the_beginning <= in_memory(path, size) < max(1, size * but_the_beginning):
            pytest.skip("this file system keeps in memory what it likes")


async def all_of(opened: OpenedAudio) -> bytes:
    read = b""
    while chunk := await opened.read():
        read += chunk
    return read
