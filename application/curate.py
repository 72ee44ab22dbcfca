"""Curate: add clips, change them, take them out. A clip must be audible to be kept."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from attrs import evolve, frozen

from domain.clip import UNCHANGED, AudioFacts, Clip, ClipChanges, ClipDetails, ClipId, ClipOffer, title_of_file
from domain.errors import AudioRefused, AudioUnavailable, DetailsUnknown, DurationUnknown, StoreUnavailable
from domain.location import AudioLocation, content_hash
from domain.ports import AudioProbe, AudioStore, Catalogue, Chunk, Clock, ReceivedAudio, Telemetry

Write = Callable[[], Awaitable[Clip]]
"""Has the catalogue make a clip of audio, or of a clip another."""


@frozen
class Curate:
    """What somebody with a write key may do."""

    catalogue: Catalogue
    probe: AudioProbe
    clock: Clock
    uploads: AudioStore
    telemetry: Telemetry

    async def add(self, details: ClipDetails) -> Clip:
        """Keep a clip. Raises AudioRefused, DurationUnknown: nothing was kept."""
        async with self._heard(details.audio_url) as audio:
            return await self.catalogue.add(completed(details, audio), audio, self.clock())

    async def add_once(self, key: str, details: ClipDetails) -> bool:
        """Keep a clip unless one was ever kept under ``key``: its audio is not asked for then. Raises AudioRefused,
        DurationUnknown."""
        if await self.catalogue.was_added(key):
            return False
        async with self._heard(details.audio_url) as audio:
            return await self.catalogue.add_once(key, completed(details, audio), audio, self.clock())

    async def take_in(self, chunks: AsyncIterable[Chunk], offer: Callable[[], ClipOffer]) -> Clip:
        """Keep audio that is sent, and make a clip of it and of what is said of it, which is asked for when all chunks
        have come. What is not said, the audio's tags say; a title, at last, the name of its file.

        Raises UploadRefused, DetailsUnknown, StorageFull, StoreUnavailable and what ``chunks`` and ``offer`` raise:
        nothing was kept."""
        received = await self.uploads.receive(chunks)
        try:
            details = offered(offer(), received)
            return await self._kept(received, lambda: self.catalogue.add(details, received.facts, self.clock()))
        finally:
            received.close()

    async def replace_audio(self, clip: ClipId, chunks: AsyncIterable[Chunk]) -> Clip:
        """Give a clip the audio that is sent, and its duration; what else is said of it stays.

        Raises ClipNotFound, before anything is taken in, UploadRefused, DurationUnknown, StorageFull, StoreUnavailable
        and what ``chunks`` raises: nothing was changed."""
        before = (await self.catalogue.find(clip)).audio_url
        received = await self.uploads.receive(chunks)
        try:
            duration = told_duration(received.facts, received.location)
            changes = ClipChanges(audio_url=received.location, duration=duration)
            changed = await self._kept(received, lambda: self.catalogue.change(clip, changes, received.facts))
        finally:
            received.close()
        await self._let_go(before)
        return changed

    async def change(self, clip: ClipId, changes: ClipChanges) -> Clip:
        """Change what is named. A new location must be audible too, and brings its own duration unless one is given.

        Raises ClipNotFound, AudioRefused, DurationUnknown: nothing was changed."""
        if changes.audio_url is UNCHANGED:
            return await self.catalogue.change(clip, changes, None)
        before = (await self.catalogue.find(clip)).audio_url
        async with self._heard(changes.audio_url) as audio:
            if changes.duration is UNCHANGED:
                changes = evolve(changes, duration=told_duration(audio, changes.audio_url))
            changed = await self.catalogue.change(clip, changes, audio)
        await self._let_go(before)
        return changed

    async def remove(self, clip: ClipId) -> None:
        """Take a clip out; its plays stay in the ledger. Raises ClipNotFound."""
        await self._let_go(await self.catalogue.remove(clip))

    @asynccontextmanager
    async def _heard(self, location: AudioLocation) -> AsyncIterator[AudioFacts]:
        """What the audio says of itself; if it was uploaded, it stays there meanwhile. Raises AudioRefused."""
        held = None
        try:
            held = await self.uploads.hold(location) if content_hash(location) else None
            facts = await self.probe.facts(location)
        except AudioUnavailable as error:
            if held is not None:
                held.close()
            raise AudioRefused(error.location, error.failure) from error
        try:
            yield facts
        finally:
            if held is not None:
                held.close()

    async def _kept(self, received: ReceivedAudio, write: Write) -> Clip:
        """The clip that ``write`` makes of the audio; if it fails, the audio goes again, unless another clip has it."""
        await received.keep()
        try:
            return await write()
        except BaseException:
            received.close()
            await self._let_go(received.location)
            raise

    async def _let_go(self, location: AudioLocation) -> None:
        """Remove what was uploaded there, unless a clip uses it. What cannot be removed now is swept later: what was
        asked for is done, or failed, by another reason."""
        if content_hash(location) is None:
            return
        try:
            await self.uploads.remove(location, self.catalogue.used)
        except StoreUnavailable as error:
            self.telemetry.upload_left(location, error.reason)


def offered(offer: ClipOffer, audio: ReceivedAudio) -> ClipDetails:
    """All that is to be said of a clip, by whoever sends its audio or by the audio. Raises DetailsUnknown."""
    tags = audio.facts.tags
    title = offer.title or tags.title or title_of_file(offer.file_name)
    genre = offer.genre or tags.genre
    duration = offer.duration or audio.facts.duration
    if title is None or genre is None or duration is None:
        needed = {"title": title, "genre": genre, "duration": duration}
        raise DetailsUnknown(tuple(name for name, value in needed.items() if value is None))
    return ClipDetails(
        title=title,
        genre=genre,
        audio_url=audio.location,
        description=tags.description if offer.description is None else offer.description,
        duration=duration,
        tags=offer.tags,
    )


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
