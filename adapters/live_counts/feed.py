"""Tells all who follow the play counts here: one reads what changed, four times a second, for any number of them."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from attrs import define, field

from adapters.live_counts.announced import Announced
from adapters.live_counts.follower import Follower
from adapters.worker import begun
from domain.clip import ClipId
from domain.errors import StoreUnavailable
from domain.live_counts import MOST_CLIPS, OVERLAP, Changes, News, resumed
from domain.ports import Clock, PlayCounts

SECONDS_BETWEEN = 0.25
SECONDS_TO_HEARTBEAT = 15.0
MOST_AT_ONCE = 50  # followers who are told before others have their turn

Following = Callable[[int], None]
"""Told how many follow here now. Never fails, never waits."""


@define(eq=False)
class LiveCounts:
    """Hears what is played anywhere while somebody follows here, and holds nothing while nobody does.

    What was played while it could not hear or ask, it learns as a follower does who comes back."""

    counts: PlayCounts
    clock: Clock
    following: Following
    _followers: dict[Follower, None] = field(factory=dict, init=False)  # in the order they came
    _announced: Announced = field(init=False)
    _until: datetime = field(init=False)  # whatever was announced before is told
    _is_ending: bool = field(default=False, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _worker: asyncio.Task[None] | None = field(default=None, init=False)

    @_announced.default
    def _own_announced(self) -> Announced:
        return Announced(self.counts, self.clock)

    @contextmanager
    def follow(self, since: datetime | None, clips: frozenset[ClipId] | None) -> Iterator[Follower]:
        """A follower who is told what `domain.ports.CountsFeed` promises, while the block lasts."""
        now = self.clock()
        follower = Follower(clips, resumed(since, now), SECONDS_TO_HEARTBEAT, is_over=self._is_ending)
        if not self._followers:
            self._until = now
        self._followers[follower] = None
        self.following(len(self._followers))
        self._begin()
        try:
            yield follower
        finally:
            del self._followers[follower]
            self.following(len(self._followers))

    def end(self) -> None:
        """Send all followers away, and whoever comes later, to come again elsewhere. May be called amid a signal."""
        self._is_ending = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._send_away)

    async def close(self) -> None:
        """Stop: nobody follows any more, or shall."""
        self.end()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait({self._worker})

    def _send_away(self) -> None:
        for follower in self._followers:
            follower.end()

    def _begin(self) -> None:
        if self._worker is None and not self._is_ending:
            self._loop = asyncio.get_running_loop()
            self._worker = begun(self._work())

    async def _work(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                hearing = tasks.create_task(self._announced.hear())
                while self._followers:
                    await self._turn()
                    await asyncio.sleep(SECONDS_BETWEEN)
                hearing.cancel()
        finally:
            self._worker = None
        if self._followers:  # somebody came while this ended
            self._begin()

    async def _turn(self) -> None:
        """Tell the followers what they do not know yet, and let those who have come for it have it."""
        followers = list(self._followers)
        news = await self._learned(followers) if self._announced.is_heard else {}
        for first in range(0, len(followers), MOST_AT_ONCE):
            for follower in followers[first : first + MOST_AT_ONCE]:
                if follower in news:
                    follower.tell(news[follower])
                if follower.is_behind:
                    follower.hand_over()
            await asyncio.sleep(0)

    async def _learned(self, followers: Sequence[Follower]) -> Mapping[Follower, News]:
        """What is news to each, who then knows all until now; nothing to anybody if the store cannot be asked."""
        until, clips = self._announced.until, self._announced.take()
        late = self._late(followers)
        try:
            changes = await self._changes(until, clips, late)
        except StoreUnavailable:
            self._announced.put_back(clips)
            return {}
        self._until = changes.news.until
        return {each: changes.since(late[each]) if each in late else changes.news for each in followers}

    async def _changes(self, until: datetime, clips: Sequence[ClipId], late: Mapping[Follower, datetime]) -> Changes:
        """Raises StoreUnavailable."""
        if self._announced:  # not all that was announced can be told now
            until = self._until
        since = min(late.values(), default=None)
        missed = [] if since is None else await self.counts.played_since(since - OVERLAP, MOST_CLIPS + 1)
        present = await self.counts.present(clips) if clips else {}
        return Changes.of(until, present, missed)

    def _late(self, followers: Sequence[Follower]) -> dict[Follower, datetime]:
        """Since when who has missed something."""
        if self._announced.has_missed:
            self._announced.has_missed = False
            for follower in followers:
                follower.misses(self._until)
        return {each: each.missed_since for each in followers if each.missed_since is not None}
