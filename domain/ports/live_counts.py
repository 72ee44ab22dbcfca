"""Play counts as they change, across all processes."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from domain.clip import ClipId
from domain.live_counts import LastPlayed, News

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
