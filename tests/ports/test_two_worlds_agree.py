"""Memory and PostgreSQL are told the same random story and must give the same answers at every step."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any

from attrs import asdict, evolve
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from adapters.system import new_id
from domain.browsing import ClipFilter, ClipQuery, Sort
from domain.clip import ClipChanges, ClipId
from domain.errors import ClipNotFound
from domain.text import folded
from domain.words import query_words
from tests.examples import NOON, a_play, details, some_audio
from tests.strategies import titles
from tests.worlds import World, in_memory, in_postgres


def keys(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(folded, tags))


clip_ids = st.integers(1, 4).map(ClipId)  # few, so that stories meet the same clip again
genres = st.sampled_from(["Nature", "nature", "Hip-Hop", "Straße", "STRASSE"])
tag_sets = st.lists(titles, max_size=3, unique_by=folded).map(tuple)
playback_ids = st.sampled_from([new_id() for _ in range(4)])
moments = st.integers(-5, 5).map(lambda hours: NOON + timedelta(hours=7 * hours))
sorts = st.sampled_from(Sort)
searches = st.just(()) | st.lists(titles, max_size=2).map(" ".join).map(query_words)
narrowed = st.builds(
    ClipFilter, words=searches, genre=st.none() | genres.map(folded), tags=tag_sets.map(lambda tags: tags[:1]).map(keys)
)


class TwoWorlds(RuleBasedStateMachine):
    """One catalogue and one ledger, twice."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.open = AsyncExitStack()
        postgres = self.runner.run(self.open.enter_async_context(in_postgres(self.url)))
        self.worlds = (in_memory(), postgres)
        self.seen: list[Any] = []

    def teardown(self) -> None:
        self.runner.run(self.open.aclose())
        self.runner.close()

    def both(self, ask: Callable[[World], Awaitable[Any]]) -> Any:
        """The answer of both worlds, refusals included, which must be the same."""

        async def answer(world: World) -> Any:
            try:
                return await ask(world)
            except ClipNotFound as refused:
                return "not found", refused.clip

        in_memory, in_postgres = (self.runner.run(answer(world)) for world in self.worlds)
        assert in_memory == in_postgres
        return in_memory

    @rule(title=titles, genre=genres, description=st.none() | titles, tags=tag_sets, at=moments)
    def add(self, title: str, genre: str, description: str | None, tags: tuple[str, ...], at: Any) -> None:
        said = details(title=title, genre=genre, description=description, tags=tags)
        self.both(lambda world: world.catalogue.add(said, some_audio(), at))

    @rule(key=st.sampled_from("ab"), title=titles)
    def add_once(self, key: str, title: str) -> None:
        self.both(lambda world: world.catalogue.add_once(key, details(title=title), some_audio(), NOON))

    @rule(
        clip=clip_ids,
        said=st.fixed_dictionaries(
            {}, optional={"title": titles, "genre": genres, "description": st.none() | titles, "tags": tag_sets}
        ),
        audio=st.none() | st.builds(some_audio, size=st.none() | st.just(5)),
    )
    def change(self, clip: ClipId, said: dict[str, Any], audio: Any) -> None:
        self.both(lambda world: world.catalogue.change(clip, ClipChanges(**said), audio))

    @rule(clip=clip_ids)
    def remove(self, clip: ClipId) -> None:
        self.both(lambda world: world.catalogue.remove(clip))

    @rule(clip=clip_ids, playback=playback_ids, at=moments)
    def record(self, clip: ClipId, playback: Any, at: Any) -> None:
        self.both(lambda world: world.ledger.record(a_play(of=clip, under=playback, at=at)))

    @rule(clip=clip_ids)
    def find(self, clip: ClipId) -> None:
        self.both(lambda world: world.catalogue.find(clip))

    @rule(clip=clip_ids)
    def counts(self, clip: ClipId) -> None:
        self.both(lambda world: world.statistics.counts(clip))
        self.both(lambda world: world.statistics.counted(clip))

    @rule(sort=sorts, limit=st.integers(1, 4), among=narrowed, day=st.integers(0, 2))
    def page(self, sort: Sort, limit: int, among: ClipFilter, day: int) -> None:
        as_of = NOON.date() + timedelta(days=day)
        query = ClipQuery(sort=sort, limit=limit, as_of=as_of, **asdict(among, recurse=False))
        page = self.both(lambda world: world.catalogue.page(query))
        if page.next:
            self.seen.append(evolve(query, after=page.next))

    @rule(among=narrowed)
    def facets(self, among: ClipFilter) -> None:
        self.both(lambda world: world.catalogue.genres(among))
        self.both(lambda world: world.catalogue.tags(among))

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def next_page(self, data: st.DataObject) -> None:
        query = data.draw(st.sampled_from(self.seen))
        self.both(lambda world: world.catalogue.page(query))

    @invariant()
    def the_lists_are_the_same(self) -> None:
        for query in (ClipQuery(sort=sort, limit=100, as_of=NOON.date()) for sort in Sort):
            self.both(partial(listed, query))


async def listed(query: ClipQuery, world: World) -> Any:
    return await world.catalogue.page(query)


def test_memory_and_postgres_tell_the_same_story(postgres_url: str) -> None:
    class Story(TwoWorlds):
        url = postgres_url

    # Not shrunk: with a database under each step that takes minutes, and the story says enough.
    told = settings(max_examples=50, stateful_step_count=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])
    run_state_machine_as_test(Story, settings=told)
