"""The audio store in memory, for a service that keeps nothing."""

from collections import Counter
from collections.abc import AsyncIterable
from datetime import datetime
from hashlib import sha256

from attrs import define, field, frozen

from adapters.audio.in_memory import MemoryAudio
from adapters.audio.probe.tag_probe import TagProbe
from adapters.audio.uploads.kinds import accepted_type, in_pieces
from adapters.system import utc_now
from domain.byte_range import RequestedRange
from domain.clip import AudioFacts
from domain.errors import (
    AudioUnavailable,
    SourceFailure,
    StorageFull,
    StoreUnavailable,
    UploadRefused,
)
from domain.location import UPLOAD_ENDINGS, UPLOADS, AudioLocation, content_hash
from domain.ports import AudioSource, Chunk, Clock, OpenedAudio, Used

ROOM = 2**30  # bytes


@define(eq=False)
class UploadsInMemory:
    """An audio store, and an audio source of what is kept in it. ``room`` is the most bytes that it keeps."""

    content: dict[AudioLocation, bytes] = field(factory=dict)
    room: int = ROOM
    clock: Clock = utc_now
    _kept_at: dict[AudioLocation, datetime] = field(factory=dict, init=False)
    _holders: Counter[AudioLocation] = field(factory=Counter, init=False)
    _times_held: Counter[AudioLocation] = field(factory=Counter, init=False)

    async def receive(self, chunks: AsyncIterable[Chunk]) -> "ReceivedBytes":
        taken, media_type = bytearray(), None
        async for piece in in_pieces(chunks):
            media_type = media_type or accepted_type(bytes(piece))
            taken += piece
            if len(taken) > self.room:
                raise StorageFull
        if media_type is None:
            raise UploadRefused(None)
        content = bytes(taken)
        location = AudioLocation(f"{UPLOADS}{sha256(content).hexdigest()}.{UPLOAD_ENDINGS[media_type]}")
        try:
            facts = await TagProbe(MemoryAudio({location: content})).facts(location)
        except AudioUnavailable as error:
            raise UploadRefused(None) from error
        return ReceivedBytes(location, facts, content, self)

    async def hold(self, location: AudioLocation) -> "Hold":
        if location not in self._kept_at:
            raise AudioUnavailable(location, SourceFailure.ABSENT)
        return self.held(location)

    async def remove(self, location: AudioLocation, used: Used) -> None:
        """What was held at any moment since stays, as a clip may use it by now; who let go of it asks to remove it."""
        was_held, times_held = self._holders[location], self._times_held[location]
        if location not in self._kept_at or await used([location]):
            return
        if was_held or self._times_held[location] != times_held:
            raise StoreUnavailable("the same audio is just being added")
        self.content.pop(location, None)
        self._kept_at.pop(location, None)

    async def sweep(self, before: datetime, used: Used) -> int:
        old = [location for location, at in self._kept_at.items() if at < before]
        in_use = await used(list(self._kept_at))
        unused = [location for location in old if location not in in_use] if in_use else []
        for location in unused:
            await self.remove(location, used)
        return len(unused)

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        return await MemoryAudio(self.content).open(location, requested)

    async def close(self) -> None:
        """Nothing is under way."""

    def held(self, location: AudioLocation) -> "Hold":
        self._holders[location] += 1
        self._times_held[location] += 1
        return Hold(self, location)

    def let_go(self, location: AudioLocation) -> None:
        self._holders[location] -= 1

    def put(self, location: AudioLocation, content: bytes) -> None:
        """Raises StorageFull."""
        if location not in self._kept_at:
            if sum(len(self.content[each]) for each in self._kept_at) + len(content) > self.room:
                raise StorageFull
            self.content[location] = content
            self._kept_at[location] = self.clock()


@define(eq=False)
class Hold:
    """Somebody's hold on what lies in a store in memory."""

    _store: UploadsInMemory
    _location: AudioLocation
    _is_closed: bool = field(default=False, init=False)

    def close(self) -> None:
        was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            self._store.let_go(self._location)


@define(eq=False)
class ReceivedBytes:
    """Audio that came whole, in memory."""

    location: AudioLocation
    facts: AudioFacts
    _content: bytes
    _store: UploadsInMemory
    _hold: Hold | None = field(default=None, init=False)

    async def keep(self) -> None:
        self._store.put(self.location, self._content)
        self._hold = self._hold or self._store.held(self.location)

    def close(self) -> None:
        if self._hold is not None:
            self._hold.close()


@frozen
class UploadsFirst:
    """An audio source of two: uploads from one, every other file from the other."""

    uploads: AudioSource
    library: AudioSource

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        source = self.library if content_hash(location) is None else self.uploads
        return await source.open(location, requested)
