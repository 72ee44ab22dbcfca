"""Any story of listeners, a source that changes and dies, restarts, damage and time, beside what may be heard then."""

import asyncio
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.byte_range import FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.ports import CacheOutcome, OpenedAudio
from tests.adapters.cache_world import Origin, Sound, World, dated, tagged
from tests.sounds import mp3_of
from tests.upstream import soon

LOCATIONS = [AudioLocation(f"https://example.net/{number}.mp3") for number in range(5)]
SIZE = 3_700_000  # all clips together can be larger
LARGEST = 900_000
TOO_LARGE = 1_000_000
NOISE = mp3_of(TOO_LARGE)
FRESH, RESPITE = timedelta(seconds=60), timedelta(seconds=30)
MOMENT_OF_ANOTHER = timedelta(microseconds=1)
FAILURES = [SourceFailure.UNREACHABLE, SourceFailure.REFUSED, SourceFailure.ABSENT]

locations = st.sampled_from(LOCATIONS)
sizes = st.integers(20_000, LARGEST) | st.sampled_from([LARGEST, TOO_LARGE])
ranges = (
    st.none()
    | st.builds(FromTo, st.integers(0, TOO_LARGE))
    | st.builds(lambda first, more: FromTo(first, first + more), st.integers(0, LARGEST), st.integers(0, 5_000))
    | st.builds(Suffix, st.integers(1, 20_000))
)


@define(eq=False)
class Listener:
    """Somebody who listens, the bodies of which theirs must be one, and how much of it they have heard."""

    opened: OpenedAudio
    bodies: list[bytes]
    heard: bytes = b""
    may_be_cut: bool = False

    async def hear(self, at_most: int) -> bool:
        """Listen on; whether there may be more."""
        try:
            chunk = await self.opened.read(at_most)
        except AudioUnavailable:
            assert self.may_be_cut
            return False
        self.heard += chunk
        self.bodies = [body for body in self.bodies if body.startswith(self.heard)]
        assert self.bodies
        assert chunk or self.heard in self.bodies
        return bool(chunk)


class CacheMachine(RuleBasedStateMachine):
    """Two processes, one folder, one source. No two versions have the same byte at the same place."""

    def __init__(self) -> None:
        super().__init__()
        self.patched = pytest.MonkeyPatch()
        self.patched.setattr("os.fsync", lambda _: None)
        self.patched.setattr("adapters.audio.cache.shelf.LOCK_PATIENCE", 30.0)
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="play-cache-"))
        self.world = self.runner.run(self.made())
        self.other = self.world.another()
        self.listeners: list[Listener | None] = []  # as many as came, also those who were refused: it is repeatable
        self.elapsed, self.last_failing = timedelta(0), -RESPITE
        self.history: dict[AudioLocation, list[tuple[timedelta, Sound]]] = {each: [] for each in LOCATIONS}
        for location in LOCATIONS:
            self.change(location, 300_000, "tag")

    async def made(self) -> World:
        return World(self.folder / "cache", Origin(piece=20_000), size=SIZE, fresh=FRESH.total_seconds())

    @property
    def is_failing(self) -> bool:
        return self.world.origin.failure is not None or self.world.origin.breaks_at is not None

    def believable(self, location: AudioLocation) -> list[Sound]:
        """The versions that the source had at some moment of the last 60 seconds."""
        history = self.history[location]
        ends = [begin for begin, _ in history[1:]] + [self.elapsed + MOMENT_OF_ANOTHER]
        return [sound for (_, sound), end in zip(history, ends, strict=True) if end > self.elapsed - FRESH]

    @rule(location=locations, size=sizes, kind=st.sampled_from(["tag", "date", "nothing", "no size"]))
    def change(self, location: AudioLocation, size: int, kind: str) -> None:
        number = sum(map(len, self.history.values()))
        content = NOISE[:size].translate(bytes((byte + number) % 256 for byte in range(256)))
        kinds = {
            "tag": tagged(content, f"{number}"),
            "date": dated(content, self.world.now - timedelta(days=1, seconds=number)),
            "nothing": Sound(content),
            "no size": Sound(content, tells_size=False),
        }
        self.world.origin.sounds[location] = kinds[kind]
        self.history[location].append((self.elapsed, kinds[kind]))

    @rule(failure=st.sampled_from(FAILURES), breaks_at=st.none() | st.integers(0, LARGEST))
    def fail(self, failure: SourceFailure, breaks_at: int | None) -> None:
        self.world.origin.failure = failure if breaks_at is None else None
        self.world.origin.breaks_at = breaks_at
        self.cut_is_possible()

    @precondition(lambda self: self.is_failing)
    @rule()
    def heal(self) -> None:
        self.world.origin.failure = self.world.origin.breaks_at = None
        self.last_failing = self.elapsed

    @rule(seconds=st.sampled_from([1, 25, 35, 70]))
    def wait(self, seconds: int) -> None:
        self.elapsed += timedelta(seconds=seconds)
        self.world.now += timedelta(seconds=seconds)

    @rule(seconds=st.sampled_from([0, 0.001, 0.005]))
    def let_it_arrive(self, seconds: float) -> None:
        self.runner.run(asyncio.sleep(seconds))

    @rule()
    def turn_to_the_other_process(self) -> None:
        self.world.cache, self.other = self.other, self.world.cache

    @rule()
    def restart(self) -> None:
        self.runner.run(self.world.restart())
        self.cut_is_possible()

    @rule(location=locations, at=st.integers(0, LARGEST))
    def damage(self, location: AudioLocation, at: int) -> None:
        path = self.world.entry(location)
        if path.exists():
            content = bytearray(path.read_bytes())
            content[at % len(content)] ^= 0x40
            path.write_bytes(content)
            self.cut_is_possible()

    @rule(location=locations)
    def take_away(self, location: AudioLocation) -> None:
        self.world.entry(location).unlink(missing_ok=True)

    @rule(location=locations, requested=ranges)
    def listen(self, location: AudioLocation, requested: RequestedRange | None) -> None:
        self.listeners.append(self.runner.run(self._listening(location, requested)))

    async def _listening(self, location: AudioLocation, requested: RequestedRange | None) -> Listener | None:
        told = self.world.told.outcomes
        before = len(told)
        try:
            opened = await self.world.cache.open(location, requested)
        except AudioUnavailable:
            assert self.is_failing
            return None
        except RangeNotSatisfiable as refused:
            self.refused(refused.size, self.possible(location, told[-1]))
            return None
        finally:
            assert len(told) == before + 1
        sounds = self.possible(location, told[-1])
        bodies = [body_of(opened, sound) for sound in sounds if opened.size in (len(sound.content), None)]
        return Listener(opened, bodies, may_be_cut=self.is_failing)

    def refused(self, size: int, sounds: list[Sound]) -> None:
        assert size in {len(sound.content) for sound in sounds}

    def possible(self, location: AudioLocation, outcome: CacheOutcome) -> list[Sound]:
        if outcome not in (CacheOutcome.STALE, CacheOutcome.SHARED):  # what arrives is shared however old it is
            return self.believable(location)
        assert outcome is CacheOutcome.SHARED or self.is_failing or self.elapsed - self.last_failing < RESPITE
        return [sound for _, sound in self.history[location]]

    @precondition(lambda self: self.listeners)
    @rule(which=st.integers(0, 100), at_most=st.integers(1, 300_000))
    def hear(self, which: int, at_most: int) -> None:
        if listener := self.listeners[which % len(self.listeners)]:
            self.runner.run(listener.hear(at_most))

    @precondition(lambda self: self.listeners)
    @rule(which=st.integers(0, 100), to_the_end=st.booleans())
    def leave(self, which: int, to_the_end: bool) -> None:
        if listener := self.listeners.pop(which % len(self.listeners)):
            self.runner.run(self._left(listener, to_the_end))

    async def _left(self, listener: Listener, to_the_end: bool) -> None:
        while to_the_end and await listener.hear(256 * 1024):
            pass
        listener.opened.close()

    def cut_is_possible(self) -> None:
        for listener in filter(None, self.listeners):
            listener.may_be_cut = True

    @invariant()
    def the_bound_holds(self) -> None:
        assert self.world.taken() <= SIZE

    def teardown(self) -> None:
        try:
            self.runner.run(self._tidied())
        finally:
            self.runner.close()
            shutil.rmtree(self.folder)
            self.patched.undo()

    async def _tidied(self) -> None:
        for number, listener in enumerate(filter(None, self.listeners)):
            await self._left(listener, to_the_end=number % 2 == 0)
        for cache in self.world.caches:
            await cache.close()
        assert await soon(lambda: not self.world.open_files())
        assert (self.world.parts(), self.world.origin.open_now) == ([], 0)
        assert asyncio.all_tasks() == {asyncio.current_task()}


def body_of(opened: OpenedAudio, sound: Sound) -> bytes:
    part = opened.range
    return sound.content if part is None else sound.content[part.first : part.last + 1]


TestAnyStory = CacheMachine.TestCase
TestAnyStory.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
