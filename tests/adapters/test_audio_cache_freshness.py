"""How long the cache believes what it keeps, and what it makes of what the source says of it then."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.byte_range import FromTo
from domain.errors import SourceFailure
from domain.ports import CacheOutcome
from domain.validators import EntityTag, Validators
from tests.adapters.cache_world import CLIP, MOMENT, Sound, World, a_world, all_of, count, dated, tagged
from tests.sounds import mp3_of
from tests.upstream import Request, failure_of, honest_answer, remote_audio, soon, upstream

ONE, TWO = mp3_of(300_000), mp3_of(300_000)[::-1]
HIT, MISS, SHARED, STALE = CacheOutcome.HIT, CacheOutcome.MISS, CacheOutcome.SHARED, CacheOutcome.STALE
REVALIDATED = CacheOutcome.REVALIDATED
WEAK = Validators(EntityTag("much-the-same", is_weak=True))
WEAK_AND_DATED = Validators(WEAK.entity_tag, MOMENT - timedelta(days=1))
DEAD = [
    SourceFailure.UNREACHABLE,
    SourceFailure.TOO_SLOW,
    SourceFailure.REFUSED,
    SourceFailure.INTERRUPTED,
    SourceFailure.STALLED,
    SourceFailure.INCONSISTENT,
    SourceFailure.NOT_AUDIO,  # a page that says what is wrong
    SourceFailure.FORBIDDEN,  # a name that leads elsewhere for a while
]


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


@pytest.mark.parametrize(
    "sound",
    [tagged(ONE), dated(ONE), Sound(ONE, WEAK_AND_DATED)],
    ids=["by tag", "by date", "by date beside a weak tag"],
)
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
        (Sound(ONE, WEAK), Sound(TWO, WEAK)),
    ],
    ids=["tag", "tag lost", "date", "size", "date lost", "nothing", "nothing then", "weak tag"],
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


async def test_what_its_source_no_longer_has_is_played_no_more(world: World) -> None:
    await world.keep(tagged(ONE))
    opened = await world.cache.open(CLIP)
    later(world, 60)
    world.origin.failure = SourceFailure.ABSENT

    assert await failure_of(world.cache, CLIP) == SourceFailure.ABSENT
    assert world.told.outcomes[-1] == MISS
    assert world.entries() == []
    world.origin.failure = SourceFailure.UNREACHABLE
    assert await failure_of(world.cache, CLIP) == SourceFailure.UNREACHABLE
    assert await all_of(opened) == ONE
    opened.close()


async def test_a_weak_tag_tells_nothing_apart_after_a_restart_either(world: World) -> None:
    await world.keep(Sound(ONE, WEAK))
    await world.restart()
    world.origin.sounds[CLIP] = tagged(TWO, WEAK.entity_tag.opaque if WEAK.entity_tag else "")
    later(world, 60)

    assert await world.listen() == (TWO, MISS)


async def test_what_its_source_labels_as_text_is_known_again_by_its_bytes(world: World) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        honest = honest_answer(ONE, "text/plain", request.headers.get("range"))
        writer.write(honest.replace(b"\r\n", b'\r\nETag: "one"\r\n', 1))
        await writer.drain()

    async with upstream(answer) as server, remote_audio() as http:
        world.cache._inquiry.source = http
        await world.listen(location=server.url())
        assert await world.settled()
        later(world, 60)

        assert await world.listen(location=server.url()) == (ONE, REVALIDATED)
        assert len(server.requests) == 2


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
    assert await soon(lambda: not world.cache._copies._fills)  # that there is an entry is known a moment after it is
    assert world.entry().exists()
    later(world, 60)
    assert await world.listen() == (TWO, REVALIDATED)
    world.origin.go_on()
    assert await world.settled()
    world.cache = world.another()

    assert await world.listen() == (TWO, MISS)
    await slow.close()


@pytest.mark.parametrize("sound", [tagged(ONE), Sound(ONE)], ids=["by tag", "not told apart"])
async def test_what_still_arrives_is_shared_however_old_it_is(tmp_path: Path, sound: Sound) -> None:
    async with a_world(tmp_path, fresh=0) as world:
        world.origin.sounds[CLIP], world.origin.halt = sound, 1000
        opened = []
        for _ in range(5):
            opened.append(await world.cache.open(CLIP))
            later(world, 0.05)
        world.origin.go_on()

        assert [await all_of(each) for each in opened] == [ONE] * 5
        assert world.told.outcomes == [MISS, SHARED, SHARED, SHARED, SHARED]
        assert world.origin.asked == [(CLIP, None)]
        for each in opened:
            each.close()


async def test_what_is_gone_while_it_is_being_written_down_is_not_kept_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody asks its source before it is an entry, so that none is taken away too early and comes back."""
    is_sealing, may_go_on = threading.Event(), threading.Event()

    def sync(_file: int) -> None:
        is_sealing.set()
        may_go_on.wait(60)

    monkeypatch.setattr("os.fsync", sync)
    world.origin.sounds[CLIP] = tagged(ONE)
    await world.listen()
    assert await soon(is_sealing.is_set)
    later(world, 60)
    world.origin.failure = SourceFailure.ABSENT
    assert await world.listen() == (ONE, SHARED)
    may_go_on.set()
    assert await world.settled()

    assert await failure_of(world.cache, CLIP) == SourceFailure.ABSENT
    assert world.entries() == []


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
