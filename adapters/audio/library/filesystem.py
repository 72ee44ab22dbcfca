"""Audio from the media folder. A name leads downwards through plain folders to a plain file, or it leads nowhere."""

import asyncio
import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from attrs import define, field

from adapters.audio.library.descent import opened_below
from adapters.audio.library.file_descriptor import FileDescriptor
from adapters.audio.library.file_version import FileVersion
from adapters.audio.library.known_files import FileFacts, KnownFiles
from adapters.audio.library.openat2 import NotAtOnce, Openat2
from adapters.audio.library.opened_file import OpenedFile
from adapters.audio.media_type import HEAD_BYTES, media_type_of
from adapters.system import utc_now
from domain.byte_range import RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import LIBRARY, AudioLocation, refuse_bad_name
from domain.ports import Clock

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

Learn = Callable[[AudioLocation, FileVersion, FileDescriptor], FileFacts]
"""Tells what an open file is. Raises AudioUnavailable, OSError."""

Read = Callable[[FileDescriptor, int, int], bytes]
"""Reads at most so many bytes of a file, from a place on. Raises OSError."""


@define(eq=False)
class FilesystemAudio:
    """An audio source of the files under ``folder``, which may be a symbolic link itself; nothing below it may."""

    folder: Path
    clock: Clock = utc_now
    openat2: Openat2 = field(factory=Openat2)
    _known: KnownFiles = field(factory=KnownFiles, init=False)
    _never_waits: bool | None = field(default=None, init=False)  # a network's file system may, also amid opening

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedFile:
        """Open a file: at once if the system has in memory where it lies and how it begins, otherwise in a thread.

        The first is opened by a thread, and tells of which kind the file system is."""
        if self._never_waits:
            with suppress(NotAtOnce):
                return self._opened(location, requested, self.openat2.opened_below, self._facts_at_once)
        opened = await closed_if_unwanted(lambda: self._opened(location, requested, opened_below, facts_of))
        self._never_waits = self._never_waits is not False and opened.can_read_at_once()
        return opened

    def _opened(
        self, location: AudioLocation, requested: RequestedRange | None, find: Find, learn: Learn
    ) -> OpenedFile:
        file = self._found(location, find)
        try:
            seen_at = self.clock()
            version = FileVersion(os.fstat(file.number), seen_at)
            return OpenedFile.of(location, requested, learn(location, version, file), version, file)
        except OSError as error:
            file.close()
            raise AudioUnavailable(location, SourceFailure.UNREACHABLE) from error
        except BaseException:
            file.close()
            raise

    def _facts_at_once(self, location: AudioLocation, version: FileVersion, file: FileDescriptor) -> FileFacts:
        """Raises NotAtOnce besides, also for what is known: that its first byte can be had is to be seen each time."""
        known = self._known.facts(location, version)
        if known is not None:
            all_at_once(file, 1, 0)
            return known
        facts = facts_of(location, version, file, all_at_once)
        self._known.remember(location, version, facts)
        return facts

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


def facts_of(
    location: AudioLocation, version: FileVersion, file: FileDescriptor, read: Read = FileDescriptor.read
) -> FileFacts:
    """What a file is by its beginning. Raises AudioUnavailable: it is no file, or not audio."""
    if not version.is_regular_file:
        raise AudioUnavailable(location, SourceFailure.FORBIDDEN)
    media_type = media_type_of(read(file, min(HEAD_BYTES, version.size), 0))
    if media_type is None:
        raise AudioUnavailable(location, SourceFailure.NOT_AUDIO)
    return FileFacts(media_type, version.validators(location))


def all_at_once(file: FileDescriptor, count: int, at: int) -> bytes:
    """Exactly so many bytes: what begins in memory may go on elsewhere. Raises NotAtOnce, OSError."""
    read = file.read_at_once(count, at)
    if read is None or len(read) < count:
        raise NotAtOnce
    return bytes(read)


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
