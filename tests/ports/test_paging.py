"""Following cursors while others add, change, remove and play: no clip is shown twice, and none is lost, that was there
all along and kept its place. In memory and in PostgreSQL."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import TypeVar

import pytest
from attrs import define, evolve
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from domain.browsing import ClipQuery, Sort
from domain.clip import ClipChanges, ClipId
from tests.examples import NOON, a_play, details, some_audio
from tests.worlds import World, in_memory, in_postgres

T = TypeVar("T")

titles = st.sampled_from(["rain", "rain and hail", "Hail", "rainbow", "a"])
PLAYED = (Sort.PLAYS, Sort.TRENDING)


@define
class Walk:
    """Somebody who follows cursors: what was ``seen``, and whom of those that were there at first nothing moved."""

    query: ClipQuery
    steady: set[ClipId]
    moved: set[ClipId]
    seen: list[ClipId]


class Paging(RuleBasedStateMachine):
    """A catalogue, what is known of it, and those who look through it."""

    url: str | None

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.open = AsyncExitStack()
        self.world: World = (
            in_memory() if self.url is None else self.run(self.open.enter_async_context(in_postgres(self.url)))
        )
        self.titles: dict[ClipId, str] = {}
        self.walks: list[Walk] = []

    def run(self, asked: Awaitable[T]) -> T:
        async def answered() -> T:
            return await asked

        return self.runner.run(answered())

    def teardown(self) -> None:
        self.runner.run(self.open.aclose())
        self.runner.close()

    def move(self, clip: ClipId, *sorts: Sort) -> None:
        """The clip may be elsewhere now for those who look in these orders."""
        for walk in self.walks:
            if walk.query.sort in sorts:
                walk.steady.discard(clip)
                walk.moved.add(clip)

    @rule(title=titles)
    def add(self, title: str) -> None:
        clip = self.run(self.world.catalogue.add(details(title=title, description=None), some_audio(), NOON))
        self.titles[clip.id] = title

    @precondition(lambda self: self.titles)
    @rule(data=st.data(), title=titles)
    def rename(self, data: st.DataObject, title: str) -> None:
        clip = data.draw(st.sampled_from(sorted(self.titles)))
        self.run(self.world.catalogue.change(clip, ClipChanges(title=title), None))
        self.titles[clip] = title
        self.move(clip, Sort.TITLE, Sort.RELEVANCE)

    @precondition(lambda self: self.titles)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        clip = data.draw(st.sampled_from(sorted(self.titles)))
        self.run(self.world.catalogue.remove(clip))
        del self.titles[clip]
        self.move(clip, *Sort)

    @precondition(lambda self: self.titles)
    @rule(data=st.data(), times=st.integers(1, 3))
    def play(self, data: st.DataObject, times: int) -> None:
        clip = data.draw(st.sampled_from(sorted(self.titles)))
        for _ in range(times):
            self.run(self.world.ledger.record(a_play(of=clip)))
        self.move(clip, *PLAYED)

    @precondition(lambda self: len(self.walks) < 2 * len(Sort))
    @rule(limit=st.integers(1, 3))
    def begin(self, limit: int) -> None:
        """One in each order."""
        for sort in Sort:
            words = ("rain",) if sort is Sort.RELEVANCE else ()
            meant = {clip for clip, title in self.titles.items() if not words or "rain" in title}
            query = ClipQuery(sort=sort, limit=limit, words=words, as_of=NOON.date())
            self.walks.append(Walk(query, meant, set(), []))

    @precondition(lambda self: self.walks)
    @rule()
    def go_on(self) -> None:
        for walk in list(self.walks):
            self.turn_page(walk)

    def turn_page(self, walk: Walk) -> None:
        page = self.run(self.world.catalogue.page(walk.query))
        walk.seen += [clip.id for clip in page.clips]
        again = {clip for clip in walk.seen if walk.seen.count(clip) > 1}

        assert again <= walk.moved
        walk.query = evolve(walk.query, after=page.next)
        if page.next is None:
            self.walks.remove(walk)
            self.check_at_the_end(walk)

    def check_at_the_end(self, walk: Walk) -> None:
        whole = self.run(self.world.catalogue.page(evolve(walk.query, after=None, limit=1_000)))

        assert walk.steady <= set(walk.seen)
        assert [clip.id for clip in whole.clips if clip.id in walk.steady] == [
            clip for clip in walk.seen if clip in walk.steady
        ]


@pytest.mark.parametrize("where", ["memory", "postgres"])
def test_whoever_follows_cursors_meets_each_clip_that_stays_once_and_in_order(
    where: str, request: pytest.FixtureRequest
) -> None:
    class Story(Paging):
        url = request.getfixturevalue("postgres_url") if where == "postgres" else None

    # Not shrunk: with a database under each step that takes minutes.
    told = settings(max_examples=20, stateful_step_count=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
    run_state_machine_as_test(Story, settings=told)
