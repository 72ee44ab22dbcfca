"""The use cases over memory, with eyes on what was opened, closed and told."""

from datetime import datetime
from typing import Any

from attrs import define, evolve, field

from adapters.audio.in_memory import MemoryAudio, OpenedMemory
from adapters.audio.probe.tag_probe import TagProbe
from adapters.audio.uploads.memory import UploadsInMemory
from adapters.memory.store import MemoryStore
from adapters.system import new_id
from application.browse import Browse
from application.curate import Curate
from application.stream_clip import StreamClip
from domain.byte_range import RequestedRange
from domain.clip import ClipDetails
from domain.decision import Reason
from domain.delivery import Delivery
from domain.errors import AudioUnavailable
from domain.location import AudioLocation
from domain.ports import CacheOutcome
from tests.examples import NOON, a_wav

RAIN = AudioLocation("library:rain.wav")


def clock() -> datetime:
    return NOON


@define(eq=False)
class WatchedAudio:
    """A source that remembers what it opened, and passes everything on."""

    source: MemoryAudio
    opened: list[OpenedMemory] = field(factory=list)

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedMemory:
        self.opened.append(await self.source.open(location, requested))
        return self.opened[-1]


@define
class Told:
    """A Telemetry that remembers."""

    events: list[str] = field(factory=list)
    waiting: list[int] = field(factory=list)
    flushed: list[tuple[int, float]] = field(factory=list)

    def play_judged(self, reason: Reason) -> None:
        self.events.append(f"play {reason}")

    def download_judged(self, reason: Reason) -> None:
        self.events.append(f"download {reason}")

    def deliveries_lost(self, count: int) -> None:
        self.events.append(f"lost {count}")

    def deliveries_waiting(self, count: int) -> None:
        self.waiting.append(count)

    def deliveries_flushed(self, count: int, seconds: float) -> None:
        self.flushed.append((count, seconds))

    def source_failed(self, error: AudioUnavailable) -> None:
        self.events.append(error.failure)

    def upload_left(self, location: AudioLocation, reason: str) -> None:
        self.events.append(f"left {location}")

    def source_resumed(self) -> None:
        self.events.append("resumed")

    def cache_asked(self, outcome: CacheOutcome) -> None:
        self.events.append(outcome)

    def stream_started(self) -> None:
        self.events.append("started")

    def bytes_sent(self, count: int) -> None:
        self.events.append(f"sent {count}")

    def stream_ended(self) -> None:
        self.events.append("ended")


@define
class ListeningRoom:
    """One catalogue, one ledger, a few sounds, and the use cases over them."""

    content: dict[AudioLocation, bytes] = field(factory=lambda: {RAIN: a_wav()})
    store: MemoryStore = field(factory=MemoryStore)
    told: Told = field(factory=Told)
    handed_in: list[Delivery] = field(factory=list)
    audio: WatchedAudio = field(init=False)
    uploads: UploadsInMemory = field(init=False)
    stream_clip: StreamClip = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.audio = WatchedAudio(MemoryAudio(self.content))
        self.uploads = UploadsInMemory(self.content, clock=clock)
        hand_in = self.handed_in.append
        self.stream_clip = StreamClip(self.store, self.audio, self.store, hand_in, self.told, clock, new_id)

    @property
    def browse(self) -> Browse:
        return Browse(self.store, clock)

    @property
    def curate(self) -> Curate:
        return Curate(self.store, TagProbe(self.audio), clock, self.uploads, self.told)


def rain(**said: Any) -> ClipDetails:
    return evolve(ClipDetails(title="Rain", genre="Nature", audio_url=RAIN), **said)


async def all_of(opened: Any) -> bytes:
    """What is left to read."""
    content = b""
    while chunk := await opened.read():
        content += chunk
    return content
