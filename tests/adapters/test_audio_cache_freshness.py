"""How long the cache believes what it keeps, and what it makes of what the source says of it then."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.byte_range import FromTo
from domain.errors import SourceFailure
from domain.ports import CacheOutcome
from domain.validators import Validators
from tests.adapters.cache_world import CLIP, MOMENT, Sound, World, a_world, all_of, count, dated, tagged
from tests.sounds import mp3_of
from tests.upstream import failure_of, soon

ONE, TWO = mp3_of(300_000), mp3_of(300_000)[::-1]
HIT, MISS, SHARED, STALE = CacheOutcome.HIT, CacheOutcome.MISS, CacheOutcome.SHARED, CacheOutcome.STALE
REVALIDATED = CacheOutcome.REVALIDATED
DEAD = [
    SourceFailure.UNREACHABLE,
    SourceFailure.TOO_SLOW,
    SourceFailure.REFUSED,
    SourceFailure.INTERRUPTED,
    SourceFailure.STALLED,
    SourceFailure.INCONSISTENT,
]
GONE = [SourceFailure.ABSENT, SourceFailure.FORBIDDEN, SourceFailure.NOT_AUDIO]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


def later(world: World, seconds: float) -> None:
    world.now += timedelta(seconds=seconds)


async def test_the_source_is_not_asked_as_long_as_its_answer_is_fresh(world: World) -> None:
    await world.keep(tagged(ONE))
    later(world, 59.9)

    assert await world.listen() == (ONE, HIT)
    assert len(world.origin.asked) == 1


@pytest.mark.parametrize("sound", [tagged(ONE), dated(ONE)], ids=["by tag", "by date"])
async def test_what_is_too_old_is_asked_for_by_its_first_byte_and_is_fresh_again(world: World, sound: Sound) -> None:
    await world.keep(sound)
    later(world, 60)

    assert await world.listen() == (ONE, REVALIDATED)
    later(world, 59.9)
    assert await world.listen() == (ONE, HIT)
    assert world.origin.asked == [(CLIP, None), (CLIP, FromTo(0, 0))]


async def test_what_cannot_be_told_apart_is_fetched_anew_at_once_when_it_is_too_old(world: World) -> None:
    await world.keep(Sound(ONE))
    later(world, 60)

    assert await world.listen() == (ONE, MISS)
    assert world.origin.asked == [(CLIP, None), (CLIP, None)]


async def test_many_who_find_it_too_old_ask_once(world: World) -> None:
    await world.keep(tagged(ONE))
    later(world, 60)
    await asyncio.gather(*(world.listen() for _ in range(50)))

    assert count(world.told.outcomes[1:]) == {REVALIDATED: 50}
    assert len(world.origin.asked) == 2


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (tagged(ONE, "one"), tagged(TWO, "two")),
        (tagged(ONE, "one"), dated(TWO)),
        (dated(ONE), dated(TWO, MOMENT - timedelta(hours=1))),
        (dated(ONE), dated(TWO[:-1])),
        (dated(ONE), Sound(TWO)),
        (Sound(ONE), Sound(TWO)),
        (Sound(ONE), dated(TWO)),
        (dated(ONE, MOMENT), dated(TWO, MOMENT)),  # both of the second in which it was fetched
    ],
    ids=["tag", "tag lost", "date", "size", "date lost", "nothing", "nothing then", "too young a date"],
)
async def test_another_version_is_fetched_anew_and_old_listeners_go_on_with_theirs(
    world: World, before: Sound, now: Sound
) -> None:
    await world.keep(before)
    old = await world.cache.open(CLIP)
    world.origin.sounds[CLIP] = now
    later(world, 60)

    assert await world.listen() == (now.content, MISS)
    assert await all_of(old) == before.content
    assert await world.settled()
    assert await world.listen() == (now.content, HIT)
    old.close()


@pytest.mark.parametrize("failure", DEAD)
@pytest.mark.parametrize("sound", [tagged(ONE), Sound(ONE)], ids=["by tag", "by fetching anew"])
async def test_a_dead_source_still_plays_what_is_kept_and_is_left_alone_for_a_while(
    world: World, failure: SourceFailure, sound: Sound
) -> None:
    await world.keep(sound)
    later(world, 60)
    world.origin.failure = failure

    assert await world.listen() == (ONE, STALE)
    assert await world.listen() == (ONE, STALE)
    assert len(world.origin.asked) == 2
    later(world, 30)
    assert await world.listen() == (ONE, STALE)
    assert len(world.origin.asked) == 3
    later(world, 30)
    world.origin.failure = None
    assert (await world.listen())[1] in (REVALIDATED, MISS)


async def test_a_source_that_dies_before_the_first_byte_of_the_new_version_plays_the_old(world: World) -> None:
    await world.keep(tagged(ONE))
    later(world, 60)
    world.origin.sounds[CLIP] = tagged(TWO, "two")
    world.origin.breaks_at = 0

    assert await world.listen() == (ONE, STALE)
    assert await world.listen() == (ONE, STALE)
    assert len(world.origin.asked) == 3
    later(world, 30)
    world.origin.breaks_at = None
    assert await world.listen() == (TWO, MISS)


@pytest.mark.parametrize("failure", GONE)
async def test_what_its_source_no_longer_has_is_played_no_more(world: World, failure: SourceFailure) -> None:
    await world.keep(tagged(ONE))
    opened = await world.cache.open(CLIP)
    later(world, 60)
    world.origin.failure = failure

    assert await failure_of(world.cache, CLIP) == failure
    assert world.told.outcomes[-1] == MISS
    assert world.entries() == []
    world.origin.failure = SourceFailure.UNREACHABLE
    assert await failure_of(world.cache, CLIP) == SourceFailure.UNREACHABLE
    assert await all_of(opened) == ONE
    opened.close()


async def test_what_was_found_out_is_known_after_a_restart_and_to_other_processes(world: World) -> None:
    await world.keep(tagged(ONE))
    other = world.another()
    (await other.open(CLIP)).close()
    assert await world.listen() == (ONE, HIT)
    assert await world.settled()
    later(world, 60)
    assert await world.listen() == (ONE, REVALIDATED)
    await world.restart()
    later(world, 59.9)

    assert await world.listen() == (ONE, HIT)
    mine, world.cache = world.cache, other
    assert await world.listen() == (ONE, HIT)
    assert len(world.origin.asked) == 2
    await mine.close()


async def test_what_was_found_out_of_one_version_says_nothing_of_another(world: World) -> None:
    """Another process puts an older version in place of the one that was found to be current."""
    world.origin.sounds[CLIP], world.origin.halt = tagged(ONE), 1000
    slow = world.another()
    (await slow.open(CLIP)).close()
    later(world, 30)
    world.origin.halt = None
    world.origin.sounds[CLIP] = tagged(TWO, "two")
    world.cache = world.another()
    assert await world.listen() == (TWO, MISS)
    assert await soon(lambda: world.entry().exists())
    later(world, 60)
    assert await world.listen() == (TWO, REVALIDATED)
    world.origin.go_on()
    assert await world.settled()
    world.cache = world.another()

    assert await world.listen() == (TWO, MISS)
    await slow.close()


async def test_a_copy_that_still_arrives_when_it_is_too_old_is_asked_for_too(world: World) -> None:
    world.origin.sounds[CLIP], world.origin.halt = tagged(ONE), 1000
    slow = await world.cache.open(CLIP)
    later(world, 60)
    (await world.cache.open(CLIP)).close()
    (await world.cache.open(CLIP)).close()
    assert world.told.outcomes == [MISS, REVALIDATED, SHARED]
    later(world, 60)
    world.origin.sounds[CLIP], world.origin.halt = tagged(TWO, "two"), None

    assert await world.listen() == (TWO, MISS)
    world.origin.go_on()
    assert await all_of(slow) == ONE
    slow.close()
    assert await world.settled()
    await world.restart()
    assert await world.listen() == (TWO, HIT)


async def test_a_copy_that_nobody_wants_any_more_is_not_fetched_to_its_end(world: World) -> None:
    world.origin.sounds[CLIP], world.origin.halt = tagged(ONE), 1000
    (await world.cache.open(CLIP)).close()
    later(world, 60)
    world.origin.sounds[CLIP], world.origin.halt = tagged(TWO, "two"), None
    await world.listen()
    assert await soon(lambda: len(world.parts()) == 1)
    world.origin.go_on(2000)

    assert await world.settled()
    assert world.parts() == []
    assert world.origin.open_now == 0


async def test_a_clock_that_was_set_back_makes_nothing_fresh(world: World) -> None:
    await world.keep(tagged(ONE))
    later(world, -3600)

    assert await world.listen() == (ONE, REVALIDATED)


async def test_the_source_may_say_nothing_of_itself(world: World) -> None:
    await world.keep(Sound(ONE, Validators(), media_type=None))
    await world.restart()
    opened = await world.cache.open(CLIP)

    assert (opened.media_type, opened.validators) == (None, Validators())
    opened.close()
