"""A listener's way through a copy on disk."""

from typing import Self

from attrs import define, field

from adapters.audio.cache.copy import Copy
from domain.byte_range import ByteRange, FromTo, RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.ports import LARGEST_CHUNK, Chunk, OpenedAudio
from domain.validators import Validators


@define(eq=False)
class OpenedCopy:
    """Part of a copy, or all of it, in order: what has arrived at once, what is still to come when it comes.

    Where the disk fails the copy, the listener goes on from its source."""

    range: ByteRange | None
    _copy: Copy
    _at: int
    _end: int
    _rest: OpenedAudio | None = field(default=None, init=False)  # from the source
    _is_closed: bool = field(default=False, init=False)

    @classmethod
    def of(cls, copy: Copy, requested: RequestedRange | None) -> Self:
        """Listen to a copy that is held; closing lets it go. Raises RangeNotSatisfiable: it is let go."""
        try:
            part = None if requested is None else requested.within(copy.version.size)
        except BaseException:
            copy.let_go()
            raise
        first, end = (0, copy.version.size) if part is None else (part.first, part.last + 1)
        return cls(part, copy, first, end)

    @property
    def media_type(self) -> str | None:
        return self._copy.version.media_type

    @property
    def size(self) -> int:
        return self._copy.version.size

    @property
    def validators(self) -> Validators:
        return self._copy.version.validators

    @property
    def can_reopen(self) -> bool:
        return True

    async def begins(self) -> bool:
        """Wait for the first byte; False, and closed, if the disk failed. Raises AudioUnavailable: the source did."""
        has_begun = False
        try:
            has_begun = await self._copy.until(self._at)
        finally:
            if not has_begun:
                self.close()
        return has_begun

    async def reopen(self, requested: RequestedRange | None) -> OpenedAudio:
        copy = self._copy
        if not copy.hold():
            raise AudioUnavailable(copy.version.location, SourceFailure.CHANGED)
        opened = OpenedCopy.of(copy, requested)
        if copy.comes_late(requested) and copy.can_ask_source:
            opened.close()
        elif await opened.begins():
            return opened
        return await copy.from_source(requested)

    async def read(self, at_most: int = LARGEST_CHUNK) -> Chunk:
        if self._is_closed:
            raise AudioUnavailable(self._copy.version.location, SourceFailure.INTERRUPTED)
        if self._at == self._end:
            return b""
        if self._rest is None and not await self._copy.until(self._at):
            await self._go_round()
        if self._rest is not None:
            chunk = await self._rest.read(min(at_most, self._end - self._at))
        else:
            chunk = await self._copy.read(min(at_most, LARGEST_CHUNK, self._end - self._at), self._at)
        self._at += len(chunk)
        return chunk

    async def _go_round(self) -> None:
        wanted = FromTo(self._at, self._end - 1)
        rest = await self._copy.from_source(wanted)
        if self._is_closed or rest.range != wanted.within(self.size):
            rest.close()
            raise AudioUnavailable(self._copy.version.location, SourceFailure.INCONSISTENT)
        self._rest = rest

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._copy.let_go()
            if self._rest is not None:
                self._rest.close()
