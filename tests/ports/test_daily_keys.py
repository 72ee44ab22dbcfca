"""The promises of `domain.ports.DailyKeys`, in memory and in PostgreSQL."""

import asyncio
from datetime import timedelta

from tests.examples import NOON
from tests.worlds import World

TODAY = NOON.date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


async def test_a_day_has_one_key_of_32_bytes_however_often_it_is_asked_for(world: World) -> None:
    first = await world.keys.daily_key(TODAY)

    assert len(first) == 32
    assert await world.keys.daily_key(TODAY) == first


async def test_each_day_has_a_key_of_its_own(world: World) -> None:
    assert len({await world.keys.daily_key(day) for day in (YESTERDAY, TODAY, TOMORROW)}) == 3


async def test_all_that_ask_first_at_once_get_the_same_key(world: World) -> None:
    assert len(set(await asyncio.gather(*(world.keys.daily_key(TODAY) for _ in range(30))))) == 1


async def test_deleted_keys_are_gone_for_good_and_later_ones_stay(world: World) -> None:
    yesterday, today, tomorrow = [await world.keys.daily_key(day) for day in (YESTERDAY, TODAY, TOMORROW)]
    await world.keys.delete_keys(before=TODAY)
    await world.keys.delete_keys(before=TODAY)

    assert await world.keys.daily_key(YESTERDAY) != yesterday
    assert [await world.keys.daily_key(day) for day in (TODAY, TOMORROW)] == [today, tomorrow]
