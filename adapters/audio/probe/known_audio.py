"""What was learned of audio files, so that each version of one is read once."""

import asyncio

from attrs import field, frozen

from adapters.audio.probe.tag_probe import TagProbe
from adapters.audio.recent import Recent
from domain.byte_range import RequestedRange
from domain.clip import AudioFacts
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import LIBRARY, AudioLocation
from domain.ports import AudioSource, OpenedAudio
from domain.validators import EntityTag

MOST_KNOWN = 1_000  # versions, 1 KB each and at most 9 KB; what is forgotten is read again

Version = tuple[AudioLocation, EntityTag]


@frozen
class ThisVersion:
    """A source of nothing but what was opened, as it was then, also if another file has its name by now."""

    opened: OpenedAudio

    async def open(self, _location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        return await self.opened.reopen(requested)


@frozen
class KnownAudio:
    """An audio probe that reads a file of the media folder only where it does not know the file's version.

    The file is opened each time, so that it is there, and just what the facts are of. A strong entity tag names that
    for good (ADR 6, ADR 10): what has none, as a file that was just written, is read each time. So is what lies
    elsewhere: there, whoever serves the audio says what names it. Waits ``patience`` seconds for the folder."""

    source: AudioSource
    patience: float = 20
    _facts: Recent[Version, AudioFacts] = field(factory=lambda: Recent(MOST_KNOWN), init=False, eq=False, repr=False)

    async def facts(self, location: AudioLocation) -> AudioFacts:
        if not location.startswith(LIBRARY):
            return await TagProbe(self.source).facts(location)
        opened = await self._opened(location)
        try:
            tag = opened.validators.entity_tag
            if not opened.can_reopen:
                return await TagProbe(self.source).facts(location)
            if tag is None or tag.is_weak:
                return await TagProbe(ThisVersion(opened)).facts(location)
            return self._facts.get((location, tag)) or await self._learned(location, opened, tag)
        finally:
            opened.close()

    async def _learned(self, location: AudioLocation, opened: OpenedAudio, tag: EntityTag) -> AudioFacts:
        """The facts; kept if they are complete, for a disk may have been too slow to tell how long the audio is."""
        facts = await TagProbe(ThisVersion(opened)).facts(location)
        if facts.duration is not None:
            self._facts.put((location, tag), facts)
        return facts

    async def _opened(self, location: AudioLocation) -> OpenedAudio:
        """Raises AudioUnavailable."""
        try:
            async with asyncio.timeout(self.patience):
                return await self.source.open(location)
        except TimeoutError as error:
            raise AudioUnavailable(location, SourceFailure.TOO_SLOW) from error
