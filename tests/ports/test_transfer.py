"""The promises of `domain.ports.Transfer`, in memory and in PostgreSQL, and from one into the other."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.browsing import ClipQuery
from domain.clip import Clip, ClipId
from domain.decision import Reason
from domain.errors import ClipNotFound
from domain.heard import Window
from domain.listen import ListenReport
from domain.statistics import ClipCounts, Counts, Interval, Period
from domain.transfer import ClipRecord, DayCounts, Restored
from tests.clip_records import a_record, catalogues, dates
from tests.examples import NOON, a_play, an_entry, details, some_audio
from tests.worlds import World, in_memory, in_postgres

TODAY = NOON.date()
START = ClipId(0)
YESTERDAY = TODAY - timedelta(days=1)
THREE_DAYS = Period(
    Interval.DAY, Interval.DAY.begin(NOON) - timedelta(days=1), Interval.DAY.begin(NOON) + timedelta(days=2)
)


async def all_of(world: World) -> tuple[Sequence[ClipRecord], Mapping[date, int]]:
    return await world.transfer.records(START, 1_000), await world.transfer.listeners()


async def put_back(world: World, records: Sequence[ClipRecord], listeners: Mapping[date, int]) -> None:
    assert [await world.transfer.restore(record) for record in records] == [Restored.ADDED] * len(records)
    assert await world.transfer.restore_listeners(listeners) == len(listeners)


async def a_played_clip(world: World, **said: str) -> Clip:
    """A clip with one of each that is counted, and a second listener on the next day."""
    clip = await world.catalogue.add(details(**said), some_audio(size=100), NOON)
    play = a_play(of=clip.id)
    await world.ledger.record(play)
    await world.deliveries.deliver([an_entry(clip.id)], Window.CALENDAR_DAY)
    later = an_entry(clip.id, at=NOON + timedelta(days=1), listener="bob", reason=Reason.SEEK)
    await world.deliveries.deliver([later], Window.CALENDAR_DAY)
    report = ListenReport(played_seconds=1.0, finished=True)
    await world.listens.confirm(clip.id, play.id, report, NOON + timedelta(seconds=5), timedelta(days=1))
    return clip


@settings(max_examples=25)
@given(records=catalogues(), listeners=st.dictionaries(dates, st.integers(1, 9), max_size=3))
def test_what_is_put_back_comes_out_the_same_from_every_world(
    postgres_url: str, records: list[ClipRecord], listeners: dict[date, int]
) -> None:
    async def there_and_back() -> None:
        async with in_postgres(postgres_url) as postgres:
            first, last = in_memory(), in_memory()
            await put_back(first, records, listeners)
            assert await all_of(first) == (records, listeners)
            await put_back(postgres, *await all_of(first))
            assert await all_of(postgres) == (records, listeners)
            await put_back(last, *await all_of(postgres))
            assert await all_of(last) == (records, listeners)

    asyncio.run(there_and_back())


async def test_all_that_was_counted_is_told_of_a_clip(world: World) -> None:
    clip = await a_played_clip(world)
    [record] = await world.transfer.records(START, 10)

    assert record.clip == await world.catalogue.find(clip.id)
    assert record.counted == await world.statistics.counts(clip.id)
    assert record.days == (
        DayCounts(TODAY, Counts(play_count=1, downloads=1, listeners=1, completed=1, skips=1)),
        DayCounts(TODAY + timedelta(days=1), Counts(downloads=1, listeners=1)),
    )
    assert await world.transfer.listeners() == {TODAY: 1, TODAY + timedelta(days=1): 1}


async def test_what_was_put_back_is_listed_told_and_summed_as_before(world: World) -> None:
    elsewhere = in_memory()
    clips = [await a_played_clip(elsewhere, title=title) for title in ("Rain", "Hail")]
    await put_back(world, *await all_of(elsewhere))

    assert await world.catalogue.page(ClipQuery()) == await elsewhere.catalogue.page(ClipQuery())
    for clip in (None, *(clip.id for clip in clips)):
        assert await world.statistics.series(clip, THREE_DAYS) == await elsewhere.statistics.series(clip, THREE_DAYS)
    for played in clips:
        assert await world.statistics.counts(played.id) == await elsewhere.statistics.counts(played.id)
    assert await world.statistics.top(THREE_DAYS, 5) == await elsewhere.statistics.top(THREE_DAYS, 5)


async def test_what_was_put_back_is_found_by_its_words(world: World) -> None:
    await world.transfer.restore(a_record(clip=3))

    assert [clip.id for clip in (await world.catalogue.page(ClipQuery(words=("roof",), genre="nature"))).clips] == [3]


async def test_counting_goes_on_from_what_was_put_back(world: World) -> None:
    await world.transfer.restore(a_record(clip=3, plays=5))
    await world.ledger.record(a_play(of=ClipId(3), at=NOON + timedelta(minutes=1)))

    assert (await world.catalogue.find(ClipId(3))).play_count == 6
    assert await world.statistics.counts(ClipId(3)) == ClipCounts(Counts(play_count=6), NOON + timedelta(minutes=1))
    for clip in (ClipId(3), None):
        assert [counts.play_count for counts in (await world.statistics.series(clip, THREE_DAYS)).values()] == [6]


async def test_put_back_again_it_is_there_and_nothing_changes(world: World) -> None:
    record = a_record(clip=3, plays=5)
    await world.transfer.restore(record)
    await world.ledger.record(a_play(of=ClipId(3)))
    before = await all_of(world), await world.statistics.series(None, THREE_DAYS)

    assert await world.transfer.restore(record) is Restored.THERE
    assert (await all_of(world), await world.statistics.series(None, THREE_DAYS)) == before


@pytest.mark.parametrize(
    "other", [{"created_at": NOON + timedelta(microseconds=1)}, {"audio_url": "library:other.ogg"}]
)
async def test_an_id_that_another_clip_has_is_not_taken_from_it(world: World, other: dict[str, Any]) -> None:
    record = a_record(clip=3, plays=5)
    await world.transfer.restore(record)
    before = await all_of(world), await world.statistics.series(None, THREE_DAYS)
    changed = evolve(record, clip=evolve(record.clip, **other))

    assert await world.transfer.restore(changed) is Restored.TAKEN
    assert (await all_of(world), await world.statistics.series(None, THREE_DAYS)) == before


@pytest.mark.parametrize("restored", [1, 2, 500, 2**40])
async def test_ids_go_on_after_the_highest_that_was_put_back(world: World, restored: int) -> None:
    await world.transfer.restore(a_record(clip=restored))
    await world.transfer.restore(a_record(clip=max(1, restored - 1)))
    added = [await world.catalogue.add(details(), some_audio(), NOON) for _ in range(2)]

    assert [clip.id for clip in added] == [restored + 1, restored + 2]


async def test_whoever_adds_meanwhile_is_given_no_id_that_was_put_back(world: World) -> None:
    adding = [world.catalogue.add(details(), some_audio(), NOON) for _ in range(30)]
    restoring = [world.transfer.restore(a_record(clip=clip)) for clip in range(1, 31)]
    mixed = [step for pair in zip(adding, restoring, strict=True) for step in pair]
    answers = await asyncio.gather(*mixed)
    added = [answer.id for answer in answers if isinstance(answer, Clip)]
    records = await world.transfer.records(START, 1_000)

    assert len(set(added)) == 30
    assert len(records) == 30 + answers.count(Restored.ADDED)


async def test_of_many_who_put_it_back_at_once_one_adds_it(world: World) -> None:
    answers = await asyncio.gather(*(world.transfer.restore(a_record(clip=3, plays=5)) for _ in range(20)))

    assert answers.count(Restored.ADDED) == 1
    assert (await world.statistics.counts(ClipId(3))).counts.play_count == 5


async def test_a_removed_clip_is_put_back_as_removed_and_stays_in_the_sums(world: World) -> None:
    elsewhere = in_memory()
    clip = await a_played_clip(elsewhere)
    await elsewhere.catalogue.remove(clip.id)
    await put_back(world, *await all_of(elsewhere))

    with pytest.raises(ClipNotFound):
        await world.catalogue.find(clip.id)
    assert (await world.catalogue.page(ClipQuery())).clips == ()
    assert await world.statistics.series(None, THREE_DAYS) == await elsewhere.statistics.series(None, THREE_DAYS)


async def test_what_was_added_once_is_not_added_once_more_after_it_was_put_back(world: World) -> None:
    await world.transfer.restore(a_record(clip=3, seed_key="sample:rain", is_removed=True))

    assert not await world.catalogue.add_once("sample:rain", details(), some_audio(), NOON)


async def test_a_key_stays_with_the_clip_that_has_it(world: World) -> None:
    await world.catalogue.add_once("sample:rain", details(), some_audio(), NOON)

    assert await world.transfer.restore(a_record(clip=3, seed_key="sample:rain")) is Restored.ADDED
    assert [record.seed_key for record in await world.transfer.records(START, 9)] == ["sample:rain", None]


async def test_records_come_in_the_order_of_their_ids_so_many_at_a_time(world: World) -> None:
    for clip in (5, 2, 9):
        await world.transfer.restore(a_record(clip=clip))

    assert [record.clip.id for record in await world.transfer.records(START, 2)] == [2, 5]
    assert [record.clip.id for record in await world.transfer.records(ClipId(5), 2)] == [9]
    assert await world.transfer.records(ClipId(9), 2) == []


async def test_listeners_of_a_day_that_has_some_stay_as_they_are(world: World) -> None:
    await a_played_clip(world)
    put = [await world.transfer.restore_listeners({TODAY: 7, YESTERDAY: 4}) for _ in range(2)]

    assert put == [1, 0]
    assert await world.transfer.listeners() == {YESTERDAY: 4, TODAY: 1, TODAY + timedelta(days=1): 1}
    assert [counts.listeners for counts in (await world.statistics.series(None, THREE_DAYS)).values()].count(4) == 1
