"""Audio kept in memory: a source that needs neither disk nor network, and keeps the same promises."""

from collections.abc import Mapping

from attrs import define, field, frozen

from adapters.audio.media_type import HEAD_BYTES, media_type_of
from domain.byte_range import ByteRange, RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation

CHUNK = 64 * 1024


@define(eq=False)
class OpenedMemory:
    """Some bytes, handed out in chunks."""

    location: str
    media_type: str | None
    size: int | None
    range: ByteRange | None
    _rest: memoryview
    _is_closed: bool = field(default=False, init=False)

    async def read(self) -> bytes:
        if self._is_closed:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED)
        chunk, self._rest = bytes(self._rest[:CHUNK]), self._rest[CHUNK:]
        return chunk

    def close(self) -> None:
        self._rest, self._is_closed = memoryview(b""), True


@frozen
class MemoryAudio:
    """An audio source of what ``content`` holds at the moment of opening, by location."""

    content: Mapping[AudioLocation, bytes]

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedMemory:
        content = self.content.get(location)
        if content is None:
            raise AudioUnavailable(location, SourceFailure.ABSENT)
        media_type = media_type_of(content[:HEAD_BYTES])
        if media_type is None:
            raise AudioUnavailable(location, SourceFailure.NOT_AUDIO)
        part = None if requested is None else requested.within(len(content))
        selected = memoryview(content)[part.first : part.last + 1] if part else memoryview(content)
        return OpenedMemory(location, media_type, len(content), part, selected)
