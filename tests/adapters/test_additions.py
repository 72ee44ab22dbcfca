"""Clips that share a statement as they are added: each is kept once or not at all, and told truly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from adapters.postgres.additions import MOST_CHARACTERS, statements
from adapters.postgres.pool import MOST_WAITING, Database, connection_pool
from domain.clip import LARGEST_CLIP_ID, LONGEST_DESCRIPTION, AudioFacts, Clip, ClipId
from domain.errors import StoreUnavailable
from tests.adapters.test_shared_statements import LOST, PATIENCE, told, until
from tests.examples import NOON, details, some_audio
from tests.worlds import EMPTY, World, over, unhurried

COMMITS = "SELECT count(DISTINCT xmin::text) FROM clips"
KEPT = "SELECT count(*) FROM clips"
IDS = "SELECT array_agg(id) FROM clips"
WAITING_FOR_THE_TABLE = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
LOST_CONNECTION = "the connection to the database was lost"


@pytest.fixture
async def pool(postgres_url: str) -> AsyncIterator[AsyncConnectionPool[AsyncConnection]]:
    with unhurried():
        async with connection_pool(postgres_url, 4) as pool:
            await told(postgres_url, EMPTY)
            yield pool


@pytest.fixture
def world(pool: AsyncConnectionPool[AsyncConnection]) -> World:
    return over(Database(pool))


async def outcome(adding: Awaitable[Clip]) -> ClipId | str:
    """The id that was given, or why the store could not be asked."""
    try:
        return (await adding).id
    except StoreUnavailable as error:
        return error.reason


def add(world: World, title: str = "Rain", audio: AudioFacts | None = None) -> Awaitable[Clip]:
    return world.catalogue.add(details(title=title), audio or some_audio(), NOON)


@asynccontextmanager
async def adding_held_up(url: str) -> AsyncIterator[None]:
    """No clip can be added while the block lasts."""
    async with await AsyncConnection.connect(url) as other:
        await other.execute("LOCK TABLE clips IN SHARE MODE")
        yield
        await other.rollback()


async def test_clips_that_are_added_at_once_share_a_commit(world: World, postgres_url: str) -> None:
    await asyncio.gather(*(add(world) for _ in range(100)))

    assert await told(postgres_url, COMMITS) == 1
    assert await told(postgres_url, KEPT) == 100


async def test_a_clip_that_its_table_refuses_fails_alone_and_by_its_own_error(world: World) -> None:
    too_large = some_audio(size=LARGEST_CLIP_ID + 1)  # no column has room for it
    adding = [add(world), add(world, "Hail", too_large), add(world), add(world, "Snow", too_large), add(world)]
    first, hail, second, snow, third = await asyncio.gather(*adding, return_exceptions=True)

    assert [type(error).__name__ for error in (hail, snow)] == ["NumericValueOutOfRange"] * 2
    assert hail is not snow
    ids = [clip.id for clip in (first, second, third) if isinstance(clip, Clip)]
    assert len(ids) == 3
    assert ids == sorted(ids)


async def test_a_connection_lost_amid_a_statement_adds_none_of_its_clips_and_none_later(
    world: World, postgres_url: str, pool: AsyncConnectionPool[AsyncConnection]
) -> None:
    async with adding_held_up(postgres_url):
        adding = [asyncio.create_task(outcome(add(world))) for _ in range(30)]
        await until(lambda: told(postgres_url, WAITING_FOR_THE_TABLE))
        await told(postgres_url, LOST, "soundverse-play")
        refused = await asyncio.gather(*adding)

    assert refused == [LOST_CONNECTION] * 30
    assert await told(postgres_url, KEPT) == 0
    await pool.check()
    assert (await add(world)).title == "Rain"


async def test_whoever_was_told_of_a_clip_has_it_however_often_connections_are_lost(
    world: World, postgres_url: str
) -> None:
    outcomes: list[ClipId | str] = []

    async def adds() -> None:
        while len(outcomes) < 800 or {type(each) for each in outcomes} != {int, str}:  # some were lost, and not all
            outcomes.append(await outcome(add(world)))

    adding = [asyncio.create_task(adds()) for _ in range(20)]
    async with asyncio.timeout(3 * PATIENCE):
        while not all(each.done() for each in adding):
            await told(postgres_url, LOST, "soundverse-play")
            await asyncio.sleep(0.005)
    await asyncio.gather(*adding)
    kept, given = set(await told(postgres_url, IDS) or ()), [each for each in outcomes if not isinstance(each, str)]

    assert len(given) == len(set(given))
    assert kept.issuperset(given)
    assert len(given) <= len(kept) <= len(outcomes)
    assert given
    assert LOST_CONNECTION in outcomes


async def test_whoever_leaves_costs_no_other_their_clip(world: World, postgres_url: str) -> None:
    async with adding_held_up(postgres_url):
        first = [asyncio.create_task(outcome(add(world))) for _ in range(10)]
        await until(lambda: told(postgres_url, WAITING_FOR_THE_TABLE))
        next_ones = [asyncio.create_task(outcome(add(world))) for _ in range(10)]
        await asyncio.sleep(0)
        first[0].cancel()
        next_ones[0].cancel()
        await asyncio.wait([next_ones[0]])
        assert not first[0].done()
    stayed = await asyncio.gather(*first[1:], *next_ones[1:])
    await asyncio.wait([first[0]])

    assert len({each for each in stayed if not isinstance(each, str)}) == 18
    assert await told(postgres_url, KEPT) == 19  # also that of who left amid its statement


async def test_more_than_can_wait_are_refused_at_once_and_the_rest_kept(world: World, postgres_url: str) -> None:
    adding = [asyncio.create_task(outcome(add(world))) for _ in range(MOST_WAITING + 5)]
    await asyncio.sleep(0)
    refused = [each.result() for each in adding if each.done()]

    assert refused == ["too many requests wait for the database"] * 5
    await asyncio.gather(*adding)
    assert await told(postgres_url, KEPT) == MOST_WAITING


async def test_many_long_descriptions_are_added_in_the_time_of_their_statements(
    world: World, postgres_url: str
) -> None:
    """As many words as there can be: all in one statement, they would take longer than the database gives it."""

    def letters(begin: int) -> str:
        return " ".join(chr(0x4E00 + (begin + 7 * at) % 20_000) for at in range(LONGEST_DESCRIPTION // 2))

    long = [details(description=letters(131 * number)) for number in range(100)]
    clips = await asyncio.gather(*(world.catalogue.add(each, some_audio(), NOON) for each in long))

    assert [clip.id for clip in clips] == sorted({clip.id for clip in clips})
    assert 1 < await told(postgres_url, COMMITS) < 10


def test_a_statement_has_as_many_rows_as_it_may_and_at_least_one() -> None:
    row, longest = "x" * (MOST_CHARACTERS // 2), "y" * (MOST_CHARACTERS + 1)

    assert list(statements([row, row, row])) == [[row, row], [row]]
    assert list(statements([row, longest, row])) == [[row], [longest], [row]]
    assert list(statements([longest])) == [[longest]]
