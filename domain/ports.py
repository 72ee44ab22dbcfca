"""What the core asks of the world. Every promise made here is tested in `tests/ports`, in every world."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
    Set,
)
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from domain.browsing import ClipFilter, ClipQuery, Facet, Page
from domain.byte_range import ByteRange, RequestedRange
from domain.clip import AudioFacts, Clip, ClipChanges, ClipDetails, ClipId
from domain.decision import Reason
from domain.delivery import Delivery, DeliveryEntry
from domain.errors import AudioUnavailable
from domain.heard import Window
from domain.listen import Confirmation, ListenReport
from domain.listener import DailyKey
from domain.live_counts import LastPlayed, News
from domain.location import AudioLocation
from domain.peaks import KeptPeaks, Peaks, PeaksKey
from domain.play import Play, PlayId
from domain.statistics import ClipCounts, Counts, Explained, Period, TopClip
from domain.transfer import ClipRecord, Restored
from domain.validators import Validators

Clock = Callable[[], datetime]
"""The present moment, aware UTC."""

NewId = Callable[[], UUID]
"""An id that was never given before, in any process; those of one process sort as they were made."""


LARGEST_CHUNK = 256 * 1024
"""Bytes. More at once costs no less for each, and is only memory."""

Chunk = bytes | bytearray
"""Some bytes, handed over: whoever reads them has them for himself, and a copy would cost as much as reading them."""


class Catalogue(Protocol):
    """The clips. Each method is one transaction; all raise StoreUnavailable when the store cannot be asked."""

    async def add(self, details: ClipDetails, audio: AudioFacts, at: datetime) -> Clip:
        """Keep a clip under a new id, higher than all before. ``details.duration`` must be known by now."""

    async def add_once(self, key: str, details: ClipDetails, audio: AudioFacts, at: datetime) -> bool:
        """Add a clip unless one was ever added under ``key``, even if it was removed since; whether it was added now.

        Safe from many processes at once: one of them adds it."""

    async def find(self, clip: ClipId) -> Clip:
        """The clip with its present play count. Raises ClipNotFound."""

    async def page(self, query: ClipQuery) -> Page:
        """At most ``query.limit`` clips that match, in order, strictly after the cursor.

        Following cursors shows every clip that is there all along and keeps its place, once."""

    async def genres(self, among: ClipFilter) -> Sequence[Facet]:
        """The genres of the clips that are meant, by most clips and then by folded name; at most `MOST_FACETS`."""

    async def tags(self, among: ClipFilter) -> Sequence[Facet]:
        """Their tags, in the same order; at most `MOST_FACETS`."""

    async def change(self, clip: ClipId, changes: ClipChanges, audio: AudioFacts | None) -> Clip:
        """Change what is named and nothing else, so that two changes of different fields both last.

        ``audio`` comes with a new location, and only then. Raises ClipNotFound: nothing was changed."""

    async def remove(self, clip: ClipId) -> AudioLocation:
        """Take the clip out of the catalogue, and tell where its audio lay; its plays stay in the ledger.

        Raises ClipNotFound."""

    async def used(self, locations: Collection[AudioLocation]) -> Set[AudioLocation]:
        """Which of ``locations`` are where the audio of a clip lies that is in the catalogue now."""


class PlayLedger(Protocol):
    """The plays. Raises StoreUnavailable when the store cannot be asked."""

    async def record(self, play: Play) -> bool:
        """Write ``play`` down and count it, durably; False if it was there. Safe to repeat, from many processes.

        Raises ClipNotFound: the catalogue has no such clip; nothing was written."""


class DeliveryLedger(Protocol):
    """What was delivered. Raises StoreUnavailable when the store cannot be asked."""

    async def deliver(self, entries: Sequence[DeliveryEntry], window: Window) -> Sequence[Reason]:
        """Write down what was delivered, in this order, and count downloads, listeners and completed plays by it.

        Answers why each that is new is a download or not; those that were there already change nothing, and are left
        out. Each is judged by what was written down before it and the window that holds now, for good."""


class Listens(Protocol):
    """What players say of the plays that they named. Raises StoreUnavailable when the store cannot be asked."""

    async def confirm(
        self, clip: ClipId, play: PlayId, report: ListenReport, at: datetime, keep: timedelta
    ) -> Confirmation:
        """Hold what is `reported` of a play, and count it in ``listens`` or ``skips`` when it becomes one, at ``at``.

        Safe to repeat, from many processes: each play is counted once in each. Raises ClipNotFound, PlayNotFound:
        nothing was held. A play that began longer than ``keep`` before ``at`` is not found."""


class Retention(Protocol):
    """How long is remembered what. Raises StoreUnavailable when the store cannot be asked."""

    async def forget(self, now: datetime, keep: timedelta, at_most: int) -> bool:
        """Remove, at most so many rows of each kind, what no number needs any more; whether there is more of it.

        That is, of longer than ``keep`` ago: deliveries, sums by the hour, what was heard of playbacks, and plays that
        no player has a name for; of a day longer: what players said of their plays; and what else was heard, two days
        after something was added to it. What is told of a day or in all stays as it is.
        Of several processes that ask at once, one does it, and the others are told that there is no more."""


class Statistics(Protocol):
    """What the ledger says, as of this moment. All raise StoreUnavailable when the store cannot be asked."""

    async def counts(self, clip: ClipId) -> ClipCounts:
        """All that was ever counted of a clip, present or removed; zero for one that was never played."""

    async def series(self, clip: ClipId | None, period: Period) -> Mapping[datetime, Counts]:
        """What was counted in each bucket, by its beginning, of one clip or of all, removed ones too.

        Buckets in which nothing was counted may be absent."""

    async def top(self, period: Period, limit: int) -> Sequence[TopClip]:
        """The clips of the catalogue that were played most in the period, at most ``limit``; of equals, the newest."""

    async def explained(self, clip: ClipId, limit: int) -> Sequence[Explained]:
        """The last requests to stream a clip that are over, the latest first."""


class Transfer(Protocol):
    """Takes the catalogue and all that was counted elsewhere, and back. All raise StoreUnavailable."""

    async def records(self, after: ClipId, limit: int) -> Sequence[ClipRecord]:
        """The clips that there ever were, removed ones too, in the order of their ids: at most ``limit`` after one.

        Each is as it was at one moment."""

    async def restore(self, record: ClipRecord) -> Restored:
        """Put a clip back under its own id, with its counts, which are in the sums of all clips from then on, too.

        All of it or nothing, safe to repeat. Ids that are given later are higher. A ``seed_key`` that is another
        clip's by now stays with that one; sums by the hour are not put back."""

    async def listeners(self) -> Mapping[date, int]:
        """The listeners of all clips together on each UTC day that had any: not the sum of each clip's."""

    async def restore_listeners(self, by_day: Mapping[date, int]) -> int:
        """Put these back, but on days that have some already, whose listeners may be the same ones; on how many days.

        Safe to repeat."""


Played = Callable[[Iterable[ClipId]], None]
"""Told of clips that were just played, so that followers hear of it. Never fails, never waits."""


class PlayCounts(Protocol):
    """The present play counts, and which of them change. Raises StoreUnavailable when the store cannot be asked."""

    def announcements(self) -> AsyncGenerator[Collection[ClipId], None]:
        """The clips that are played from the first item on, which is empty, in whatever process, soon after the play.

        An item comes every few seconds, empty if need be: it says that none was missed until then. Ends only by
        StoreUnavailable. A play may be missed all the same, if the process that counted it was killed; and clips may be
        named that were not played."""

    async def present(self, clips: Collection[ClipId]) -> Mapping[ClipId, int]:
        """The play count of each, as of this moment; of clips that were never played there is none."""

    async def played_since(self, moment: datetime, at_most: int) -> Sequence[LastPlayed]:
        """The clips of which a play began at ``moment`` or later, the latest first, at most so many."""


class CountsFeed(Protocol):
    """What tells followers of the play counts, as they change."""

    def follow(
        self, since: datetime | None, clips: frozenset[ClipId] | None
    ) -> AbstractContextManager[AsyncIterator[News]]:
        """News of ``clips``, None for all, while the block lasts: at most four times a second, the first at once.

        Goes on ``since`` a moment that news told as ``until``, in whatever process; None for a new follower, who is
        told of what was played shortly before, since it may have loaded what it shows before that. What is not
        fetched in time is told with what comes after it. Where nothing happens, empty news say so now and then. Ends
        when the process does."""


class DailyKeys(Protocol):
    """The secrets that listeners' keys are made with, one for each UTC day, the same in every process."""

    async def daily_key(self, day: date) -> DailyKey:
        """The day's key, made if there was none. Raises StoreUnavailable."""

    async def delete_keys(self, before: date) -> None:
        """Delete the keys of earlier days for good. Raises StoreUnavailable."""


HandIn = Callable[[Delivery], None]
"""Takes a delivery that is to be written down soon. Never fails, never waits."""


class OpenedAudio(Protocol):
    """Audio that is there: its first byte can be had. Whoever opened it closes it, once, however reading ended."""

    @property
    def media_type(self) -> str | None:
        """What the bytes are, e.g. ``audio/mpeg``; None where neither the bytes at hand nor the source tell."""

    @property
    def size(self) -> int | None:
        """The size of the whole clip in bytes; None where the source does not tell before the end."""

    @property
    def range(self) -> ByteRange | None:
        """The part that will be read; None for the whole."""

    @property
    def validators(self) -> Validators:
        """What is known of the version that was opened. Its entity tag differs between locations."""

    @property
    def can_reopen(self) -> bool:
        """Whether another version would be told from this one, so that `reopen` can give the same bytes."""

    async def reopen(self, requested: RequestedRange | None) -> "OpenedAudio":
        """Open the same version again, at another place; both are read and closed independently.

        Raises AudioUnavailable: it cannot be had, with CHANGED if there is another version now, or none can be told
        apart. Raises RangeNotSatisfiable."""

    async def read(self, at_most: int = LARGEST_CHUNK) -> Chunk:
        """The next bytes in order, at most so many and what is at hand; ``b""`` at the end of the part.

        What was read is of one version. Raises AudioUnavailable: the rest cannot be had."""

    def close(self) -> None:
        """Let go of file, socket and memory. Never fails, and closing again does nothing."""


class AudioSource(Protocol):
    """Where audio comes from."""

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        """Open the audio at ``location``, or a part of it; the whole where its size is unknown and it cannot be cut.

        Raises AudioUnavailable: it cannot be had, or is not audio. Raises RangeNotSatisfiable."""


class AudioProbe(Protocol):
    """What learns from audio before it is taken into the catalogue."""

    async def facts(self, location: AudioLocation) -> AudioFacts:
        """Open the audio, read what it tells of itself, close it. Raises AudioUnavailable: it is none, or not there."""


Used = Callable[[Collection[AudioLocation]], Awaitable[Set[AudioLocation]]]
"""Which of these locations clips use at this moment. Raises StoreUnavailable."""


class HeldAudio(Protocol):
    """Uploaded audio that stays where it is until this is closed. Whoever got it closes it."""

    def close(self) -> None:
        """Let go of it. Never fails, and closing again does nothing."""


class ReceivedAudio(HeldAudio, Protocol):
    """Audio that has come whole, and is gone when this is closed unless it was kept."""

    @property
    def location(self) -> AudioLocation:
        """Where it lies once it is kept: ``library:uploads/…``, the same for the same bytes, and for no others."""

    @property
    def facts(self) -> AudioFacts:
        """What it says of itself."""

    async def keep(self) -> None:
        """Put it where it belongs, durably, and hold it there until this is closed. Safe from many processes at once.

        Raises StorageFull, StoreUnavailable: it is not kept."""


class AudioStore(Protocol):
    """Audio that was sent to the service, and is now the service's own to keep and to remove."""

    async def receive(self, chunks: AsyncIterable[Chunk]) -> ReceivedAudio:
        """Take the audio that ``chunks`` are, as they come; in no more memory than a few of them.

        Raises UploadRefused, as early as it is known, StorageFull, StoreUnavailable, and what ``chunks`` raises: in
        each case, and when the process is killed, nothing of it is left."""

    async def hold(self, location: AudioLocation) -> HeldAudio:
        """Hold what lies there, so that a clip can be made of it. Raises AudioUnavailable, StoreUnavailable."""

    async def remove(self, location: AudioLocation, used: Used) -> None:
        """Remove what lies there, unless a clip uses it or it is held: a clip that uses it by the time that it is let
        go has its audio. What was not uploaded is never removed.

        Raises StoreUnavailable: it may still be there."""

    async def sweep(self, before: datetime, used: Used) -> int:
        """Remove all that was uploaded before then and that no clip uses, and say how much. Raises StoreUnavailable."""


class PeaksDecoder(Protocol):
    """What draws peaks of audio."""

    async def drawn(self, location: AudioLocation, audio: OpenedAudio) -> Peaks:
        """The peaks of ``audio``, which was opened whole at ``location``; whoever opened it closes it.

        Raises PeaksUnavailable: that is the audio's fault. Raises AudioUnavailable, DecoderUnavailable: it is not."""


class SingleFlight(Protocol):
    """Does what many ask for at once only once, and not too much at a time."""

    async def once(self, key: PeaksKey, work: Callable[[], Awaitable[KeptPeaks]]) -> KeptPeaks:
        """What ``work`` returns, or raises: begun now, or by whoever asked for the same ``key`` before and is waiting.

        Work that was begun is done though all who asked leave. Raises DecoderUnavailable: too much waits, it took
        longer than anybody waits (and goes on), or the service ends."""


class PeaksStore(Protocol):
    """The peaks that were drawn, by what they are of. Raises StoreUnavailable when the store cannot be asked.

    They are never forgotten, at about 4 kB for each version of a clip; whoever empties the store loses only time."""

    async def kept_peaks(self, key: PeaksKey) -> KeptPeaks | None:
        """What became of drawing them; None if nobody has."""

    async def keep_peaks(self, key: PeaksKey, kept: KeptPeaks) -> None:
        """Keep what became of drawing, in place of what is kept there. Safe to repeat, from many processes."""


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


CheckStore = Callable[[], Awaitable[None]]
"""Whether catalogue and ledger can be asked at this moment. Raises StoreUnavailable."""
