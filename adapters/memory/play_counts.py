"""Play counts as they change, in memory."""

from asyncio import Queue, timeout
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime
from heapq import nlargest

from attrs import define

from adapters.memory.tables import InMemory
from domain.clip import ClipId
from domain.live_counts import LastPlayed

SECONDS_OF_SILENCE = 5.0  # at most


@define(slots=False)
class MemoryPlayCounts(InMemory):
    """Hears of each play as it is written down."""

    async def announcements(self) -> AsyncGenerator[Collection[ClipId], None]:
        heard = Queue[ClipId]()
        self._tables.hearing.add(heard)
        try:
            yield ()
            while True:
                try:
                    async with timeout(SECONDS_OF_SILENCE):
                        clip = await heard.get()
                except TimeoutError:
                    yield ()
                else:
                    yield [clip]
        finally:
            self._tables.hearing.discard(heard)

    async def present(self, clips: Collection[ClipId]) -> Mapping[ClipId, int]:
        return {clip: self._plays_in_all(clip) for clip in clips if clip in self._tables.last_played}

    async def played_since(self, moment: datetime, at_most: int) -> Sequence[LastPlayed]:
        played = (
            LastPlayed(clip, self._plays_in_all(clip), at)
            for clip, at in self._tables.last_played.items()
            if at >= moment
        )
        return nlargest(at_most, played, key=lambda last: last.at)

    def _plays_in_all(self, clip: ClipId) -> int:
        return self._tables.sums.totals[clip]["play_count"]
