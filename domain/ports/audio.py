"""Where audio comes from, what is learned of it, and where it is kept when it is sent."""

from collections.abc import AsyncIterable, Awaitable, Callable, Collection, Set
from datetime import datetime
from typing import Protocol

from domain.byte_range import ByteRange, RequestedRange
from domain.clip import AudioFacts
from domain.location import AudioLocation
from domain.validators import Validators

LARGEST_CHUNK = 256 * 1024
"""Bytes. More at once costs no less for each, and is only memory."""


Chunk = bytes | bytearray
"""Some bytes, handed over: whoever reads them has them for himself, and a copy would cost as much as reading them."""


class OpenedAudio(Protocol):
    """Audio that is there: its first byte can be had. Whoever opened it closes it, once, however reading ended."""

    @property
    def media_type(self) -> str | None:
        """What the bytes are, e.g. ``audio/mpeg``; None where neither the bytes at hand nor the source tell."""

    @property
    def size(self) -> int | None:
        """The size of the whole clip in bytes; None where the source does not tell before the end."""

    @property
    def range(self) -> ByteRange | None:
        """The part that will be read; None for the whole."""

    @property
    def validators(self) -> Validators:
        """What is known of the version that was opened. Its entity tag differs between locations."""

    @property
    def can_reopen(self) -> bool:
        """Whether another version would be told from this one, so that `reopen` can give the same bytes."""

    async def reopen(self, requested: RequestedRange | None) -> "OpenedAudio":
        """Open the same version again, at another place; both are read and closed independently.

        Raises AudioUnavailable: it cannot be had, with CHANGED if there is another version now, or none can be told
        apart. Raises RangeNotSatisfiable."""

    async def read(self, at_most: int = LARGEST_CHUNK) -> Chunk:
        """The next bytes in order, at most so many and what is at hand; ``b""`` at the end of the part.

        What was read is of one version. Raises AudioUnavailable: the rest cannot be had."""

    def close(self) -> None:
        """Let go of file, socket and memory. Never fails, and closing again does nothing."""


class AudioSource(Protocol):
    """Where audio comes from."""

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        """Open the audio at ``location``, or a part of it; the whole where its size is unknown and it cannot be cut.

        Raises AudioUnavailable: it cannot be had, or is not audio. Raises RangeNotSatisfiable."""


class AudioProbe(Protocol):
    """What learns from audio before it is taken into the catalogue."""

    async def facts(self, location: AudioLocation) -> AudioFacts:
        """Open the audio, read what it tells of itself, close it. Raises AudioUnavailable: it is none, or not there."""


Used = Callable[[Collection[AudioLocation]], Awaitable[Set[AudioLocation]]]
"""Which of these locations clips use at this moment. Raises StoreUnavailable."""


class HeldAudio(Protocol):
    """Uploaded audio that stays where it is until this is closed. Whoever got it closes it."""

    def close(self) -> None:
        """Let go of it. Never fails, and closing again does nothing."""


class ReceivedAudio(HeldAudio, Protocol):
    """Audio that has come whole, and is gone when this is closed unless it was kept."""

    @property
    def location(self) -> AudioLocation:
        """Where it lies once it is kept: ``library:uploads/…``, the same for the same bytes, and for no others."""

    @property
    def facts(self) -> AudioFacts:
        """What it says of itself."""

    async def keep(self) -> None:
        """Put it where it belongs, durably, and hold it there until this is closed. Safe from many processes at once.

        Raises StorageFull, StoreUnavailable: it is not kept."""


class AudioStore(Protocol):
    """Audio that was sent to the service, and is now the service's own to keep and to remove."""

    async def receive(self, chunks: AsyncIterable[Chunk]) -> ReceivedAudio:
        """Take the audio that ``chunks`` are, as they come; in no more memory than a few of them.

        Raises UploadRefused, as early as it is known, StorageFull, StoreUnavailable, and what ``chunks`` raises: in
        each case, and when the process is killed, nothing of it is left."""

    async def hold(self, location: AudioLocation) -> HeldAudio:
        """Hold what lies there, so that a clip can be made of it. Raises AudioUnavailable, StoreUnavailable."""

    async def remove(self, location: AudioLocation, used: Used) -> None:
        """Remove what lies there, unless a clip uses it or it is held: a clip that uses it by the time that it is let
        go has its audio. What was not uploaded is never removed.

        Raises StoreUnavailable: it may still be there."""

    async def sweep(self, before: datetime, used: Used) -> int:
        """Remove all that was uploaded before then and that no clip uses, and say how much. Raises StoreUnavailable."""
