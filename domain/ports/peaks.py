"""What draws a clip's peaks, once, and keeps them."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from domain.location import AudioLocation
from domain.peaks import KeptPeaks, Peaks, PeaksKey
from domain.ports.audio import OpenedAudio


class PeaksDecoder(Protocol):
    """What draws peaks of audio."""

    async def drawn(self, location: AudioLocation, audio: OpenedAudio) -> Peaks:
        """The peaks of ``audio``, which was opened whole at ``location``; whoever opened it closes it.

        Raises PeaksUnavailable: that is the audio's fault. Raises AudioUnavailable, DecoderUnavailable: it is not."""


class SingleFlight(Protocol):
    """Does what many ask for at once only once, and not too much at a time."""

    async def once(self, key: PeaksKey, work: Callable[[], Awaitable[KeptPeaks]]) -> KeptPeaks:
        """What ``work`` returns, or raises: begun now, or by whoever asked for the same ``key`` before and is waiting.

        Work that was begun is done though all who asked leave. Raises DecoderUnavailable: too much waits, it took
        longer than anybody waits (and goes on), or the service ends."""


class PeaksStore(Protocol):
    """The peaks that were drawn, by what they are of. Raises StoreUnavailable when the store cannot be asked.

    About 4 kB for each version of a clip, until they are old (`Retention`): what is forgotten is drawn again."""

    async def kept_peaks(self, key: PeaksKey) -> KeptPeaks | None:
        """What became of drawing them; None if nobody has."""

    async def keep_peaks(self, key: PeaksKey, kept: KeptPeaks) -> None:
        """Keep what became of drawing, in place of what is kept there. Safe to repeat, from many processes."""
