"""Audio from the media folder. A name leads downwards through plain folders to a plain file, or it leads nowhere."""

import asyncio
import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from attrs import define, field

from adapters.audio.library.file_descriptor import FileDescriptor
from adapters.audio.library.file_version import FileVersion
from adapters.audio.library.openat2 import NotAtOnce, Openat2
from adapters.audio.library.opened_file import OpenedFile
from adapters.audio.media_type import HEAD_BYTES, media_type_of
from adapters.system import utc_now
from domain.byte_range import RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import LIBRARY, AudioLocation, refuse_bad_name
from domain.ports import Clock

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe without a writer is opened at once, and then refused

FAILURES = {
    errno.ENOENT: SourceFailure.ABSENT,
    errno.ENOTDIR: SourceFailure.ABSENT,
    errno.ENAMETOOLONG: SourceFailure.ABSENT,
    errno.ELOOP: SourceFailure.FORBIDDEN,  # how O_NOFOLLOW says that it is a symbolic link
    errno.ENXIO: SourceFailure.FORBIDDEN,  # a socket
    errno.EACCES: SourceFailure.REFUSED,
    errno.EPERM: SourceFailure.REFUSED,
}


Find = Callable[[Path, str], int]
"""Opens what a name leads to below a folder. Raises OSError, ValueError."""

Read = Callable[[FileDescriptor, int, int], bytes]
"""Reads at most so many bytes of a file, from a place on. Raises OSError."""


@define(eq=False)
class FilesystemAudio:
    """An audio source of the files under ``folder``, which may be a symbolic link itself; nothing below it may."""

    folder: Path
    clock: Clock = utc_now
    openat2: Openat2 = field(factory=Openat2)
    _never_waits: bool | None = field(default=None, init=False)  # a network's file system may, also amid opening

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedFile:
        """Open a file: at once if the system has in memory where it lies and how it begins, otherwise in a thread.

        The first is opened by a thread, and tells of which kind the file system is."""
        if self._never_waits:
            with suppress(NotAtOnce):
                return self._opened(location, requested, self.openat2.opened_below, all_at_once)
        opened = await closed_if_unwanted(lambda: self._opened(location, requested, opened_below, FileDescriptor.read))
        self._never_waits = self._never_waits is not False and opened.can_read_at_once()
        return opened

    def _opened(self, location: AudioLocation, requested: RequestedRange | None, find: Find, read: Read) -> OpenedFile:
        file = self._found(location, find)
        try:
            seen_at = self.clock()
            version = FileVersion(file.status(), seen_at)
            if not version.is_regular_file:
                raise AudioUnavailable(location, SourceFailure.FORBIDDEN)
            media_type = media_type_of(read(file, min(HEAD_BYTES, version.size), 0))
            if media_type is None:
                raise AudioUnavailable(location, SourceFailure.NOT_AUDIO)
            return OpenedFile.of(location, media_type, requested, version, file)
        except OSError as error:
            file.close()
            raise AudioUnavailable(location, SourceFailure.UNREACHABLE) from error
        except BaseException:
            file.close()
            raise

    def _found(self, location: AudioLocation, find: Find) -> FileDescriptor:
        name = location.removeprefix(LIBRARY)
        try:
            refuse_bad_name(name)
            return FileDescriptor(find(self.folder, name))
        except ValueError as error:  # a name that leads elsewhere, or has a NUL or a lone surrogate in it
            raise AudioUnavailable(location, SourceFailure.FORBIDDEN) from error
        except OSError as error:
            failure = FAILURES.get(error.errno or 0, SourceFailure.UNREACHABLE)
            raise AudioUnavailable(location, failure) from error


def all_at_once(file: FileDescriptor, count: int, at: int) -> bytes:
    """Exactly so many bytes: what begins in memory may go on elsewhere. Raises NotAtOnce, OSError."""
    read = file.read_at_once(count, at)
    if read is None or len(read) < count:
        raise NotAtOnce
    return bytes(read)


def opened_below(folder: Path, name: str) -> int:
    """A descriptor of what ``name`` leads to, each part of it looked up in the folder that is already open.

    So nothing is ever resolved twice, and nobody can swap a folder for a symbolic link in between.
    May wait. Raises OSError: ELOOP for a symbolic link on the way."""
    *folders, last = name.split("/")
    here = os.open(folder, FOLDER)
    try:
        for part in folders:
            below = opened_in(here, part, FOLDER)
            os.close(here)
            here = below
        return opened_in(here, last, FILE)
    finally:
        os.close(here)


def opened_in(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, "a symbolic link") from None  # Linux says ENOTDIR where a folder is wanted
        raise


async def closed_if_unwanted(open_file: Callable[[], OpenedFile]) -> OpenedFile:
    """What ``open_file`` opens in a thread. Whoever stops waiting leaves nothing open: the thread cannot be stopped."""
    opening = asyncio.get_running_loop().run_in_executor(None, open_file)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(close_late)
        raise


def close_late(opening: asyncio.Future[OpenedFile]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
