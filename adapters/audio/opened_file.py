"""A file of the media folder while it is being read."""

import asyncio
from typing import Self

from attrs import define, field

from adapters.audio.file_descriptor import FileDescriptor
from domain.byte_range import ByteRange
from domain.errors import AudioUnavailable, SourceFailure

FIRST_CHUNK = 64 * 1024  # soon out
CHUNK = 256 * 1024  # the size that costs least per byte and is still a bound


@define(eq=False)
class OpenedFile:
    """The bytes that were promised when the file was opened: never more if it grew since, and an error if it shrank."""

    location: str
    media_type: str | None
    size: int | None
    range: ByteRange | None
    _file: FileDescriptor
    _at: int
    _end: int
    _chunk: int = field(default=FIRST_CHUNK, init=False)

    @classmethod
    def of(cls, location: str, media_type: str, size: int, part: ByteRange | None, file: FileDescriptor) -> Self:
        first, end = (0, size) if part is None else (part.first, part.last + 1)
        return cls(location, media_type, size, part, file, first, end)

    async def read(self) -> bytes:
        """The next bytes: at once if the system has them in memory, otherwise by a thread that waits for the disk."""
        count = min(self._chunk, self._end - self._at)
        if count == 0:
            return b""
        try:
            chunk = self._file.read_at_once(count, self._at)
            if chunk is None:
                chunk = await asyncio.to_thread(self._file.read, count, self._at)
        except OSError as error:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED) from error
        if not chunk:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED)
        self._at += len(chunk)
        self._chunk = CHUNK
        return chunk

    def close(self) -> None:
        self._file.close()
