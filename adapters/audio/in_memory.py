"""Audio kept in memory: a source that needs neither disk nor network, and keeps the same promises."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Self

from attrs import define, field, frozen

from adapters.audio.media_type import HEAD_BYTES, media_type_of
from domain.byte_range import ByteRange, RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation, content_hash
from domain.ports import LARGEST_CHUNK
from domain.validators import EntityTag, Validators


@define(eq=False)
class OpenedMemory:
    """Some bytes, handed out in chunks. Their entity tag is a hash of them and of where they are; an upload's, of its
    bytes alone (ADR 10)."""

    location: str
    media_type: str | None
    range: ByteRange | None
    _content: bytes
    _at: int
    _end: int
    _is_closed: bool = field(default=False, init=False)

    @classmethod
    def of(cls, location: str, content: bytes, requested: RequestedRange | None) -> Self:
        """Raises AudioUnavailable, RangeNotSatisfiable."""
        media_type = media_type_of(content[:HEAD_BYTES])
        if media_type is None:
            raise AudioUnavailable(location, SourceFailure.NOT_AUDIO)
        part = None if requested is None else requested.within(len(content))
        first, end = (0, len(content)) if part is None else (part.first, part.last + 1)
        return cls(location, media_type, part, content, first, end)

    @property
    def size(self) -> int:
        return len(self._content)

    @property
    def validators(self) -> Validators:
        if digest := content_hash(self.location):
            return Validators(EntityTag(digest))
        named = sha256(self.location.encode(errors="surrogatepass") + b"\0" + self._content)
        return Validators(EntityTag(named.hexdigest()))

    @property
    def can_reopen(self) -> bool:
        return True

    async def reopen(self, requested: RequestedRange | None) -> Self:
        return self.of(self.location, self._content, requested)

    async def read(self, at_most: int = LARGEST_CHUNK) -> bytes:
        if self._is_closed:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED)
        chunk = self._content[self._at : min(self._at + at_most, self._end)]
        self._at += len(chunk)
        return chunk

    def close(self) -> None:
        self._is_closed = True


@frozen
class MemoryAudio:
    """An audio source of what ``content`` holds at the moment of opening, by location."""

    content: Mapping[AudioLocation, bytes]

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedMemory:
        content = self.content.get(location)
        if content is None:
            raise AudioUnavailable(location, SourceFailure.ABSENT)
        return OpenedMemory.of(location, content, requested)
