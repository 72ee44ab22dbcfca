"""The promises of `domain.ports.DeliveryLedger`, in memory and in PostgreSQL: which plays were delivered whole."""

from datetime import timedelta
from typing import Any

import pytest

from domain.byte_range import ByteRange
from domain.clip import ClipId
from domain.decision import Reason
from domain.delivery import DeliveryEntry
from domain.heard import Window
from domain.listener import Agent
from tests.examples import NOON, a_play, an_entry, details, some_audio
from tests.worlds import World

DAY = timedelta(days=1)
PLAYBACK, ANOTHER = a_play(ClipId(1)).id, a_play(ClipId(1)).id


@pytest.fixture
async def clip(world: World) -> ClipId:
    return (await world.catalogue.add(details(), some_audio(), NOON)).id


async def completed(world: World, clip: ClipId, *calls: DeliveryEntry) -> int:
    """The completed plays of a clip after ``calls``, one at a time."""
    for entry in calls:
        await world.deliveries.deliver([entry], Window.CALENDAR_DAY)
    return (await world.statistics.counts(clip)).counts.completed


def a_seek(clip: ClipId, *sent: tuple[int, int], **said: Any) -> DeliveryEntry:
    return an_entry(clip, *sent, reason=Reason.SEEK, **said)


async def test_each_play_that_was_delivered_whole_at_once_is_completed(world: World, clip: ClipId) -> None:
    assert await completed(world, clip, an_entry(clip)) == 1
    assert await completed(world, clip, an_entry(clip), an_entry(clip, (0, 98))) == 3
    assert await completed(world, clip, an_entry(clip, (0, 97))) == 3


async def test_a_named_play_is_completed_by_all_that_was_delivered_under_its_name(world: World, clip: ClipId) -> None:
    play = an_entry(clip, (0, 30), playback=PLAYBACK)
    on_another_network = a_seek(clip, (60, 99), playback=PLAYBACK, listener="ada, at home", at=NOON + 9 * DAY)

    assert await completed(world, clip, play, a_seek(clip, (20, 50), playback=PLAYBACK)) == 0
    assert await completed(world, clip, on_another_network) == 0
    assert await completed(world, clip, a_seek(clip, (51, 59), playback=PLAYBACK)) == 1


async def test_a_named_play_is_completed_once_however_often_it_is_repeated(world: World, clip: ClipId) -> None:
    whole = an_entry(clip, playback=PLAYBACK)
    repeats = [an_entry(clip, playback=PLAYBACK, reason=Reason.REPEAT, at=NOON + days * DAY) for days in (0, 1, 9)]

    assert await completed(world, clip, whole, *repeats) == 1
    assert await completed(world, clip, an_entry(clip, playback=ANOTHER)) == 2


async def test_one_name_is_another_play_of_another_clip(world: World, clip: ClipId) -> None:
    other = (await world.catalogue.add(details(), some_audio(), NOON)).id

    assert await completed(world, clip, an_entry(clip, (0, 49), playback=PLAYBACK)) == 0
    assert await completed(world, other, an_entry(other, playback=PLAYBACK)) == 1
    assert await completed(world, clip, a_seek(clip, (50, 99), playback=PLAYBACK)) == 1


async def test_a_play_that_ended_before_its_first_byte_is_completed_by_its_repeat(world: World, clip: ClipId) -> None:
    nothing = an_entry(clip, playback=PLAYBACK, sent=())

    assert await completed(world, clip, nothing, an_entry(clip, playback=PLAYBACK, reason=Reason.REPEAT)) == 1


@pytest.mark.parametrize("playback", [None, PLAYBACK])
async def test_where_no_play_was_counted_none_is_completed(world: World, clip: ClipId, playback: object) -> None:
    seeks = a_seek(clip, (1, 99), playback=playback), a_seek(clip, (0, 99), playback=playback)
    repeat = an_entry(clip, playback=playback, reason=Reason.REPEAT)
    unheard = [an_entry(clip, playback=playback, reason=reason) for reason in (Reason.PREFETCH, Reason.PROBE)]

    assert await completed(world, clip, *seeks, repeat, *unheard) == 0


async def test_a_play_without_a_name_is_completed_by_all_that_its_listener_got(world: World, clip: ClipId) -> None:
    pieces = a_seek(clip, (60, 99)), an_entry(clip, (0, 30)), a_seek(clip, (20, 57))

    assert await completed(world, clip, *pieces) == 0
    assert await completed(world, clip, a_seek(clip, (58, 59), listener="bob")) == 0
    assert await completed(world, clip, a_seek(clip, (58, 59))) == 1


async def test_pieces_complete_one_play_of_a_listener_in_a_window(world: World, clip: ClipId) -> None:
    pieces = an_entry(clip, (0, 49)), a_seek(clip, (50, 99))
    again = an_entry(clip, (0, 49)), a_seek(clip, (50, 99))
    tomorrow = [an_entry(clip, (0, 49), at=NOON + DAY), a_seek(clip, (50, 99), at=NOON + DAY)]

    assert await completed(world, clip, *pieces) == 1
    assert await completed(world, clip, *again) == 1
    assert await completed(world, clip, *tomorrow) == 2


async def test_a_play_that_was_whole_at_once_is_no_piece_of_another(world: World, clip: ClipId) -> None:
    whole, seeks = an_entry(clip), [a_seek(clip, (0, 60)), a_seek(clip, (50, 99))]

    assert await completed(world, clip, whole, *seeks) == 1


async def test_a_named_play_is_no_piece_of_one_without_a_name(world: World, clip: ClipId) -> None:
    named = an_entry(clip, (0, 49), playback=PLAYBACK)

    assert await completed(world, clip, named, a_seek(clip, (50, 99))) == 0


async def test_what_sets_no_size_completes_nothing(world: World, clip: ClipId) -> None:
    named = an_entry(clip, whole_size=None, playback=PLAYBACK)

    assert await completed(world, clip, an_entry(clip, whole_size=None), named) == 0


async def test_a_program_that_says_so_completes_the_plays_that_it_began(world: World, clip: ClipId) -> None:
    assert await completed(world, clip, an_entry(clip, agent=Agent.BOT)) == 1
    assert await completed(world, clip, an_entry(clip, agent=Agent.NONE, playback=PLAYBACK)) == 2


async def test_what_completes_a_play_says_so(world: World, clip: ClipId) -> None:
    entries = an_entry(clip, (0, 49)), a_seek(clip, (50, 99)), a_seek(clip, (0, 99))
    await world.deliveries.deliver(entries, Window.CALENDAR_DAY)
    told = {each.id: (each.completes, each.sent) for each in await world.statistics.explained(clip, 10)}

    assert [told[entry.id] for entry in entries] == [
        (False, (ByteRange(0, 49),)),
        (True, (ByteRange(50, 99),)),
        (False, (ByteRange(0, 99),)),
    ]
