"""Curate: add clips, change them, take them out. A clip must be audible to be kept."""

from attrs import evolve, frozen

from domain.clip import UNCHANGED, AudioFacts, Clip, ClipChanges, ClipDetails, ClipId
from domain.errors import AudioRefused, AudioUnavailable, DurationUnknown
from domain.location import AudioLocation
from domain.ports import AudioProbe, Catalogue, Clock


@frozen
class Curate:
    """What somebody with a write key may do."""

    catalogue: Catalogue
    probe: AudioProbe
    clock: Clock

    async def add(self, details: ClipDetails) -> Clip:
        """Keep a clip. Raises AudioRefused, DurationUnknown: nothing was kept."""
        audio = await self._heard(details.audio_url)
        return await self.catalogue.add(completed(details, audio), audio, self.clock())

    async def add_once(self, key: str, details: ClipDetails) -> bool:
        """Keep a clip unless one was ever kept under ``key``. Raises AudioRefused, DurationUnknown."""
        audio = await self._heard(details.audio_url)
        return await self.catalogue.add_once(key, completed(details, audio), audio, self.clock())

    async def change(self, clip: ClipId, changes: ClipChanges) -> Clip:
        """Change what is named. A new location must be audible too, and brings its own duration unless one is given.

        Raises ClipNotFound, AudioRefused, DurationUnknown: nothing was changed."""
        if changes.audio_url is UNCHANGED:
            return await self.catalogue.change(clip, changes, None)
        await self.catalogue.find(clip)
        audio = await self._heard(changes.audio_url)
        if changes.duration is UNCHANGED:
            changes = evolve(changes, duration=told_duration(audio, changes.audio_url))
        return await self.catalogue.change(clip, changes, audio)

    async def remove(self, clip: ClipId) -> None:
        """Take a clip out; its plays stay in the ledger. Raises ClipNotFound."""
        await self.catalogue.remove(clip)

    async def _heard(self, location: AudioLocation) -> AudioFacts:
        try:
            return await self.probe.facts(location)
        except AudioUnavailable as error:
            raise AudioRefused(error.location, error.failure) from error


def completed(details: ClipDetails, audio: AudioFacts) -> ClipDetails:
    """``details`` with a duration: the one that was given, or the audio's own. Raises DurationUnknown."""
    if details.duration is not None:
        return details
    return evolve(details, duration=told_duration(audio, details.audio_url))


def told_duration(audio: AudioFacts, location: AudioLocation) -> float:
    """The duration that the audio tells. Raises DurationUnknown."""
    if audio.duration is None:
        raise DurationUnknown(location)
    return audio.duration
