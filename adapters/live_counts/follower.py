"""One who follows the play counts: what is news to it waits here, as one, until it is fetched."""

import asyncio
from datetime import datetime

from attrs import define, field

from domain.clip import ClipId
from domain.live_counts import News, only, together


@define(eq=False)
class Follower:
    """Iterates over news: ``first`` at once, then what it is told; nothing new, after ``heartbeat`` seconds.

    However slowly it is iterated over, no more waits than the latest of each count. ``is_over``: nothing comes after
    the first."""

    clips: frozenset[ClipId] | None
    first: News
    heartbeat: float
    is_over: bool
    missed_since: datetime | None = field(init=False)  # None: it was told all that happened until now
    _until: datetime = field(init=False)
    _waiting: News | None = field(default=None, init=False)
    _is_begun: bool = field(default=False, init=False)
    _asking: "asyncio.Future[None] | None" = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.missed_since = self._until = self.first.until

    @property
    def is_behind(self) -> bool:
        """Whether it did not fetch yet what it was told."""
        return self._waiting is not None

    def misses(self, since: datetime) -> None:
        """Note that it will not be told all that happened since then."""
        self.missed_since = self.missed_since or since

    def tell(self, news: News) -> None:
        """Keep what is news to it, as one with what waits: now it is told all that it missed."""
        mine = only(news, self.clips)
        self.missed_since, self._until = None, news.until
        if mine.counts or mine.is_reset:
            self._waiting = together(self._waiting, mine)

    def hand_over(self) -> None:
        """Let it fetch what waits, if it has come for it; otherwise that waits for the next time."""
        if self._asking is not None and not self._asking.done():
            self._asking.set_result(None)

    def end(self) -> None:
        """Tell it nothing more."""
        self.is_over = True
        self.hand_over()

    def __aiter__(self) -> "Follower":
        return self

    async def __anext__(self) -> News:
        if not self._is_begun:
            self._is_begun = True
            return self.first
        if not self.is_over:
            self._asking = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._asking], timeout=self.heartbeat)
            self._asking = None
        if self.is_over:
            raise StopAsyncIteration
        news, self._waiting = self._waiting, None
        return news or News(self._until)
