"""Plays, lookups and pages that share a statement: exact, whatever the others in it are, and however it fares."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.rows import scalar_row
from psycopg_pool import AsyncConnectionPool

import adapters.postgres.pool
from adapters.postgres.pool import MOST_WAITING, Database, connection_pool
from domain.browsing import ClipFilter, ClipQuery
from domain.clip import LARGEST_CLIP_ID, ClipChanges, ClipId
from domain.errors import ClipNotFound, StoreUnavailable
from domain.play import Play
from domain.statistics import Interval, Period
from tests.examples import NOON, a_play, details, some_audio
from tests.worlds import EMPTY, World, over, unhurried

PATIENCE = 20.0  # seconds
ROUNDS, AT_ONCE = 15, 300
COMMITS = "SELECT count(DISTINCT xmin::text) FROM plays"
LOST = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = %s"
FREE_SUMS = """
    SELECT array_agg(clip_id ORDER BY clip_id) FROM (SELECT clip_id FROM play_counts FOR UPDATE SKIP LOCKED) AS free"""
WAITING_FOR_A_ROW = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
async def pool(postgres_url: str) -> AsyncIterator[AsyncConnectionPool[AsyncConnection]]:
    with unhurried():
        async with connection_pool(postgres_url, 4) as pool:
            await told(postgres_url, EMPTY)
            yield pool


@pytest.fixture
def world(pool: AsyncConnectionPool[AsyncConnection]) -> World:
    return over(Database(pool))


@pytest.fixture
async def clip(world: World) -> ClipId:
    return await a_clip(world)


async def plays_of(world: World, clip: ClipId) -> int:
    return (await world.statistics.counts(clip)).counts.play_count


async def a_clip(world: World) -> ClipId:
    return (await world.catalogue.add(details(), some_audio(), NOON)).id


async def told(url: str, statement: Any, *parameters: object) -> Any:
    """What somebody else's connection answers, if it does."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.cursor(row_factory=scalar_row).execute(statement, parameters)
        return await cursor.fetchone() if cursor.description else None


async def until(is_so: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await is_so():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def counting_held_up(url: str, clip: ClipId) -> AsyncIterator[None]:
    """No play of ``clip`` can be counted while the block lasts; a play of it was counted before."""
    async with await AsyncConnection.connect(url) as other:
        await other.execute("SELECT FROM play_counts WHERE clip_id = %s FOR UPDATE", [clip])
        yield
        await other.rollback()


async def refusal(of: Awaitable[object]) -> ClipId | str | None:
    """The clip that is not there, or why the store cannot be asked."""
    try:
        await of
    except ClipNotFound as error:
        return ClipId(int(error.clip))
    except StoreUnavailable as error:
        return error.reason
    return None


async def test_plays_that_come_at_once_share_a_commit(world: World, clip: ClipId, postgres_url: str) -> None:
    other = await a_clip(world)
    await asyncio.gather(*(world.ledger.record(a_play(of=of)) for of in [clip, other] * 50))

    assert await told(postgres_url, COMMITS) == 1
    assert [await plays_of(world, of) for of in (clip, other)] == [50, 50]


async def test_a_clip_that_is_not_there_refuses_only_its_own_play(world: World, clip: ClipId) -> None:
    removed = await a_clip(world)
    await world.catalogue.remove(removed)
    nowhere = [removed, ClipId(404), ClipId(0), ClipId(LARGEST_CLIP_ID), ClipId(LARGEST_CLIP_ID + 1)]
    tries = [refusal(world.ledger.record(a_play(of=of))) for of in [clip, *nowhere, clip]]

    assert await asyncio.gather(*tries) == [None, *nowhere, None]
    assert await plays_of(world, clip) == 2


async def test_a_clip_that_is_not_there_refuses_only_its_own_lookup(world: World, clip: ClipId) -> None:
    nowhere = [ClipId(404), ClipId(0), ClipId(LARGEST_CLIP_ID), ClipId(LARGEST_CLIP_ID + 1), ClipId(-(2**64))]
    tries = [refusal(world.catalogue.find(asked)) for asked in [clip, *nowhere, clip]]

    assert await asyncio.gather(*tries) == [None, *nowhere, None]


async def test_lookups_that_come_at_once_take_one_connection_once(
    world: World, clip: ClipId, pool: AsyncConnectionPool[AsyncConnection]
) -> None:
    others = [await a_clip(world) for _ in range(5)]
    before = pool.get_stats()["requests_num"]
    found = await asyncio.gather(*(world.catalogue.find(of) for of in [clip, *others] * 50))

    assert [each.id for each in found] == [clip, *others] * 50
    assert pool.get_stats()["requests_num"] - before == 1


async def test_clips_that_are_counted_at_once_take_one_connection_once(
    world: World, clip: ClipId, pool: AsyncConnectionPool[AsyncConnection]
) -> None:
    other = await a_clip(world)
    before = pool.get_stats()["requests_num"]
    counted = await asyncio.gather(*(world.statistics.counted(of) for of in [clip, other] * 50))

    assert [each.clip.id for each in counted] == [clip, other] * 50
    assert pool.get_stats()["requests_num"] - before == 1


DAY = Period(Interval.DAY, NOON.replace(hour=0), NOON.replace(hour=0) + timedelta(days=1))
READS: dict[str, Callable[[World, ClipId], Awaitable[object]]] = {
    "a page": lambda world, _: world.catalogue.page(ClipQuery()),
    "genres": lambda world, _: world.catalogue.genres(ClipFilter()),
    "tags": lambda world, _: world.catalogue.tags(ClipFilter()),
    "a series": lambda world, clip: world.statistics.series(clip, DAY),
    "a series of all": lambda world, _: world.statistics.series(None, DAY),
    "the top": lambda world, _: world.statistics.top(DAY, 5),
}


@pytest.mark.parametrize("name", READS)
async def test_who_asks_for_the_same_in_the_same_moment_gets_the_very_same_and_later_on_it_is_read_again(
    world: World, clip: ClipId, name: str, pool: AsyncConnectionPool[AsyncConnection]
) -> None:
    before = pool.get_stats()["requests_num"]
    answers = await asyncio.gather(*(READS[name](world, clip) for _ in range(8)))
    again = await READS[name](world, clip)

    assert len({id(each) for each in answers}) == 1
    assert again == answers[0]
    assert pool.get_stats()["requests_num"] - before == 2


async def test_pages_that_are_asked_for_at_once_take_one_connection_for_each_query(
    world: World, clip: ClipId, pool: AsyncConnectionPool[AsyncConnection]
) -> None:
    before = pool.get_stats()["requests_num"]
    queries = [ClipQuery(), ClipQuery(limit=1)] * 50
    pages = await asyncio.gather(*(world.catalogue.page(query) for query in queries))

    assert [[each.id for each in page.clips] for page in pages] == [[clip]] * 100
    assert pool.get_stats()["requests_num"] - before == 2


async def test_a_change_that_was_answered_is_in_all_that_is_read_afterwards_among_many_readers(
    world: World, clip: ClipId
) -> None:
    async def readers() -> None:
        while True:
            await asyncio.gather(world.catalogue.page(ClipQuery()), world.catalogue.find(clip))

    reading = [asyncio.create_task(readers()) for _ in range(20)]
    for number in range(50):
        await world.catalogue.change(clip, ClipChanges(title=f"Rain {number}"), None)
        page, found = await asyncio.gather(world.catalogue.page(ClipQuery()), world.catalogue.find(clip))
        assert (page.clips[0].title, found.title) == (f"Rain {number}", f"Rain {number}")

    for each in reading:
        each.cancel()
    await asyncio.wait(reading)
    assert all(each.cancelled() for each in reading)


async def test_connections_lost_while_idle_cost_no_play_and_no_lookup(
    world: World, clip: ClipId, postgres_url: str
) -> None:
    plays = [a_play(of=clip) for _ in range(20)]
    await asyncio.gather(*map(world.ledger.record, plays))
    await told(postgres_url, LOST, "soundverse-play")
    found, recorded = await asyncio.gather(
        world.catalogue.find(clip), asyncio.gather(*map(world.ledger.record, [*plays, a_play(of=clip)]))
    )

    assert found.id == clip
    assert recorded == [False] * 20 + [True]


async def test_a_connection_lost_amid_a_statement_costs_none_of_its_plays(
    world: World, clip: ClipId, postgres_url: str
) -> None:
    await world.ledger.record(a_play(of=clip))
    async with counting_held_up(postgres_url, clip):
        recorded = [asyncio.create_task(world.ledger.record(a_play(of=clip))) for _ in range(30)]
        await until(lambda: told(postgres_url, WAITING_FOR_A_ROW))
        await told(postgres_url, LOST, "soundverse-play")
        await until(lambda: told(postgres_url, WAITING_FOR_A_ROW))

    assert all(await asyncio.gather(*recorded))
    assert await plays_of(world, clip) == 31


async def test_a_listener_who_leaves_costs_no_other_their_play(world: World, clip: ClipId, postgres_url: str) -> None:
    await world.ledger.record(a_play(of=clip))
    async with counting_held_up(postgres_url, clip):
        first = [asyncio.create_task(world.ledger.record(a_play(of=clip))) for _ in range(10)]
        await until(lambda: told(postgres_url, WAITING_FOR_A_ROW))
        next_ones = [asyncio.create_task(world.ledger.record(a_play(of=clip))) for _ in range(10)]
        await asyncio.sleep(0)
        first[0].cancel()
        next_ones[0].cancel()
    stayed = await asyncio.gather(*first[1:], *next_ones[1:])

    assert stayed == [True] * 18
    assert 1 + 18 <= await plays_of(world, clip) <= 1 + 20


async def test_without_a_connection_all_are_told_in_the_time_of_one_and_one_more(
    world: World, clip: ClipId, pool: AsyncConnectionPool[AsyncConnection]
) -> None:
    held = [await pool.getconn() for _ in range(pool.max_size)]
    before = pool.get_stats()["requests_num"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapters.postgres.pool, "SECONDS_TO_ANSWER", 0.5)
        at_once = [asyncio.create_task(refusal(world.ledger.record(a_play(of=clip)))) for _ in range(50)]
        await asyncio.sleep(0.25)
        later = [asyncio.create_task(refusal(world.ledger.record(a_play(of=clip)))) for _ in range(50)]
        async with asyncio.timeout(PATIENCE):
            told_why = await asyncio.gather(*at_once, *later)

    assert set(told_why) == {"the database cannot be reached"}
    assert pool.get_stats()["requests_num"] - before <= 2  # of which each takes that time
    for connection in held:
        await pool.putconn(connection)


async def test_more_than_can_wait_are_refused_at_once_and_the_rest_counted(world: World, clip: ClipId) -> None:
    tries = [asyncio.create_task(refusal(world.ledger.record(a_play(of=clip)))) for _ in range(MOST_WAITING + 5)]
    await asyncio.sleep(0)
    refused = [task.result() for task in tries if task.done()]

    assert refused == ["too many requests wait for the database"] * 5
    await asyncio.gather(*tries)
    assert await plays_of(world, clip) == MOST_WAITING


async def test_sums_are_taken_in_the_order_of_clips_so_that_replicas_wait_in_turn(
    world: World, postgres_url: str
) -> None:
    """One sum is held by somebody else: those before it are taken then, those after it are not."""
    clips = [await a_clip(world) for _ in range(50)]
    await recorded(world, [a_play(of=clip) for clip in clips])
    async with counting_held_up(postgres_url, clips[30]):
        counted = asyncio.create_task(recorded(world, [a_play(of=clip) for clip in Random(1).sample(clips, 50)]))
        await until(lambda: told(postgres_url, WAITING_FOR_A_ROW))
        free = await told(postgres_url, FREE_SUMS)

    assert free == clips[31:]
    assert await counted == 50


async def test_replicas_that_count_the_same_clips_never_block_each_other(world: World, postgres_url: str) -> None:
    clips = [await a_clip(world) for _ in range(50)]
    random = Random(1)
    async with connection_pool(postgres_url, 4) as elsewhere:
        for _ in range(ROUNDS):
            here, there = ([a_play(of=random.choice(clips)) for _ in range(AT_ONCE)] for _ in range(2))
            assert all(await asyncio.gather(recorded(world, here), recorded(over(Database(elsewhere)), there)))

    assert sum([await plays_of(world, clip) for clip in clips]) == 2 * ROUNDS * AT_ONCE


async def test_replicas_that_are_told_the_same_plays_never_block_each_other(world: World, postgres_url: str) -> None:
    clips = [await a_clip(world) for _ in range(50)]
    random = Random(1)
    async with connection_pool(postgres_url, 4) as elsewhere:
        for _ in range(ROUNDS):
            plays = [a_play(of=random.choice(clips)) for _ in range(AT_ONCE)]
            orders = (random.sample(plays, AT_ONCE) for _ in range(2))
            here, there = await asyncio.gather(*map(recorded, (world, over(Database(elsewhere))), orders))
            assert here + there == AT_ONCE

    assert sum([await plays_of(world, clip) for clip in clips]) == ROUNDS * AT_ONCE


async def recorded(world: World, plays: list[Play]) -> int:
    """How many of the plays were new to the ledger."""
    return sum(await asyncio.gather(*map(world.ledger.record, plays)))
