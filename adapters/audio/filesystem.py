"""Audio from the media folder. A name leads downwards through plain folders to a plain file, or it leads nowhere."""

import asyncio
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from adapters.audio.file_descriptor import FileDescriptor
from adapters.audio.media_type import HEAD_BYTES, media_type_of
from adapters.audio.opened_file import OpenedFile
from domain.byte_range import RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import LIBRARY, AudioLocation, refuse_bad_name

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


@frozen
class FilesystemAudio:
    """An audio source of the files under ``folder``, which may be a symbolic link itself; nothing below it may."""

    folder: Path

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedFile:
        """Open a file, in a thread: the folder may be a network's, and its names slow to find."""
        return await closed_if_unwanted(lambda: self._opened(location, requested))

    def _opened(self, location: AudioLocation, requested: RequestedRange | None) -> OpenedFile:
        file = self._found(location)
        try:
            size, head = file.size(), file.read(HEAD_BYTES, 0)
            media_type = media_type_of(head)
            if media_type is None:
                raise AudioUnavailable(location, SourceFailure.NOT_AUDIO)
            part = None if requested is None else requested.within(size)
        except OSError as error:
            file.close()
            raise AudioUnavailable(location, SourceFailure.UNREACHABLE) from error
        except BaseException:
            file.close()
            raise
        return OpenedFile.of(location, media_type, size, part, file)

    def _found(self, location: AudioLocation) -> FileDescriptor:
        try:
            refuse_bad_name(location.removeprefix(LIBRARY))
            descriptor = opened_below(self.folder, location.removeprefix(LIBRARY).split("/"))
        except ValueError as error:  # a name that leads elsewhere, or has a NUL or a lone surrogate in it
            raise AudioUnavailable(location, SourceFailure.FORBIDDEN) from error
        except OSError as error:
            failure = FAILURES.get(error.errno or 0, SourceFailure.UNREACHABLE)
            raise AudioUnavailable(location, failure) from error
        return FileDescriptor(descriptor)


def opened_below(folder: Path, names: list[str]) -> int:
    """A descriptor of the regular file that ``names`` lead to, each looked up in the folder that is already open.

    So no name is ever resolved twice, and nobody can swap a folder for a symbolic link in between.
    Raises OSError: ELOOP for a symbolic link on the way, ENXIO for what is not a regular file."""
    here = os.open(folder, FOLDER)
    try:
        for name in names[:-1]:
            below = opened_in(here, name, FOLDER)
            os.close(here)
            here = below
        file = opened_in(here, names[-1], FILE)
    finally:
        os.close(here)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.ENXIO, "not a regular file")
    except OSError:
        os.close(file)
        raise
    return file


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
