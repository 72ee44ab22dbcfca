"""Streaming: open, then write down, then let go; and nothing is left open when it is refused."""

import pytest
from attrs import define

from adapters.memory import MemoryStore
from adapters.system import new_id
from domain.byte_range import FromTo, RangeSet
from domain.clip import ClipId
from domain.errors import AudioUnavailable, ClipNotFound, RangeNotSatisfiable, SourceFailure, StoreUnavailable
from domain.play import Listening, Play, PlayId
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
