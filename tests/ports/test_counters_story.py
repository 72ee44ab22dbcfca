"""Memory and PostgreSQL are told the same random story, and count what an oracle counts that is told it too."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from attrs import frozen
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.byte_range import ByteRange
from domain.clip import ClipId
from domain.decision import Reason
from domain.delivery import DeliveryEntry, DeliveryId, Ending
from domain.errors import ClipNotFound
from domain.heard import Window, united
from domain.listener import Agent
from domain.play import Play, PlayId
from domain.statistics import NONE_AT_ALL, Explained, Interval, Period
from tests.examples import NOON, a_key, details, some_audio
from tests.ports.recount import A_DAY, Ended, Forgot, Played, Recount
from tests.worlds import World, in_memory, in_postgres

ADDITIVE = ("play_count", "downloads", "completed")
SIZES = (6, 8, 10)  # bytes of clips, by id; half of the longest is a download
PLAYBACKS = [PlayId(UUID(int=number)) for number in range(1, 4)]


@frozen
class Request:
    """Somebody streams a clip; ``wanted`` is a play, or why it is none. ``after`` is since the request before.

    A request that is lost has begun, and nobody wrote down how it ended."""

    clip: int
    person: str
    wanted: Reason
    playback: PlayId | None
    agent: Agent
    sent: tuple[ByteRange, ...]
    knows_size: bool
    after: timedelta
    is_lost: bool


reasons = st.sampled_from([Reason.COUNTED] * 6 + [Reason.SEEK] * 5 + [Reason.PROBE, Reason.PREFETCH, Reason.HEAD])
places = st.sampled_from(range(10))  # evenly, which integers() are not
pairs = st.tuples(places, places) | st.sampled_from([(0, 9), (0, 5), (4, 9)])
parts = st.lists(pairs, min_size=1, max_size=2).map(
    lambda pairs: tuple(reversed(united(tuple(ByteRange(min(pair), max(pair)) for pair in pairs))))
)
moves = [0] * 9 + [1, 59, 600, 3_600, 6 * 3_600, 12 * 3_600, 86_340, 86_400, 30 * 3_600]
seconds = st.sampled_from(moves).map(lambda seconds: timedelta(seconds=seconds))
requests = st.builds(
    Request,
    clip=st.sampled_from([0, 0, 1, 2]),
    person=st.sampled_from(["ada", "bob"]),
    wanted=reasons,
    playback=st.none() | st.sampled_from(PLAYBACKS),
    agent=st.sampled_from([Agent.PLAYER] * 12 + [Agent.BOT, Agent.NONE]),
    sent=parts,
    knows_size=st.sampled_from([True] * 12 + [False]),
    after=seconds,
    is_lost=st.sampled_from([False] * 9 + [True]),
)
now_and_then = precondition(lambda self: not self.is_quiet)  # else little would be heard of deliveries


class Counters(RuleBasedStateMachine):
    """One ledger, twice, and the story that both are told."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.open = AsyncExitStack()
        postgres = self.runner.run(self.open.enter_async_context(in_postgres(self.url)))
        self.worlds = (in_memory(), postgres)
        self.ids = (UUID(int=number) for number in count(1_000))
        self.now, self.window = NOON, Window.CALENDAR_DAY
        self.clips: list[ClipId] = []
        self.removed: list[ClipId] = []
        self.story: list[Played | Ended | Forgot] = []
        self.told: dict[UUID, DeliveryEntry] = {}
        self.is_quiet = True  # since something else than a delivery came last
        for _ in SIZES:
            self.add()

    def teardown(self) -> None:
        self.runner.run(self.open.aclose())
        self.runner.close()

    def both(self, ask: Callable[[World], Awaitable[Any]]) -> Any:
        """The answer of both worlds, which must be the same."""
        in_memory, in_postgres = (self.runner.run(refusing(ask(world))) for world in self.worlds)
        assert in_memory == in_postgres
        return in_memory

    def add(self) -> None:
        self.clips.append(self.both(lambda world: world.catalogue.add(details(), some_audio(), NOON)).id)

    def record(self, clip: ClipId, playback: PlayId | None) -> Reason | None:
        """Why a request that begins a clip is a play or not; None where there is no such clip."""
        play = Play(playback or PlayId(next(self.ids)), clip, self.now, is_named=playback is not None)
        is_new = self.both(lambda world: world.ledger.record(play))
        if is_new is None:
            return None
        if is_new:
            self.story.append(Played(clip, self.now))
        return Reason.COUNTED if is_new else Reason.REPEAT

    @initialize(window=st.sampled_from(Window))
    def begin_with_a_window(self, window: Window) -> None:
        self.window = window

    @rule(asked=requests)
    def deliver_one(self, asked: Request) -> None:
        self.stream([asked])

    @rule(asked=st.lists(requests, min_size=2, max_size=5), random=st.randoms(use_true_random=False))
    def deliver_some(self, asked: list[Request], random: Random) -> None:
        self.stream(asked, random)

    def stream(self, asked: list[Request], random: Random | None = None) -> None:
        begun = []
        for request in asked:
            clip, reason = self.clips[-1 - request.clip], request.wanted
            judged = self.record(clip, request.playback) if reason is Reason.COUNTED else reason
            if judged is not None and not request.is_lost:
                begun.append((request, judged))
        if random is not None:
            random.shuffle(begun)  # what began first need not end first
        self.deliver_all([self.ended(request, reason) for request, reason in begun])
        self.is_quiet = False

    def ended(self, request: Request, reason: Reason) -> Ended:
        self.now += request.after
        clip = self.clips[-1 - request.clip]
        size = SIZES[clip % len(SIZES)]
        ended = Ended(
            id=next(self.ids),
            clip=clip,
            person=request.person,
            at=self.now,
            playback=request.playback,
            agent=request.agent,
            reason=reason,
            sent=frozenset(at for part in request.sent for at in range(part.first, min(part.last + 1, size))),
            download=(size // 2 if size == SIZES[-1] else size) if request.knows_size else None,
            whole=size - 1 if request.knows_size else None,
            window=self.window,
        )
        self.told[ended.id] = entry_of(ended, request.sent, size)
        return ended

    def deliver_all(self, ended: Sequence[Ended]) -> None:
        entries = [self.told[each.id] for each in ended]
        known = {each.id for each, _, _ in Recount(self.story).judged}
        self.story += ended
        answers = self.both(lambda world: world.deliveries.deliver(entries, self.window))
        new = list(dict.fromkeys(each.id for each in ended if each.id not in known))
        judged = {each.id: download for each, download, _ in Recount(self.story).judged}

        assert answers == [judged[each] for each in new]

    @now_and_then
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        self.is_quiet = True
        kept = [each for each, _, _ in Recount(self.story).judged]
        if kept:
            self.deliver_all(data.draw(st.lists(st.sampled_from(kept), min_size=1, max_size=3)))

    @now_and_then
    @rule(keep=st.sampled_from([2, 3, 9]), at_most=st.sampled_from([1, 7, 1_000]), after=seconds)
    def forget(self, keep: int, at_most: int, after: timedelta) -> None:
        self.is_quiet, self.now = True, self.now + after
        for world in self.worlds:
            for _ in range(10_000):
                if not self.runner.run(world.retention.forget(self.now, keep * A_DAY, at_most)):
                    break
        self.story.append(Forgot(self.now - keep * A_DAY))

    @now_and_then
    @rule(window=st.sampled_from(Window))
    def change_the_window(self, window: Window) -> None:
        self.is_quiet, self.window = True, window

    @now_and_then
    @precondition(lambda self: len(self.removed) < 2)
    @rule(which=st.integers(0, 2))
    def remove(self, which: int) -> None:
        self.is_quiet, clip = True, self.clips[-1 - which]
        if clip not in self.removed:
            self.both(lambda world: world.catalogue.remove(clip))
            self.removed.append(clip)
            self.add()

    @invariant()
    def both_tell_what_the_oracle_counts(self) -> None:
        recount, clips = Recount(self.story), [clip for clip in self.clips if clip not in self.removed]
        hours, days = self.periods()
        for world in self.worlds:
            told = self.runner.run(all_of(world, self.clips, (hours, days)))

            for clip in self.clips:
                assert told["counts", clip] == recount.counts(clip)
                assert told["explained", clip] == [explained(*each) for each in recount.explained(clip)]
            for period in (hours, days):
                assert told["top", period] == recount.top(clips, period)
                for of in (*self.clips, None):
                    assert told["series", of, period] == recount.series(of, period)
        self.check_laws(told, hours, days)

    def check_laws(self, told: dict[Any, Any], hours: Period, days: Period) -> None:
        asked = [each for each in self.story if isinstance(each, Ended)]
        first_day = Interval.DAY.begin(max(Recount(self.story).forgotten, hours.start)) + A_DAY
        for clip in self.clips:
            counts, by_day, by_hour = (
                told["counts", clip].counts,
                told["series", clip, days],
                told["series", clip, hours],
            )

            assert counts.completed <= counts.play_count
            assert counts.downloads <= len({each.id for each in asked if each.clip == clip})
            for counter in (*ADDITIVE, "listeners"):
                assert sum(getattr(each, counter) for each in by_day.values()) == getattr(counts, counter)
            for day in (day for day in by_day if day >= first_day):
                of_day = [each for hour, each in by_hour.items() if Interval.DAY.begin(hour) == day]
                for counter in ADDITIVE:
                    assert sum(getattr(each, counter) for each in of_day) == getattr(by_day[day], counter)

    def periods(self) -> tuple[Period, Period]:
        """Hours of the last weeks, and all days."""
        end = Interval.DAY.begin(self.now) + A_DAY
        return Period(Interval.HOUR, end - 40 * A_DAY, end), Period(Interval.DAY, end - 900 * A_DAY, end)


def entry_of(ended: Ended, parts: Sequence[ByteRange], size: int) -> DeliveryEntry:
    """What the ledger is told of a request: the listener's key of the day, and of the day before if it needs to."""
    known_as = a_key(f"{ended.person} {day_of(ended.at - A_DAY)}")
    return DeliveryEntry(
        id=DeliveryId(ended.id),
        clip=ended.clip,
        ended_at=ended.at,
        listener=a_key(f"{ended.person} {day_of(ended.at)}"),
        known_as=known_as if ended.window.goes_past_midnight else None,
        playback=None if ended.playback is None else PlayId(ended.playback),
        agent=ended.agent,
        reason=ended.reason,
        ending=Ending.LEFT,
        sent=tuple(ByteRange(part.first, min(part.last, size - 1)) for part in parts if part.first < size),
        download_size=ended.download,
        whole_size=ended.whole,
    )


def day_of(at: datetime) -> str:
    return f"{at:%Y%m%d}"


def explained(ended: Ended, download: Reason, completes: bool) -> Any:
    """A request as it must be told of."""
    key, sent = a_key(f"{ended.person} {day_of(ended.at)}"), sorted(ended.sent)
    return ended.id, ended.at, key, ended.playback, ended.reason, download, completes, sent, Ending.LEFT


def as_told(told: Explained) -> Any:
    sent = [at for part in told.sent for at in range(part.first, part.last + 1)]
    who = (told.id, told.ended_at, told.listener, told.playback)
    return *who, told.play, told.download, told.completes, sent, told.ending


async def all_of(world: World, clips: Sequence[ClipId], periods: Sequence[Period]) -> dict[Any, Any]:
    """All that a world tells."""
    statistics, told = world.statistics, dict[Any, Any]()
    for clip in clips:
        told["counts", clip] = await statistics.counts(clip)
        told["explained", clip] = [as_told(each) for each in await statistics.explained(clip, 1_000)]
    for period in periods:
        told["top", period] = [(top.clip.id, top.play_count) for top in await statistics.top(period, 10)]
        for of in (*clips, None):
            series = await statistics.series(of, period)
            told["series", of, period] = {start: each for start, each in series.items() if each != NONE_AT_ALL}
    return told


async def refusing(asked: Awaitable[Any]) -> Any:
    """The answer; None where there is no such clip."""
    try:
        return await asked
    except ClipNotFound:
        return None


def test_both_worlds_count_what_the_raw_story_says(postgres_url: str) -> None:
    class Story(Counters):
        url = postgres_url

    # Not shrunk: with a database under each step that takes minutes, and the story says enough.
    told = settings(max_examples=25, stateful_step_count=20, phases=[Phase.explicit, Phase.reuse, Phase.generate])
    run_state_machine_as_test(Story, settings=told)
