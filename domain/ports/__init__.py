"""What the core asks of the world, by subject. Every promise made here is tested in `tests/ports`, in every world."""

from domain.ports.audio import (
    LARGEST_CHUNK,
    AudioProbe,
    AudioSource,
    AudioStore,
    Chunk,
    HeldAudio,
    OpenedAudio,
    ReceivedAudio,
    Used,
)
from domain.ports.live_counts import CountsFeed, PlayCounts, Played
from domain.ports.peaks import PeaksDecoder, PeaksStore, SingleFlight
from domain.ports.store import (
    Catalogue,
    CheckStore,
    DailyKeys,
    DeliveryLedger,
    HandIn,
    Listens,
    PlayLedger,
    Retention,
    Statistics,
    Transfer,
)
from domain.ports.system import Clock, NewId
from domain.ports.telemetry import CacheOutcome, Telemetry

__all__ = [
    "LARGEST_CHUNK",
    "AudioProbe",
    "AudioSource",
    "AudioStore",
    "CacheOutcome",
    "Catalogue",
    "CheckStore",
    "Chunk",
    "Clock",
    "CountsFeed",
    "DailyKeys",
    "DeliveryLedger",
    "HandIn",
    "HeldAudio",
    "Listens",
    "NewId",
    "OpenedAudio",
    "PeaksDecoder",
    "PeaksStore",
    "PlayCounts",
    "PlayLedger",
    "Played",
    "ReceivedAudio",
    "Retention",
    "SingleFlight",
    "Statistics",
    "Telemetry",
    "Transfer",
    "Used",
]
