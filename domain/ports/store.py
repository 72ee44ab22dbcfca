"""The catalogue and what is counted of its clips. Each method is one transaction."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from typing import Protocol

from domain.browsing import ClipFilter, ClipQuery, Facet, Page
from domain.clip import UNKNOWN_VERSION, AudioFacts, Clip, ClipChanges, ClipDetails, ClipId, ClipVersion
from domain.decision import Reason
from domain.delivery import Delivery, DeliveryEntry
from domain.heard import Window
from domain.listen import Confirmation, ListenReport
from domain.listener import DailyKey
from domain.location import AudioLocation
from domain.play import Play, PlayId
from domain.statistics import ClipCounts, CountedClip, Counts, Explained, Period, TopClip
from domain.transfer import ClipRecord, Restored


class Catalogue(Protocol):
    """The clips. Each method is one transaction; all raise StoreUnavailable when the store cannot be asked."""

    async def add(self, details: ClipDetails, audio: AudioFacts, at: datetime) -> Clip:
        """Keep a clip under a new id, higher than all before. ``details.duration`` must be known by now.

        One that cannot be kept fails alone, whatever is added beside it. Whoever is cancelled leaves when it is decided
        whether the clip is kept."""

    async def add_once(self, key: str, details: ClipDetails, audio: AudioFacts, at: datetime) -> bool:
        """Add a clip unless one was ever added under ``key``, even if it was removed since; whether it was added now.

        Safe from many processes at once: one of them adds it."""

    async def was_added(self, key: str) -> bool:
        """Whether a clip was ever added under ``key``."""

    async def find(self, clip: ClipId) -> Clip:
        """The clip with its present play count and version. Raises ClipNotFound."""

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

    async def record(self, play: Play, version: ClipVersion = UNKNOWN_VERSION) -> bool:
        """Write ``play`` down and count it, durably; False if it was there. Safe to repeat, from many processes.

        Raises ClipNotFound: the catalogue has no such clip; ClipChanged: it is not of ``version``, which was told;
        nothing was written."""


class DeliveryLedger(Protocol):
    """What was delivered. Raises StoreUnavailable when the store cannot be asked."""

    async def deliver(self, entries: Sequence[DeliveryEntry], window: Window) -> Sequence[Reason]:
        """Write down what was delivered, in this order, and count downloads, listeners and completed plays by it.

        Answers why each that is new is a download or not; those that were there already change nothing, and are left
        out. Each is judged by what was written down before it and the window that holds now, for good."""


HandIn = Callable[[Delivery], None]
"""Takes a delivery that is to be written down soon. Never fails, never waits."""


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

        That is, of longer than ``keep`` ago: deliveries, sums by the hour, what was heard of playbacks, plays that no
        player has a name for, and peaks that were drawn; of a day longer: what players said of their plays; and what
        else was heard, two days after something was added to it. What is told of a day or in all stays as it is.
        Of several processes that ask at once, one does it, and the others are told that there is no more."""


class Statistics(Protocol):
    """What the ledger says, as of this moment. All raise StoreUnavailable when the store cannot be asked."""

    async def counts(self, clip: ClipId) -> ClipCounts:
        """All that was ever counted of a clip, present or removed; zero for one that was never played."""

    async def counted(self, clip: ClipId) -> CountedClip:
        """A clip of the catalogue with the same. Raises ClipNotFound."""

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


class DailyKeys(Protocol):
    """The secrets that listeners' keys are made with, one for each UTC day, the same in every process."""

    async def daily_key(self, day: date) -> DailyKey:
        """The day's key, made if there was none. Raises StoreUnavailable."""

    async def delete_keys(self, before: date) -> None:
        """Delete the keys of earlier days for good. Raises StoreUnavailable."""


CheckStore = Callable[[], Awaitable[None]]
"""Whether catalogue and ledger can be asked at this moment. Raises StoreUnavailable."""
