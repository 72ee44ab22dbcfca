"""A source whose clips, failures and pace a test decides, and what a cache on top of it shows to the outside."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import Factory, define, field, frozen

from adapters.audio.cache.cached_audio import CachedAudio
from adapters.audio.cache.shelf import Shelf
from adapters.audio.cache.survey import status_of
from domain.byte_range import ByteRange, RequestedRange
from domain.decision import Reason
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from domain.ports import LARGEST_CHUNK, CacheOutcome, Chunk, OpenedAudio
from domain.validators import UNKNOWN, EntityTag, Validators
from tests.upstream import soon

CLIP = AudioLocation("https://example.net/clip.mp3")
OTHER = AudioLocation("https://example.net/other.mp3")
MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@frozen
class Sound:
    """What a source has at a location: some bytes, and what it says of them."""

    content: bytes
    validators: Validators = UNKNOWN
    tells_size: bool = True
    media_type: str | None = "audio/mpeg"


def tagged(content: bytes, tag: str = "one") -> Sound:
    return Sound(content, Validators(EntityTag(tag)))


def dated(content: bytes, date: datetime = MOMENT - timedelta(days=1)) -> Sound:
    return Sound(content, Validators(None, date))


@define(eq=False)
class Origin:
    """The source. It gives no byte at or behind ``halt``, and breaks off at ``breaks_at``."""

    sounds: dict[AudioLocation, Sound] = Factory(dict)
    failure: SourceFailure | None = None  # of whoever opens
    breaks_at: int | None = None
    halt: int | None = None
    piece: int = 64 * 1024
    asked: list[tuple[AudioLocation, RequestedRange | None]] = Factory(list)
    open_now: int = 0
    can_reopen: bool = True
    ignores_ranges: bool = False  # of what is reopened
    slow: bool = False  # to open
    _moved: asyncio.Event = field(factory=asyncio.Event, init=False)

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        self.asked.append((location, requested))
        await asyncio.sleep(3600 if self.slow else 0)
        if self.failure is not None:
            raise AudioUnavailable(location, self.failure)
        if location not in self.sounds:
            raise AudioUnavailable(location, SourceFailure.ABSENT)
        return self.opened(location, self.sounds[location], requested)

    def opened(self, location: AudioLocation, sound: Sound, requested: RequestedRange | None) -> OpenedAudio:
        part = requested.within(len(sound.content)) if requested is not None and sound.tells_size else None
        self.open_now += 1
        first, end = (part.first, part.last + 1) if part else (0, len(sound.content))
        return OpenedOrigin(location, sound, part, self, first, end)

    def go_on(self, to: int | None = None) -> None:
        self.halt = to
        self._moved.set()
        self._moved = asyncio.Event()

    async def reached(self, position: int) -> None:
        while self.halt is not None and position >= self.halt:
            await self._moved.wait()


@define(eq=False)
class OpenedOrigin:
    """What the source opened."""

    location: AudioLocation
    sound: Sound
    range: ByteRange | None
    origin: Origin
    _at: int
    _end: int
    _is_closed: bool = False

    @property
    def media_type(self) -> str | None:
        return self.sound.media_type

    @property
    def size(self) -> int | None:
        return len(self.sound.content) if self.sound.tells_size else None

    @property
    def validators(self) -> Validators:
        return self.sound.validators

    @property
    def can_reopen(self) -> bool:
        return self.origin.can_reopen

    async def reopen(self, requested: RequestedRange | None) -> OpenedAudio:
        if self.origin.failure is not None:
            raise AudioUnavailable(self.location, self.origin.failure)
        if not self.can_reopen or self.origin.sounds.get(self.location) != self.sound:
            raise AudioUnavailable(self.location, SourceFailure.CHANGED)
        return self.origin.opened(self.location, self.sound, None if self.origin.ignores_ranges else requested)

    async def read(self, at_most: int = LARGEST_CHUNK) -> bytes:
        if self._is_closed:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED)
        if self._at == self._end:
            return b""
        await self.origin.reached(self._at)
        end = min(self._end, self._at + min(at_most, self.origin.piece))
        if self.origin.halt is not None:
            end = min(end, self.origin.halt)
        if self.origin.breaks_at is not None and end > self.origin.breaks_at:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED)
        chunk, self._at = self.sound.content[self._at : end], end
        return chunk

    def close(self) -> None:
        self.origin.open_now -= not self._is_closed
        self._is_closed = True


@define(eq=False)
class Listened:
    """The telemetry of a cache."""

    outcomes: list[CacheOutcome] = Factory(list)

    def play_judged(self, reason: Reason) -> None: ...

    def download_judged(self, reason: Reason) -> None: ...

    def deliveries_lost(self, count: int) -> None: ...

    def deliveries_waiting(self, count: int) -> None: ...

    def deliveries_flushed(self, count: int, seconds: float) -> None: ...

    def source_failed(self, error: AudioUnavailable) -> None: ...

    def upload_left(self, location: AudioLocation, reason: str) -> None: ...

    def source_resumed(self) -> None: ...

    def cache_asked(self, outcome: CacheOutcome) -> None:
        self.outcomes.append(outcome)

    def stream_started(self) -> None: ...

    def bytes_sent(self, count: int) -> None: ...

    def stream_ended(self) -> None: ...


@define(eq=False)
class World:
    """A cache on a folder, over a source, at a moment that the test decides."""

    folder: Path
    origin: Origin = Factory(Origin)
    size: int = 100_000_000
    fresh: float = 60
    now: datetime = MOMENT
    told: Listened = Factory(Listened)
    caches: list[CachedAudio] = field(factory=list, init=False)
    cache: CachedAudio = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.cache = self.another()

    def another(self) -> CachedAudio:
        """The cache as another process, or the next start, has it."""
        cache = CachedAudio(self.origin, self.folder, self.size, self.fresh, self.told, clock=lambda: self.now)
        cache.prepare()
        self.caches.append(cache)
        return cache

    async def restart(self) -> None:
        await self.cache.close()
        self.cache = self.another()

    async def listen(
        self, requested: RequestedRange | None = None, location: AudioLocation = CLIP
    ) -> tuple[bytes, CacheOutcome]:
        """All bytes of a part of a clip, and how the cache answered."""
        before = len(self.told.outcomes)
        opened = await self.cache.open(location, requested)
        try:
            return await all_of(opened), self.told.outcomes[before]
        finally:
            opened.close()

    async def keep(self, sound: Sound, location: AudioLocation = CLIP) -> None:
        """Have ``sound`` at the source, and on disk."""
        self.origin.sounds[location] = sound
        await self.listen(location=location)
        assert await self.settled()

    async def settled(self) -> bool:
        """Whether soon nothing is being fetched or noted any more."""
        return await soon(lambda: not any(cache._copies._fills or cache._copies._stamps for cache in self.caches))

    async def arrived(self, position: int, location: AudioLocation = CLIP) -> bool:
        """Whether soon so many bytes of a clip that is being fetched are there."""
        copy = self.cache._copies.at_hand(location)
        return await soon(lambda: copy is not None and copy.arrival is not None and copy.arrival.count == position)

    def entry(self, location: AudioLocation = CLIP) -> Path:
        return self.cache._copies.shelf.path(location)

    def entries(self) -> list[Path]:
        return sorted(self.folder.glob("*.audio"))

    def parts(self) -> list[Path]:
        return sorted(self.folder.glob("*.part"))

    def taken(self) -> int:
        return taken(self.cache._copies.shelf)

    def open_files(self) -> list[str]:
        """The files of the cache that this process has open."""
        found = []
        for number in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # the descriptor of this very listing
                found.append(str(number.readlink()))
        return [path for path in found if path.startswith(str(self.folder))]


@asynccontextmanager
async def a_world(folder: Path, **facts: object) -> AsyncIterator[World]:
    """A world that is left tidy: no descriptor, no thread, no part, nothing open at the source, no task."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "os.fsync", lambda _: None
        )  # no power is lost in a test, and waiting for the disk is most of it
        patched.setattr("adapters.audio.cache.shelf.LOCK_PATIENCE", 30.0)  # a machine may stand still for some seconds
        world = World(folder / "cache", **facts)  # type: ignore[arg-type]  # by name
        yield world
        for cache in world.caches:
            await cache.close()

    assert await soon(lambda: not world.open_files())
    assert not any(thread.is_alive() for cache in world.caches for thread in cache._copies._threads._pool._threads)
    assert world.parts() == []
    assert world.origin.open_now == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


def taken(shelf: Shelf) -> int:
    """The bytes of all files in a cache's folder, counted while nobody can add to them, though some may still go."""
    with shelf._locked():
        found = [status_of(path) for path in shelf.folder.iterdir()]
    return sum(status.st_size for status in found if status is not None)


async def all_of(opened: OpenedAudio, at_most: int = LARGEST_CHUNK) -> bytes:
    pieces = []
    while piece := await opened.read(at_most):
        assert len(piece) <= at_most
        pieces.append(piece)
    return b"".join(pieces)


async def heard_until_cut(opened: OpenedAudio) -> tuple[bytes, SourceFailure]:
    """What can be read before the cut, and why it was cut."""
    pieces: list[Chunk] = []
    with pytest.raises(AudioUnavailable) as cut:
        await forever(opened, pieces)
    return b"".join(pieces), cut.value.failure


async def forever(opened: OpenedAudio, pieces: list[Chunk]) -> None:
    while piece := await opened.read():
        pieces.append(piece)


def count(outcomes: list[CacheOutcome]) -> dict[str, int]:
    return dict(Counter(outcomes))
