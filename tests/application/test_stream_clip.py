"""Streaming: open, then write down, then let go; and nothing is left open when it is refused."""

import pytest
from attrs import define

from adapters.memory import MemoryStore
from adapters.system import new_id
from domain.byte_range import ByteRange, FromTo, RangeSet
from domain.clip import ClipId
from domain.errors import (
    AudioUnavailable,
    ClipNotFound,
    NotModified,
    PreconditionFailed,
    RangeNotSatisfiable,
    SourceFailure,
    StoreUnavailable,
)
from domain.play import Listening, Play, PlayId
from domain.preconditions import EntityTags, Preconditions
from domain.validators import EntityTag
from tests.application.listening_room import RAIN, ListeningRoom, all_of, rain
from tests.examples import a_wav


@define(eq=False)
class AbsentLedger(MemoryStore):
    """A store whose ledger cannot be asked."""

    async def record(self, play: Play) -> bool:
        raise StoreUnavailable("the database is away")


@pytest.fixture
def room() -> ListeningRoom:
    return ListeningRoom()


@pytest.fixture
async def clip(room: ListeningRoom) -> ClipId:
    clip = await room.curate.add(rain())
    room.audio.opened.clear()
    return clip.id


async def plays(room: ListeningRoom, clip: ClipId) -> int:
    return (await room.store.counts(clip)).play_count


async def test_a_listener_gets_the_audio_and_is_counted_before(room: ListeningRoom, clip: ClipId) -> None:
    stream = await room.stream_clip.play(clip, Listening())

    assert await plays(room, clip) == 1
    assert room.told.events == ["recorded"]
    assert await all_of(stream.audio) == a_wav()


async def test_a_seek_and_a_look_are_not_counted(room: ListeningRoom, clip: ClipId) -> None:
    part = await room.stream_clip.play(clip, Listening(RangeSet((FromTo(5, 9),))))
    await room.stream_clip.open(clip)

    assert await all_of(part.audio) == a_wav()[5:10]
    assert await plays(room, clip) == 0


async def test_a_playback_id_makes_repeats_one_play(room: ListeningRoom, clip: ClipId) -> None:
    listening = Listening(playback=PlayId(new_id()))
    for _ in range(2):
        stream = await room.stream_clip.play(clip, listening)
        assert await all_of(stream.audio) == a_wav()

    assert await plays(room, clip) == 1
    assert room.told.events == ["recorded", "repeated"]


async def test_audio_that_cannot_be_opened_is_told_and_not_counted(room: ListeningRoom, clip: ClipId) -> None:
    del room.content[RAIN]

    with pytest.raises(AudioUnavailable):
        await room.stream_clip.play(clip, Listening())
    assert await plays(room, clip) == 0
    assert room.told.events == [SourceFailure.ABSENT]


async def test_a_range_beyond_the_end_is_refused_and_not_counted(room: ListeningRoom, clip: ClipId) -> None:
    with pytest.raises(RangeNotSatisfiable):
        await room.stream_clip.play(clip, Listening(RangeSet((FromTo(10**9),))))
    assert await plays(room, clip) == 0


async def test_a_range_for_another_version_is_answered_with_the_whole(room: ListeningRoom, clip: ClipId) -> None:
    meant = Preconditions(if_range=EntityTag("another"))
    stream = await room.stream_clip.play(clip, Listening(RangeSet((FromTo(5, 9),)), meant))

    assert stream.parts == ()
    assert await all_of(stream.audio) == a_wav()
    assert await plays(room, clip) == 1
    await nothing_is_open(room, besides=stream.audio)


async def test_of_several_parts_the_first_is_open(room: ListeningRoom, clip: ClipId) -> None:
    stream = await room.stream_clip.play(clip, Listening(RangeSet((FromTo(50, 59), FromTo(0, 9), FromTo(55, 69)))))

    assert stream.parts == (ByteRange(50, 69), ByteRange(0, 9))
    assert await all_of(stream.audio) == a_wav()[50:70]
    assert await plays(room, clip) == 0
    await nothing_is_open(room, besides=stream.audio)


@pytest.mark.parametrize("requested", [None, RangeSet((FromTo(5, 9),)), RangeSet((FromTo(10**9),))])
@pytest.mark.parametrize(
    ("unmet", "refusal"),
    [
        (Preconditions(if_match=EntityTags((EntityTag("another"),))), PreconditionFailed),
        (Preconditions(if_none_match=EntityTags(is_any=True)), NotModified),
    ],
)
async def test_who_has_it_or_wants_another_gets_nothing_and_is_not_counted(
    room: ListeningRoom, clip: ClipId, requested: RangeSet | None, unmet: Preconditions, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await room.stream_clip.play(clip, Listening(requested, unmet))
    with pytest.raises(refusal):
        await room.stream_clip.open(clip, unmet)

    assert await plays(room, clip) == 0
    assert room.told.events == []
    await nothing_is_open(room)


async def nothing_is_open(room: ListeningRoom, besides: object = None) -> None:
    for opened in room.audio.opened:
        if opened is not besides:
            with pytest.raises(AudioUnavailable):
                await opened.read()


async def test_no_clip_no_audio(room: ListeningRoom, clip: ClipId) -> None:
    for ask in (room.stream_clip.open(ClipId(404)), room.stream_clip.play(ClipId(404), Listening())):
        with pytest.raises(ClipNotFound):
            await ask
    assert room.audio.opened == []


async def test_a_play_that_cannot_be_written_down_is_not_heard() -> None:
    room = ListeningRoom(store=AbsentLedger())
    clip = await room.curate.add(rain())
    room.audio.opened.clear()

    with pytest.raises(StoreUnavailable):
        await room.stream_clip.play(clip.id, Listening())
    [opened] = room.audio.opened
    with pytest.raises(AudioUnavailable):  # it was closed
        await opened.read()
