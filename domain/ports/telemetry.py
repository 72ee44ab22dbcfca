"""Who is told what happens."""

from enum import StrEnum
from typing import Protocol

from domain.decision import Reason
from domain.errors import AudioUnavailable
from domain.location import AudioLocation


class CacheOutcome(StrEnum):
    """How a cache answered when audio was asked of it; each is also a metric's label."""

    HIT = "hit"  # from the cache alone
    REVALIDATED = "revalidated"  # from the cache, after its source had said that it is still the same
    STALE = "stale"  # from the cache, since its source could not be asked
    SHARED = "shared"  # from what is just being fetched for another listener
    MISS = "miss"  # fetched, and kept on the way
    BYPASS = "bypass"  # from the source, since it cannot be kept, or what is wanted has not come yet


class Telemetry(Protocol):
    """Who is told what happens. Never fails, never waits."""

    def play_judged(self, reason: Reason) -> None:
        """A request to stream is a play (``counted``), or not."""

    def download_judged(self, reason: Reason) -> None:
        """A delivery that was written down is a download (``counted``), or not."""

    def deliveries_lost(self, count: int) -> None:
        """Deliveries could not be written down: the ledger was away too long, or too many came."""

    def deliveries_waiting(self, count: int) -> None:
        """So many deliveries wait now to be written down."""

    def deliveries_flushed(self, count: int, seconds: float) -> None:
        """So many deliveries were written down together, which took so long."""

    def source_failed(self, error: AudioUnavailable) -> None: ...

    def upload_left(self, location: AudioLocation, reason: str) -> None:
        """Uploaded audio that no clip uses any more could not be removed: the next sweep will find it."""

    def source_resumed(self) -> None: ...

    def cache_asked(self, outcome: CacheOutcome) -> None: ...

    def stream_started(self) -> None: ...

    def bytes_sent(self, count: int) -> None: ...

    def stream_ended(self) -> None: ...
