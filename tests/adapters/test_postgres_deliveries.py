"""Deliveries that share a statement are counted as if one came after the other, whoever else delivers at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from adapters.postgres.deliveries import DELIVER, PostgresDeliveries
from adapters.postgres.delivery_columns import columns
from adapters.postgres.pool import Database, connection_pool
from adapters.postgres.rounds import Offer, first_round
from adapters.system import new_id
from domain.byte_range import ByteRange
from domain.decision import Reason
from domain.delivery import DeliveryEntry, DeliveryId, Ending
from domain.heard import THE_CATALOGUE, Window
from domain.listener import Agent
from domain.ports import Statistics
from domain.statistics import Counts, Interval, Period
from tests.adapters.delivery_entries import CLIPS, MIDNIGHT, SIZE, key_of, stories
from tests.adapters.test_shared_statements import LOST, WAITING_FOR_A_ROW, told, until
from tests.examples import NOON
from tests.worlds import EMPTY, World, in_memory, in_postgres, over, unhurried

windows = st.sampled_from(Window)
WEEK = [MIDNIGHT + timedelta(days=days) for days in (-3, 4)]
PERIODS = [Period(interval, *WEEK) for interval in Interval]
TURNS = 8
NOT_SHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # with a database under each step that takes minutes


@pytest.fixture
async def here(postgres_url: str) -> AsyncIterator[World]:
    async with in_postgres(postgres_url) as world:
        yield world


def a_delivery(number: int = 1, **said: Any) -> DeliveryEntry:
    """A listener gets the whole of the first clip at once."""
    whole = DeliveryEntry(
        id=DeliveryId(new_id()),
        clip=CLIPS[0],
        ended_at=NOON,
        listener=key_of(number, NOON),
        known_as=None,
        playback=None,
        agent=Agent.PLAYER,
        reason=Reason.COUNTED,
        ending=Ending.SENT,
        sent=(ByteRange(0, SIZE - 1),),
        download_size=SIZE,
        whole_size=SIZE - 1,
    )
    return evolve(whole, **said)


async def all_told(statistics: Statistics) -> list[Any]:
    """Every number there is, and every delivery with its reasons."""
    return [
        *[await statistics.counts(clip) for clip in CLIPS],
        *[await statistics.series(clip, period) for clip in (*CLIPS, None) for period in PERIODS],
        *[await statistics.explained(clip, 100) for clip in CLIPS],
    ]


async def is_same_story(here: World, told: Sequence[tuple[Sequence[DeliveryEntry], Window]]) -> bool:
    memory = in_memory()
    for story, window in told:
        assert await here.deliveries.deliver(story, window) == await memory.deliveries.deliver(story, window)
    return await all_told(here.statistics) == await all_told(memory.statistics)


@given(calls=st.lists(st.tuples(stories(), windows), max_size=4))
@settings(max_examples=150, phases=NOT_SHRUNK)
async def test_what_is_delivered_in_one_call_counts_as_if_one_came_after_the_other(
    postgres_url: str, calls: list[tuple[list[DeliveryEntry], Window]]
) -> None:
    async with in_postgres(postgres_url) as here:
        assert await is_same_story(here, calls)


@settings(phases=NOT_SHRUNK)
@given(story=stories(), window=windows, cut=st.integers(0, 12))
async def test_a_call_that_is_repeated_with_more_adds_only_what_is_new(
    postgres_url: str, story: list[DeliveryEntry], window: Window, cut: int
) -> None:
    async with in_postgres(postgres_url) as here:
        assert await is_same_story(here, [(story[:cut], window), (story, window), (story, window)])


async def test_a_call_is_one_commit_where_nobody_builds_on_another(here: World, postgres_url: str) -> None:
    story = [a_delivery(listener) for listener in range(50) for _ in range(3)]
    answers = await here.deliveries.deliver(story, Window.FIRST_TOUCH)

    assert answers == [Reason.COUNTED, Reason.DUPLICATE, Reason.DUPLICATE] * 50
    assert await told(postgres_url, "SELECT count(DISTINCT xmin::text) FROM deliveries") == 1
    assert (await here.statistics.counts(CLIPS[0])).counts == Counts(downloads=50, listeners=50, completed=150)


async def test_a_connection_lost_amid_a_delivery_counts_it_once(here: World, postgres_url: str) -> None:
    await here.deliveries.deliver([a_delivery(0)], Window.CALENDAR_DAY)
    async with await AsyncConnection.connect(postgres_url) as other:
        await other.execute("SELECT FROM counts FOR UPDATE")
        delivered = asyncio.create_task(here.deliveries.deliver([a_delivery(1)], Window.CALENDAR_DAY))
        await until(lambda: told(postgres_url, WAITING_FOR_A_ROW))
        await told(postgres_url, LOST, "soundverse-play")
        await until(lambda: told(postgres_url, WAITING_FOR_A_ROW))

    assert await delivered == [Reason.COUNTED]
    assert (await here.statistics.counts(CLIPS[0])).counts == Counts(downloads=2, listeners=2, completed=2)


async def test_a_second_attempt_beside_the_first_counts_nothing_twice(here: World, postgres_url: str) -> None:
    """As after a connection that was lost when the database had all but committed."""
    first, second = [a_delivery(1), a_delivery(2)], [a_delivery(3)]
    async with await AsyncConnection.connect(postgres_url) as lost:
        await lost.execute(
            DELIVER, columns(first_round([Offer.of(each) for each in first])[0]) | {"window": "calendar-day"}
        )
        delivered = asyncio.create_task(here.deliveries.deliver(first + second, Window.CALENDAR_DAY))
        await until(lambda: told(postgres_url, WAITING_FOR_A_ROW))
        await lost.commit()

    assert await delivered == [Reason.COUNTED]
    assert (await here.statistics.counts(CLIPS[0])).counts == Counts(downloads=3, listeners=3, completed=3)


async def test_what_is_already_known_takes_nothing_from_those_who_follow_it(here: World) -> None:
    """The leader of a union is there already, but its window is over; the follower begins one of its own."""
    leader = a_delivery()
    later = evolve(leader, id=DeliveryId(new_id()), ended_at=NOON + timedelta(days=1))
    await here.deliveries.deliver([leader, later], Window.CALENDAR_DAY)
    follower = evolve(leader, id=DeliveryId(new_id()))

    assert await here.deliveries.deliver([leader, follower], Window.CALENDAR_DAY) == [Reason.COUNTED]


@pytest.mark.parametrize("replicas", [2, 4])
async def test_replicas_that_hear_of_the_same_listeners_at_once_count_exactly(postgres_url: str, replicas: int) -> None:
    """Each listener is heard by all, in halves of the clip, in orders that differ; so is what each play begins."""
    random, listeners, halves = Random(1), range(40), (ByteRange(0, 49), ByteRange(50, 99))
    async with AsyncExitStack() as open_pools:
        open_pools.enter_context(unhurried())
        await told(postgres_url, EMPTY)
        databases = [Database(await open_pools.enter_async_context(pool_of(postgres_url))) for _ in range(replicas)]
        for turn in range(TURNS):
            story = [
                a_delivery(listener, clip=clip, sent=(half,), listener=b"%d in turn %d" % (listener, turn))
                for listener in listeners
                for half in halves
                for clip in CLIPS
                for _ in range(replicas)
            ]
            random.shuffle(story)
            parts = [story[number::replicas] for number in range(replicas)]
            await asyncio.gather(*map(delivered_twice, databases, parts))
        counts = [(await over(databases[0]).statistics.counts(clip)).counts for clip in (*CLIPS, THE_CATALOGUE)]

    heard = len(listeners) * TURNS
    assert counts == [Counts(downloads=heard, listeners=heard, completed=heard)] * 2 + [Counts(listeners=heard)]


def pool_of(url: str) -> "AsyncConnectionPool[AsyncConnection]":
    return connection_pool(url, 4)


async def delivered_twice(database: Database, story: list[DeliveryEntry]) -> None:
    """In several calls at once, each of which is repeated beside the next."""
    deliveries = PostgresDeliveries(database)
    calls = [story[number::4] for number in range(4)]
    await asyncio.gather(*(deliveries.deliver(call, Window.FIRST_TOUCH) for call in calls * 2))
