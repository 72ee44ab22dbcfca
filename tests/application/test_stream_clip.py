"""Streaming: open, then write down, then let go; and nothing is left open when it is refused."""

from typing import Any

import pytest
from attrs import define, evolve, field

from adapters.memory.store import MemoryStore
from adapters.system import new_id
from domain.byte_range import ByteRange, FromTo, RangeSet
from domain.clip import UNKNOWN_VERSION, ClipId, ClipVersion
from domain.decision import Reason
from domain.delivery import Delivery, Ending
from domain.errors import (
    AudioUnavailable,
    ClipNotFound,
    NotModified,
    PreconditionFailed,
    RangeNotSatisfiable,
    SourceFailure,
    StoreUnavailable,
)
from domain.listener import Caller
from domain.play import Listening, Play, PlayId
from domain.ports import PlayLedger
from domain.preconditions import EntityTags, Preconditions
from domain.validators import EntityTag
from tests.application.listening_room import RAIN, ListeningRoom, all_of, clock, rain
from tests.examples import a_wav


@define(eq=False)
class AbsentLedger(MemoryStore):
    """A store whose ledger cannot be asked."""

    async def record(self, play: Play, version: ClipVersion = UNKNOWN_VERSION) -> bool:
        raise StoreUnavailable("the database is away")


@define
class Endless:
    """Opened audio that does not tell its size."""

    media_type: str | None
    size: int | None = None
    range: ByteRange | None = None


@define
class WatchedLedger:
    """A ledger that remembers what it was given, and passes it on."""

    ledger: PlayLedger
    plays: list[Play] = field(factory=list)

    async def record(self, play: Play, version: ClipVersion = UNKNOWN_VERSION) -> bool:
        self.plays.append(play)
        return await self.ledger.record(play, version)


@pytest.fixture
def room() -> ListeningRoom:
    return ListeningRoom()


@pytest.fixture
async def clip(room: ListeningRoom) -> ClipId:
    clip = await room.curate.add(rain())
    room.audio.opened.clear()
    return clip.id


async def plays(room: ListeningRoom, clip: ClipId) -> int:
    return (await room.store.counts(clip)).counts.play_count


async def test_a_listener_gets_the_audio_and_is_counted_before(room: ListeningRoom, clip: ClipId) -> None:
    stream = await room.stream_clip.play(clip, Listening())

    assert await plays(room, clip) == 1
    assert room.told.events == ["play counted"]
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
    assert room.told.events == ["play counted", "play repeat"]


async def test_audio_that_cannot_be_opened_is_told_and_not_counted(room: ListeningRoom, clip: ClipId) -> None:
    del room.content[RAIN]

    with pytest.raises(AudioUnavailable):
        await room.stream_clip.play(clip, Listening())
    assert await plays(room, clip) == 0
    assert room.told.events == [SourceFailure.ABSENT, "play source_failed"]


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
        await room.stream_clip.open(clip, Listening(preconditions=unmet))

    assert await plays(room, clip) == 0
    reason = "not_modified" if refusal is NotModified else "refused"
    assert room.told.events == [f"play {reason}", "play head"]
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


FIRST_TEN = RangeSet((FromTo(0, 9),))


async def handed_in(room: ListeningRoom, clip: ClipId, asked: Listening, count: int, ending: Ending) -> Delivery:
    """What is handed in when that many bytes of an answer were delivered, and it ended so."""
    stream = await room.stream_clip.play(clip, asked)
    assert room.handed_in == []

    room.stream_clip.delivered(stream, count, ending)

    [delivery] = room.handed_in
    return delivery


async def test_the_end_of_a_stream_is_handed_in_with_what_was_delivered(room: ListeningRoom, clip: ClipId) -> None:
    asked = Listening(FIRST_TEN, playback=PlayId(new_id()), caller=Caller("192.0.2.1", "Radio/1.0"))
    delivery = await handed_in(room, clip, asked, 4, Ending.LEFT)

    assert (delivery.clip.id, delivery.ended_at) == (clip, clock())
    assert (delivery.caller, delivery.playback) == (asked.caller, asked.playback)
    assert (delivery.reason, delivery.ending) == (Reason.COUNTED, Ending.LEFT)
    assert (delivery.sent, delivery.size) == ((ByteRange(0, 3),), len(a_wav()))


async def test_of_several_parts_the_first_bytes_were_delivered(room: ListeningRoom, clip: ClipId) -> None:
    delivery = await handed_in(room, clip, Listening(RangeSet((FromTo(50, 59), FromTo(0, 9)))), 13, Ending.LEFT)

    assert delivery.sent == (ByteRange(50, 59), ByteRange(0, 2))
    assert delivery.reason is Reason.SEEK


async def test_a_stream_of_unknown_size_that_was_sent_whole_tells_its_size(room: ListeningRoom, clip: ClipId) -> None:
    played = await room.stream_clip.play(clip, Listening())
    endless: Any = Endless(played.audio.media_type)
    stream = evolve(played, audio=endless)
    room.stream_clip.delivered(stream, 80, Ending.LEFT)
    room.stream_clip.delivered(stream, 100, Ending.SENT)

    assert [delivery.size for delivery in room.handed_in] == [None, 100]
    assert room.handed_in[1].sent == (ByteRange(0, 99),)


async def test_who_gets_no_audio_is_handed_in_at_once(room: ListeningRoom, clip: ClipId) -> None:
    await room.stream_clip.open(clip)
    for unmet in (Preconditions(if_none_match=EntityTags(is_any=True)), Preconditions(if_match=EntityTags())):
        with pytest.raises((NotModified, PreconditionFailed)):
            await room.stream_clip.play(clip, Listening(preconditions=unmet))
    with pytest.raises(RangeNotSatisfiable):
        await room.stream_clip.play(clip, Listening(RangeSet((FromTo(10**9),))))
    del room.content[RAIN]
    with pytest.raises(AudioUnavailable):
        await room.stream_clip.play(clip, Listening())

    assert [delivery.reason for delivery in room.handed_in] == [
        Reason.HEAD,
        Reason.NOT_MODIFIED,
        Reason.REFUSED,
        Reason.REFUSED,
        Reason.SOURCE_FAILED,
    ]
    assert {(delivery.ending, delivery.sent) for delivery in room.handed_in} == {(Ending.NO_AUDIO, ())}


async def test_a_play_that_the_player_did_not_name_is_one_of_ours(room: ListeningRoom, clip: ClipId) -> None:
    ledger, named = WatchedLedger(room.store), PlayId(new_id())
    for asked in (Listening(), Listening(playback=named)):
        await evolve(room.stream_clip, ledger=ledger).play(clip, asked)

    minted, given = ledger.plays
    assert (minted.is_named, given.is_named) == (False, True)
    assert given.id == named != minted.id
