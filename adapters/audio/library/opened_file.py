"""A file of the media folder while it is being read."""

import asyncio
from contextlib import suppress
from typing import Self

from attrs import define, field

from adapters.audio.library.file_descriptor import FileDescriptor
from adapters.audio.library.file_version import FileVersion
from adapters.audio.library.known_files import FileFacts
from domain.byte_range import ByteRange, RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.ports import LARGEST_CHUNK, Chunk
from domain.validators import Validators


@define(eq=False)
class OpenedFile:
    """The bytes of the version that was opened, never of two; a file that is replaced by renaming is read to its end.

    Two changes within one tick of the kernel's clock look like one (ADR 6)."""

    location: str
    range: ByteRange | None
    _facts: FileFacts
    _version: FileVersion
    _file: FileDescriptor  # its share is this one's to close
    _at: int
    _end: int
    _is_closed: bool = field(default=False, init=False)

    @classmethod
    def of(
        cls,
        location: str,
        requested: RequestedRange | None,
        facts: FileFacts,
        version: FileVersion,
        file: FileDescriptor,
    ) -> Self:
        """Raises RangeNotSatisfiable: the share in ``file`` stays the caller's."""
        part = None if requested is None else requested.within(version.size)
        first, end = (0, version.size) if part is None else (part.first, part.last + 1)
        return cls(location, part, facts, version, file, first, end)

    @property
    def media_type(self) -> str:
        return self._facts.media_type

    @property
    def validators(self) -> Validators:
        return self._facts.validators

    @property
    def size(self) -> int:
        return self._version.size

    @property
    def can_reopen(self) -> bool:
        return True

    def can_read_at_once(self) -> bool:
        """Whether the file system can tell what is in memory. Never waits; reading has to be possible."""
        with suppress(OSError):
            self._file.read_at_once(1, 0)
        return self._file.can_read_at_once

    async def reopen(self, requested: RequestedRange | None) -> Self:
        """On the same open file, so that it need not be found again, and may be gone from its folder by now."""
        self._refuse_if_closed()
        try:
            await self._refuse_if_changed()
            again = self.of(self.location, requested, self._facts, self._version, self._file)
            self._file.share()
        except OSError as error:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED) from error
        return again

    async def read(self, at_most: int = LARGEST_CHUNK) -> Chunk:
        """What the system has in memory, at once; where that is nothing, a thread waits for the disk."""
        self._refuse_if_closed()
        count = min(at_most, LARGEST_CHUNK, self._end - self._at)
        if count == 0:
            return b""
        try:
            chunk: Chunk | None = self._file.read_at_once(count, self._at)
            if chunk is None:
                chunk = await asyncio.to_thread(self._file.read, count, self._at)
            if not chunk or self._at + len(chunk) == self._end:
                await self._refuse_if_changed()
        except OSError as error:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED) from error
        if not chunk:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED)
        self._at += len(chunk)
        return chunk

    async def _refuse_if_changed(self) -> None:
        """Look whether the file still is the version that was opened. Looking after reading is enough: the system marks
        a file as changed before it changes a byte. A network's file system may have to ask for it."""
        file = self._file
        now = file.status_at_once() if file.can_read_at_once else await asyncio.to_thread(file.status)
        if not self._version.is_kept_in(now):
            raise AudioUnavailable(self.location, SourceFailure.CHANGED)

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED)

    def close(self) -> None:
        """Never waits. What a thread still reads is thrown away."""
        was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            self._file.close()
