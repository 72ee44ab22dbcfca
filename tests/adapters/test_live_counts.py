"""Whatever is played, lost and left unread, a follower ends with the true counts, and never sees one go down."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import cycle, pairwise
from typing import Any

import pytest
from attrs import define, field
from hypothesis import example, given
from hypothesis import strategies as st

import adapters.live_counts.announced
import adapters.live_counts.feed
import domain.live_counts
from adapters.live_counts.feed import LiveCounts
from adapters.memory.store import MemoryStore
from domain.clip import ClipId
from domain.errors import StoreUnavailable
from domain.live_counts import LONGEST_ABSENCE, OVERLAP, LastPlayed, News
from tests.examples import NOON, a_play, details, some_audio
from tests.upstream import soon

CLIPS = 5
NOTHING = ClipId(0)
FEW = 3  # clips in one piece of news, where a test says so


@define
class Unsteady:
    """A store that cannot be asked, and is not heard, while it ``is_away``; the clock beside it goes on by itself."""

    store: MemoryStore = field(factory=MemoryStore)
    is_away: bool = False
    is_refusing: bool = False  # it is heard, and cannot be asked
    reads: int = 0
    now: datetime = NOON
    lines: set["asyncio.Queue[ClipId | None]"] = field(factory=set)  # of those who hear

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    async def announcements(self) -> AsyncGenerator[Collection[ClipId], None]:
        self._present()
        line = asyncio.Queue[ClipId | None]()
        self.lines.add(line)
        try:
            yield ()
            while (clip := await line.get()) is not None:
                yield [clip] if clip else ()
        finally:
            self.lines.discard(line)
        raise StoreUnavailable("the line broke")

    async def present(self, clips: Collection[ClipId]) -> Mapping[ClipId, int]:
        self.reads += 1
        await asyncio.sleep(0)
        self._present()
        return await self.store.present(clips)

    async def played_since(self, moment: datetime, at_most: int) -> Sequence[LastPlayed]:
        await asyncio.sleep(0)
        self._present()
        return await self.store.played_since(moment, at_most)

    def go_away(self) -> None:
        self.is_away = True
        for line in self.lines:
            line.put_nowait(None)

    def come_back(self) -> None:
        self.is_away = self.is_refusing = False

    async def played(self, clip: int) -> None:
        """The clip is played, whatever else works."""
        await self.store.record(a_play(of=ClipId(clip), at=self.clock()))
        for line in self.lines:
            line.put_nowait(ClipId(clip))

    def assure(self) -> None:
        """Say to all who hear that they have missed nothing."""
        for line in self.lines:
            line.put_nowait(NOTHING)

    async def truth(self) -> Mapping[ClipId, int]:
        return await self.store.present([ClipId(clip) for clip in range(1, CLIPS + 1)])

    def _present(self) -> None:
        if self.is_away or self.is_refusing:
            raise StoreUnavailable("the store is away")


async def a_store() -> Unsteady:
    unsteady = Unsteady()
    for _ in range(CLIPS):
        await unsteady.store.add(details(), some_audio(), NOON)
    return unsteady


def a_feed(unsteady: Unsteady, told: list[int] | None = None) -> LiveCounts:
    return LiveCounts(unsteady, unsteady.clock, lambda count: told.append(count) if told is not None else None)


@define
class Page:
    """A page that shows counts, follows them at one process after another, and loads all when it is told to."""

    unsteady: Unsteady
    clips: frozenset[ClipId] | None = None
    shown: dict[ClipId, int] = field(factory=dict)
    until: datetime | None = None
    news: AsyncIterator[News] | None = None
    _following: AbstractContextManager[AsyncIterator[News]] | None = None
    _fetching: "asyncio.Task[News] | None" = None

    async def open(self, feed: LiveCounts) -> None:
        if self.until is None:
            self.shown = dict(await self.unsteady.truth())
        self._following = feed.follow(self.until, self.clips)
        self.news = self._following.__enter__()

    async def leave(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])
            self._fetching = None
        if self._following is not None:
            self._following.__exit__(None, None, None)
            self._following = self.news = None

    async def read(self, turns: int) -> None:
        """Be ready for news for so many turns of the loop, and take what comes."""
        for _ in range(turns):
            if self._fetching is None and self.news is not None:
                self._fetching = asyncio.ensure_future(self.news.__anext__())
            await asyncio.sleep(0)
            if self._fetching is not None and self._fetching.done():
                news, self._fetching = self._fetching.result(), None
                await self.take(news)

    async def take(self, news: News) -> None:
        if news.is_reset:
            self.shown = dict(await self.unsteady.truth())
        assert all(number >= self.shown.get(clip, 0) for clip, number in news.counts.items())
        self.shown |= news.counts
        self.until = news.until

    def agrees(self, truth: Mapping[ClipId, int]) -> bool:
        return all(self.shown.get(clip) == number for clip, number in truth.items() if self.is_shown(clip))

    def is_shown(self, clip: ClipId) -> bool:
        return self.clips is None or clip in self.clips


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.live_counts.feed, "SECONDS_BETWEEN", 0)
    monkeypatch.setattr(adapters.live_counts.announced, "PAUSES", (0,))


@pytest.fixture
def _few_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (domain.live_counts, adapters.live_counts.feed, adapters.live_counts.announced):
        monkeypatch.setattr(module, "MOST_CLIPS", FEW)


steps = st.one_of(
    st.tuples(st.just("play"), st.integers(1, CLIPS)),
    st.tuples(st.just("read"), st.integers(1, 12)),
    st.tuples(st.just("wait"), st.integers(1, 12)),
    st.tuples(st.sampled_from(["away", "refuse", "back", "leave", "come"]), st.just(0)),
    st.tuples(st.just("later"), st.sampled_from([1, 30, 3_000, 4_000])),
)
some_clips = st.none() | st.frozensets(st.integers(1, CLIPS).map(ClipId), min_size=1)


@define
class Story:
    """A page, two processes that it may follow, and what happens to them."""

    page: Page
    replicas: Iterator[LiveCounts]

    async def told(self, what: str, number: int) -> None:
        unsteady = self.page.unsteady
        unsteady.assure()
        if what == "play":
            await unsteady.played(number)
        elif what == "read":
            await self.page.read(number)
        elif what == "wait":
            for _ in range(number):
                await asyncio.sleep(0)
        elif what == "later":
            unsteady.now += timedelta(seconds=number)
        elif what == "come" and self.page.news is None:
            await self.page.open(next(self.replicas))
        elif what == "leave":
            await self.page.leave()
        else:
            self._store_is(what)

    def _store_is(self, what: str) -> None:
        unsteady = self.page.unsteady
        if what == "away":
            unsteady.go_away()
        elif what == "refuse":
            unsteady.is_refusing = True
        elif what == "back":
            unsteady.come_back()


async def told(story: Sequence[tuple[str, int]], clips: frozenset[ClipId] | None) -> None:
    """Tell the story; what the page shows then has to be true. Raises AssertionError."""
    unsteady = await a_store()
    replicas = [a_feed(unsteady) for _ in range(2)]
    page = Page(unsteady, clips)
    telling = Story(page, cycle(replicas))
    for what, number in [("come", 0), *story, ("back", 0), ("come", 0)]:
        await telling.told(what, number)
    truth = await unsteady.truth()
    for _ in range(100):
        await page.read(10)
        if page.agrees(truth):
            break
    await page.leave()
    for replica in replicas:
        await replica.close()
    assert page.agrees(truth), (page.shown, truth)


@example(story=[("read", 12), ("refuse", 0), ("play", 1), ("wait", 12)], clips=None)
@example(story=[("read", 5), ("away", 0), ("play", 1), ("later", 30)], clips=None)  # all sleep, and then it is noticed
@given(story=st.lists(steps, max_size=25), clips=some_clips)
async def test_a_follower_ends_with_the_true_counts_and_sees_none_go_down(
    story: list[tuple[str, int]], clips: frozenset[ClipId] | None
) -> None:
    await told(story, clips)


@pytest.mark.usefixtures("_few_clips")
@given(story=st.lists(steps, max_size=25), clips=some_clips)
async def test_so_does_one_who_has_to_load_again(story: list[tuple[str, int]], clips: frozenset[ClipId] | None) -> None:
    await told(story, clips)


async def first_of(news: AsyncIterator[News], until: Any) -> News:
    """The first news of which that is true."""
    async with asyncio.timeout(30):
        async for each in news:
            if until(each):
                return each
    raise AssertionError


async def test_what_was_played_shortly_before_is_told_to_a_new_follower() -> None:
    unsteady = await a_store()
    feed = a_feed(unsteady)
    await unsteady.played(1)
    unsteady.now += OVERLAP / 2
    await unsteady.played(2)
    unsteady.now += OVERLAP * 0.75
    with feed.follow(None, None) as news:
        assert (await first_of(news, lambda each: each.counts)).counts == {2: 1}
    await feed.close()


@pytest.mark.parametrize("since", [NOON - LONGEST_ABSENCE - timedelta(seconds=1), NOON + timedelta(minutes=5)])
async def test_who_was_away_too_long_or_comes_from_the_future_loads_again(since: datetime) -> None:
    feed = a_feed(await a_store())
    with feed.follow(since, None) as news:
        first = await anext(news)

    assert (first.is_reset, first.until > NOON) == (True, True)
    await feed.close()


async def test_many_plays_between_two_turns_are_read_once_for_all_followers() -> None:
    unsteady = await a_store()
    feed = a_feed(unsteady)
    followers = [feed.follow(None, None) for _ in range(20)]
    news = [each.__enter__() for each in followers]
    for each in news:
        await anext(each)
    heard = [asyncio.ensure_future(first_of(each, lambda told: told.counts)) for each in news]
    assert await soon(lambda: all(each.missed_since is None for each in news))
    for _ in range(50):
        await unsteady.played(3)
    told = await asyncio.gather(*heard)

    assert {id(each) for each in told} == {id(told[0])}
    assert told[0].counts == {3: 50}
    assert unsteady.reads == 1
    for follower in followers:
        follower.__exit__(None, None, None)
    await feed.close()


async def test_nothing_is_held_while_nobody_follows() -> None:
    unsteady, told = await a_store(), list[int]()
    feed = a_feed(unsteady, told)
    for _ in range(2):
        with feed.follow(None, None), feed.follow(None, frozenset({ClipId(1)})):
            await asyncio.sleep(0.02)
            assert await soon(lambda: len(unsteady.lines) == 1)
        assert await soon(lambda: not unsteady.lines)

    assert told == [1, 2, 1, 0] * 2


async def test_where_nothing_happens_that_is_said_now_and_then_and_moves_the_place_to_go_on_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapters.live_counts.feed, "SECONDS_TO_HEARTBEAT", 0.02)
    unsteady = await a_store()
    feed = a_feed(unsteady)
    with feed.follow(None, None) as news:
        first = await anext(news)
        second = await first_of(news, lambda each: each.until > first.until)
        unsteady.assure()
        third = await first_of(news, lambda each: each.until > second.until)

    assert not any(each.counts or each.is_reset for each in (first, second, third))
    await feed.close()


async def test_while_the_store_is_away_heartbeats_go_on_and_the_place_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.live_counts.feed, "SECONDS_TO_HEARTBEAT", 0.02)
    unsteady = await a_store()
    feed = a_feed(unsteady)
    with feed.follow(None, None) as news:
        first = await anext(news)
        await first_of(news, lambda each: each.until > first.until)
        unsteady.go_away()
        await asyncio.sleep(0.01)
        before = await anext(news)
        await unsteady.played(4)
        assert [(await anext(news)).until for _ in range(3)] == [before.until] * 3
        unsteady.come_back()

        assert (await first_of(news, lambda each: each.counts)).counts == {4: 1}
    await feed.close()


async def test_when_the_process_ends_all_are_sent_away_and_so_is_whoever_comes_then() -> None:
    feed = a_feed(await a_store())
    with feed.follow(None, None) as news:
        await anext(news)
        waiting = asyncio.ensure_future(anext(news))
        await asyncio.sleep(0)
        feed.end()
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(waiting, 30)
    with feed.follow(None, None) as news:
        await anext(news)
        with pytest.raises(StopAsyncIteration):
            await anext(news)
    await feed.close()


async def test_news_come_no_more_than_four_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.live_counts.feed, "SECONDS_BETWEEN", 0.25)
    pauses = [await shortest_pause_between_news()]
    while pauses[-1] <= 0.2 and len(pauses) < 3:  # one that stood still just before it looked at the clock sees less
        pauses.append(await shortest_pause_between_news())

    assert pauses[-1] > 0.2


async def shortest_pause_between_news() -> float:
    """Seconds, as a follower sees it who is slow every second time, so that news wait already."""
    unsteady = await a_store()
    feed = a_feed(unsteady)
    with feed.follow(None, None) as news:
        await anext(news)
        moments = list[float]()
        while len(moments) < 5:
            await unsteady.played(1)
            await asyncio.sleep(0.35 * (len(moments) % 2))
            await anext(news)
            moments.append(asyncio.get_running_loop().time())
    await feed.close()
    return min(later - earlier for earlier, later in pairwise(moments))


async def test_who_follows_already_misses_nothing_when_others_come_while_the_store_is_away() -> None:
    unsteady = await a_store()
    feed = a_feed(unsteady)
    with feed.follow(None, None) as news:
        await anext(news)
        await asyncio.sleep(0.01)
        unsteady.go_away()
        await unsteady.played(1)
        unsteady.now += timedelta(seconds=30)
        with feed.follow(None, None):
            await asyncio.sleep(0.01)
            unsteady.come_back()

            assert (await first_of(news, lambda each: each.counts)).counts == {1: 1}
    await feed.close()


@pytest.mark.usefixtures("_few_clips")
async def test_the_place_to_go_on_from_waits_until_all_that_was_announced_is_told() -> None:
    unsteady = await a_store()
    feed = a_feed(unsteady)
    with feed.follow(None, None) as news:
        await anext(news)
        assert await soon(lambda: news.missed_since is None)
        before = unsteady.now
        for clip in range(1, FEW + 2):
            await unsteady.played(clip)
        first, second = [await first_of(news, lambda each: each.counts) for _ in range(2)]

    assert (len(first.counts), len(second.counts)) == (FEW, 1)
    assert first.until <= before < second.until
    await feed.close()


@pytest.mark.parametrize("turns", range(12))
async def test_whoever_comes_just_when_the_last_has_left_is_told_all_the_same(turns: int) -> None:
    unsteady = await a_store()
    feed = a_feed(unsteady)
    with feed.follow(None, None):
        await asyncio.sleep(0.01)
    for _ in range(turns):
        await asyncio.sleep(0)
    with feed.follow(None, None) as news:
        await asyncio.sleep(0.01)
        await unsteady.played(2)

        assert (await first_of(news, lambda each: each.counts)).counts == {2: 1}
    await feed.close()
