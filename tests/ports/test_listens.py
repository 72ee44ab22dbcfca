"""The promises of `domain.ports.Listens`, in memory and in PostgreSQL."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from adapters.postgres.pool import Database, connection_pool
from adapters.system import new_id
from domain.clip import ClipChanges, ClipId
from domain.errors import ClipNotFound, PlayNotFound
from domain.listen import Confirmation, ListenReport
from domain.play import PlayId
from domain.statistics import Interval, Period
from tests.examples import NOON, a_play, details, some_audio
from tests.worlds import World, in_memory, in_postgres, over

KEEP = timedelta(days=90)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

playback_ids = st.sampled_from([PlayId(new_id()) for _ in range(3)])
seconds = st.floats(0, 1_000) | st.sampled_from([2.5, 3.125, 5, 6.25, 240])
reports = st.builds(ListenReport, seconds, st.booleans())
moments = st.integers(-60_000, 7_300_000_000).map(lambda after: NOON + timedelta(microseconds=after))


@pytest.fixture
async def clip(world: World) -> ClipId:
    """A clip of 12.5 seconds."""
    return (await world.catalogue.add(details(), some_audio(), NOON)).id


async def a_named_play(world: World, clip: ClipId, at: datetime = NOON) -> PlayId:
    """A play that was counted, of a player that named it."""
    play = a_play(of=clip, at=at)
    await world.ledger.record(play)
    return play.id


async def said(
    world: World,
    clip: ClipId,
    play: PlayId,
    played: float,
    *,
    finished: bool = False,
    at: datetime = NOON + MINUTE,
) -> Confirmation:
    return await world.listens.confirm(clip, play, ListenReport(played, finished), at, KEEP)


async def counted(world: World, clip: ClipId) -> tuple[int, int]:
    """How many listens and skips."""
    counts = (await world.statistics.counts(clip)).counts
    return counts.listens, counts.skips


async def test_the_first_report_is_told_from_the_later_ones(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    told = [await said(world, clip, play, played) for played in (2, 2, 4)]

    assert [confirmation.is_first for confirmation in told] == [True, False, False]
    assert [confirmation.listen.played_seconds for confirmation in told] == [2, 2, 4]
    assert {(confirmation.listen.clip, confirmation.listen.id) for confirmation in told} == {(clip, play)}
    assert {confirmation.listen.began_at for confirmation in told} == {NOON}


async def test_a_listen_is_counted_once_when_half_of_the_clip_was_heard(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    steps = []
    for played in (6, 6.25, 7, 6.25, 12.5):
        confirmation = await said(world, clip, play, played)
        steps.append((confirmation.listen.is_listen, await counted(world, clip)))

    assert steps == [(False, (0, 0)), *[(True, (1, 0))] * 4]


async def test_a_listen_that_the_first_report_tells_is_counted(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    confirmation = await said(world, clip, play, 12.5, finished=True)

    assert (confirmation.is_first, confirmation.listen.is_listen, confirmation.listen.is_finished) == (True, True, True)
    assert await counted(world, clip) == (1, 0)


async def test_a_play_that_ends_before_a_quarter_is_counted_as_one_skip(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    await said(world, clip, play, 2)
    assert await counted(world, clip) == (0, 0)

    told = [await said(world, clip, play, 3, finished=True) for _ in range(3)]

    assert [confirmation.listen.is_skip for confirmation in told] == [True] * 3
    assert await counted(world, clip) == (0, 1)


async def test_a_skip_that_the_first_report_tells_is_counted(world: World, clip: ClipId) -> None:
    confirmation = await said(world, clip, await a_named_play(world, clip), 1, finished=True)

    assert confirmation.listen.is_skip
    assert await counted(world, clip) == (0, 1)


async def test_what_is_over_is_changed_by_nothing(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    over_at = (await said(world, clip, play, 2, finished=True)).listen
    later = await said(world, clip, play, 12, at=NOON + 5 * MINUTE)

    assert later == Confirmation(over_at, is_first=False)
    assert await counted(world, clip) == (0, 1)


async def test_time_that_has_not_passed_was_not_listened_to(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    heard = [
        (await said(world, clip, play, 100, at=NOON + timedelta(seconds=after))).listen.played_seconds
        for after in (-1, 0, 0.25, 3, 100)
    ]

    assert heard == [0, 0, 0.25, 3, 12.5]


async def test_a_listen_stays_one_when_the_clip_turns_out_to_be_longer(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    await said(world, clip, play, 7)
    await world.catalogue.change(clip, ClipChanges(duration=100.0), None)
    confirmation = await said(world, clip, play, 8)

    assert confirmation.listen.is_listen
    assert await counted(world, clip) == (1, 0)


async def test_a_listen_is_counted_in_the_hour_and_the_day_in_which_it_became_one(world: World, clip: ClipId) -> None:
    began = NOON.replace(hour=23, minute=59)
    play = await a_named_play(world, clip, at=began)
    await said(world, clip, play, 1, at=began)
    await said(world, clip, play, 7, at=began + 2 * MINUTE)
    midnight = began + MINUTE

    for interval in Interval:
        before = midnight - interval.length
        series = await world.statistics.series(clip, Period(interval, before, midnight + interval.length))

        assert series[midnight].listens == 1
        assert before not in series or series[before].listens == 0


async def test_the_same_name_is_another_play_of_another_clip(world: World, clip: ClipId) -> None:
    other = (await world.catalogue.add(details(), some_audio(), NOON)).id
    play = await a_named_play(world, clip)
    await world.ledger.record(a_play(of=other, under=play))
    await said(world, clip, play, 7)

    assert (await said(world, other, play, 1)).is_first
    assert [await counted(world, each) for each in (clip, other)] == [(1, 0), (0, 0)]


async def test_a_play_that_was_not_counted_cannot_be_confirmed(world: World, clip: ClipId) -> None:
    other = (await world.catalogue.add(details(), some_audio(), NOON)).id
    play = PlayId(UUID(int=7))
    await world.ledger.record(a_play(of=other, under=play))

    with pytest.raises(PlayNotFound) as refused:
        await said(world, clip, play, 7)
    assert refused.value.play == play
    assert await counted(world, clip) == (0, 0)


async def test_a_play_that_its_player_did_not_name_cannot_be_confirmed(world: World, clip: ClipId) -> None:
    play = evolve(a_play(of=clip), is_named=False)
    await world.ledger.record(play)

    with pytest.raises(PlayNotFound):
        await said(world, clip, play.id, 7)


async def test_a_play_of_longer_ago_than_is_kept_cannot_be_confirmed(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    at_last = NOON + KEEP
    assert (await said(world, clip, play, 1, at=at_last)).listen.played_seconds == 1

    with pytest.raises(PlayNotFound):
        await said(world, clip, play, 7, at=at_last + timedelta(microseconds=1))
    assert await counted(world, clip) == (0, 0)


@pytest.mark.parametrize("unknown", [0, 404, 2**63, -1])
async def test_a_clip_that_is_not_there_has_no_plays_to_confirm(world: World, unknown: int) -> None:
    with pytest.raises(ClipNotFound) as refused:
        await said(world, ClipId(unknown), PlayId(new_id()), 7)
    assert refused.value.clip == unknown


async def test_the_plays_of_a_clip_that_was_removed_cannot_be_confirmed(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    await world.catalogue.remove(clip)

    with pytest.raises(ClipNotFound):
        await said(world, clip, play, 7)
    assert await counted(world, clip) == (0, 0)


async def test_what_is_forgotten_cannot_be_counted_again(world: World, clip: ClipId) -> None:
    play = await a_named_play(world, clip)
    await said(world, clip, play, 7)
    now = NOON + KEEP + MINUTE
    while await world.retention.forget(now, KEEP, 100):
        pass

    with pytest.raises(PlayNotFound):
        await said(world, clip, play, 7, at=now)
    assert await counted(world, clip) == (1, 0)


async def test_what_was_said_of_plays_is_forgotten_a_day_after_it_can_be_said_no_more(
    world: World, clip: ClipId
) -> None:
    old, young = await a_named_play(world, clip), await a_named_play(world, clip, at=NOON + MINUTE)
    for play in (old, young):
        await said(world, clip, play, 1, at=NOON + 2 * MINUTE)
    while await world.retention.forget(NOON + KEEP + DAY + MINUTE, KEEP, 100):
        pass
    later = NOON + KEEP + DAY + 2 * MINUTE
    told = [await world.listens.confirm(clip, play, ListenReport(1), later, 2 * KEEP) for play in (old, young)]

    assert [confirmation.is_first for confirmation in told] == [True, False]


async def test_what_many_say_of_the_same_plays_at_once_is_counted_exactly(postgres_url: str) -> None:
    """By two processes, as it were, with connections of their own. Half of the plays are listened to, half skipped."""
    async with in_postgres(postgres_url) as one, connection_pool(postgres_url, 10) as pool:
        other = over(Database(pool))
        clips = [(await one.catalogue.add(details(), some_audio(), NOON)).id for _ in range(2)]
        plays = [(clip, await a_named_play(one, clip), number % 2) for clip in clips for number in range(20)]
        told = await asyncio.gather(
            *(
                said(world, clip, play, 12 if is_heard else 1, finished=True)
                for world in (one, other) * 3
                for clip, play, is_heard in (plays if world is one else reversed(plays))
            )
        )

        assert sum(confirmation.is_first for confirmation in told) == len(plays)
        assert [await counted(one, clip) for clip in clips] == [(10, 10), (10, 10)]


async def test_what_comes_bit_by_bit_from_two_processes_at_once_is_counted_once(postgres_url: str) -> None:
    """Each report finds the play in another state than the one that its statement began with."""
    async with in_postgres(postgres_url) as one, connection_pool(postgres_url, 10) as pool:
        other = over(Database(pool))
        clip = (await one.catalogue.add(details(), some_audio(), NOON)).id
        play = await a_named_play(one, clip)
        bits = [(one, other)[number % 2].listens for number in range(60)]
        told = await asyncio.gather(
            *(
                listens.confirm(clip, play, ListenReport(12.5 * number / 60), NOON + MINUTE, KEEP)
                for number, listens in enumerate(bits)
            )
        )

        assert max(confirmation.listen.played_seconds for confirmation in told) == 12.5 * 59 / 60
        assert (await said(one, clip, play, 0)).listen.played_seconds == 12.5 * 59 / 60
        assert await counted(one, clip) == (1, 0)


@effort(max_examples=30)
@given(
    duration=st.sampled_from([12.5, 480.5, 3_600.0]),
    story=st.lists(st.tuples(playback_ids, reports, moments), max_size=12),
)
async def test_memory_and_postgres_hold_the_same_of_every_story(
    postgres_url: str, duration: float, story: list[tuple[PlayId, ListenReport, datetime]]
) -> None:
    async with in_postgres(postgres_url) as postgres:
        worlds = (in_memory(), postgres)
        lasting = details(duration=duration)
        [clip] = {(await world.catalogue.add(lasting, some_audio(), NOON)).id for world in worlds}
        for world in worlds:
            for play, _, _ in story:
                await world.ledger.record(a_play(of=clip, under=play))
        for play, report, at in story:
            memory, same = [await world.listens.confirm(clip, play, report, at, KEEP) for world in worlds]

            assert memory == same
        memory_counts, same_counts = [await world.statistics.counts(clip) for world in worlds]
        assert memory_counts.counts.listens == same_counts.counts.listens
        assert memory_counts.counts.skips == same_counts.counts.skips
