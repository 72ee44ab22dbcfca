"""Several parts of a clip as one body: multipart/byteranges (RFC 9110 §14.6)."""

from collections import deque
from collections.abc import Iterator
from secrets import token_hex

from attrs import define, field

from application.stream_clip import Stream
from domain.byte_range import ByteRange, FromTo
from domain.errors import AudioUnavailable, SourceFailure
from domain.ports import LARGEST_CHUNK, Chunk, OpenedAudio
from entrypoints.web.audio_headers import content_range


@define(eq=False)
class MultipartBody:
    """The parts of ``stream`` in their order, each behind a head of its own. The next is opened when one has ended.

    Memory and open audio are those of one part, however many there are."""

    stream: Stream
    media_type: str
    boundary: str = field(factory=lambda: token_hex(16))  # no clip can have been made to contain it
    _audio: OpenedAudio = field(init=False)
    _steps: deque[bytes | ByteRange] = field(init=False)
    _is_amid_part: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._audio = self.stream.audio
        self._steps = deque(self._body())

    @property
    def content_type(self) -> str:
        return f"multipart/byteranges; boundary={self.boundary}"

    @property
    def length(self) -> int:
        """Bytes of the body, heads and all."""
        return sum(len(step) for step in self._body())

    def audio_within(self, sent: int) -> int:
        """Bytes of audio among the first ``sent`` bytes of the body."""
        audio = 0
        for step in self._body():
            audio += min(sent, len(step)) if isinstance(step, ByteRange) else 0
            sent = max(0, sent - len(step))
        return audio

    async def read(self, at_most: int = LARGEST_CHUNK) -> Chunk:
        """The next bytes; ``b""`` at the end. Raises AudioUnavailable: the rest cannot be had, in this version."""
        if self._is_amid_part:
            if chunk := await self._audio.read(at_most):
                return chunk
            self._is_amid_part = False
        while self._steps:
            step = self._steps.popleft()
            if isinstance(step, bytes):
                return step
            await self._move_to(step)
            if chunk := await self._audio.read(at_most):
                self._is_amid_part = True
                return chunk
        return b""

    def close(self) -> None:
        self._audio.close()

    async def _move_to(self, part: ByteRange) -> None:
        """Raises AudioUnavailable: the source has only a piece of the part, whose end the head told already."""
        if self._audio.range == part:
            return
        moved = await self._audio.reopen(FromTo(part.first, part.last))
        if moved.range != part:
            moved.close()
            raise AudioUnavailable(self.stream.clip.audio_url, SourceFailure.INCONSISTENT)
        self._audio.close()
        self._audio = moved

    def _body(self) -> Iterator[bytes | ByteRange]:
        """The body as it will be: what is between the parts, and the parts."""
        before = ""
        for part in self.stream.parts:
            place = content_range(part, self.stream.audio.size)
            head = f"{before}--{self.boundary}\r\nContent-Type: {self.media_type}\r\nContent-Range: {place}\r\n\r\n"
            yield head.encode("latin-1")
            yield part
            before = "\r\n"
        yield f"\r\n--{self.boundary}--\r\n".encode("latin-1")
