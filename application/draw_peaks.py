"""DrawPeaks: the outline of a clip's audio, drawn once for each version of it and kept."""

from functools import partial

from attrs import frozen

from domain.clip import Clip, ClipId
from domain.errors import AudioUnavailable, PeaksFault, PeaksUnavailable, SourceFailure
from domain.peaks import KeptPeaks, Pair, Peaks, PeaksKey, key_of_upload, key_of_version
from domain.ports import AudioSource, Catalogue, Clock, OpenedAudio, PeaksDecoder, PeaksStore, SingleFlight
from domain.preconditions import Preconditions
from domain.validators import EntityTag, Validators


@frozen
class Waveform:
    """So many points of a clip's audio as were asked for, in order, and what tells them from any others."""

    clip: Clip
    duration: float  # seconds that the points cover, as decoded: the catalogue may say otherwise
    points: tuple[Pair, ...]
    validators: Validators


@frozen
class DrawPeaks:
    """A page's way to a waveform. It is never a play, and no delivery. Of more than ``largest`` bytes there is none."""

    catalogue: Catalogue
    audio: AudioSource
    store: PeaksStore
    decoder: PeaksDecoder
    flights: SingleFlight
    clock: Clock
    largest: int

    async def draw(self, clip_id: ClipId, points: int, preconditions: Preconditions) -> Waveform:
        """The clip's waveform, of the version that its source has now.

        Raises ClipNotFound, AudioUnavailable, PeaksUnavailable, DecoderUnavailable, StoreUnavailable, NotModified,
        PreconditionFailed."""
        clip = await self.catalogue.find(clip_id)
        if clip.size is not None and clip.size > self.largest:
            raise PeaksUnavailable(PeaksFault.TOO_LONG)  # not remembered: the operator may think again
        key = key_of_upload(clip) or await self._key_of_source(clip)
        kept = await self.store.kept_peaks(key)
        if kept is None or not kept.hold_at(self.clock()):
            kept = await self.flights.once(key, partial(self._drawn, clip, key))
        if isinstance(kept.outcome, PeaksFault):
            raise PeaksUnavailable(kept.outcome)
        version = Validators(EntityTag(f"{key}-{points}"))
        preconditions.check(version)
        return Waveform(clip, kept.outcome.duration, kept.outcome.reduced(points), version)

    async def _key_of_source(self, clip: Clip) -> PeaksKey:
        opened = await self.audio.open(clip.audio_url)
        opened.close()  # nobody holds a file or a connection while he waits for his turn
        return key_of_version(clip, opened.validators, opened.size)

    async def _drawn(self, clip: Clip, key: PeaksKey) -> KeptPeaks:
        opened = await self.audio.open(clip.audio_url)
        try:
            version = key_of_upload(clip) or key_of_version(clip, opened.validators, opened.size)
            if version != key:
                raise AudioUnavailable(clip.audio_url, SourceFailure.CHANGED)
            outcome = await self._decoded(clip, opened)
        finally:
            opened.close()
        kept = KeptPeaks(outcome, self.clock())
        await self.store.keep_peaks(key, kept)
        return kept

    async def _decoded(self, clip: Clip, opened: OpenedAudio) -> Peaks | PeaksFault:
        try:
            return await self.decoder.drawn(clip.audio_url, opened)
        except PeaksUnavailable as error:
            return error.why
