"""What a process remembers of clips saves it a look, and is never believed: who listens gets the clip as it is now."""

from contextlib import suppress
from typing import Any

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from adapters.audio.in_memory import MemoryAudio
from adapters.memory.store import MemoryStore
from adapters.system import new_id
from application.recent_clips import RecentClips
from application.stream_clip import StreamClip
from domain.byte_range import FromTo, RangeSet
from domain.clip import AudioFacts, Clip, ClipChanges, ClipId
from domain.decision import Reason
from domain.errors import AudioUnavailable, ClipNotFound, SourceFailure
from domain.location import AudioLocation
from domain.play import Listening, PlayId
from tests.application.listening_room import RAIN, ListeningRoom, Told, all_of, clock, rain
from tests.examples import NOON, a_wav, details, some_audio
from tests.sounds import wav
from tests.worlds import World

SEA = AudioLocation("library:sea.wav")
SEEK = Listening(RangeSet((FromTo(5, 9),)))


@define(eq=False)
class Watched(MemoryStore):
    """A store that counts how often a clip was looked for."""

    looks: int = 0

    async def find(self, clip: ClipId) -> Clip:
        self.looks += 1
        return await super().find(clip)


@pytest.fixture
def store() -> Watched:
    return Watched()


@pytest.fixture
def room(store: Watched) -> ListeningRoom:
    return ListeningRoom(content={RAIN: a_wav(), SEA: wav(1.0)}, store=store)


@pytest.fixture
async def clip(room: ListeningRoom, store: Watched) -> ClipId:
    """A clip that was played once."""
    clip = await room.curate.add(rain())
    (await room.stream_clip.play(clip.id, Listening())).audio.close()
    room.audio.opened.clear()
    room.told.events.clear()
    room.handed_in.clear()
    store.looks = 0
    return clip.id


async def plays(room: ListeningRoom, clip: ClipId) -> int:
    return (await room.store.counts(clip)).counts.play_count


async def test_a_clip_that_was_found_is_played_without_another_look(
    room: ListeningRoom, clip: ClipId, store: Watched
) -> None:
    stream = await room.stream_clip.play(clip, Listening())

    assert await all_of(stream.audio) == a_wav()
    assert (store.looks, await plays(room, clip)) == (0, 2)


@pytest.mark.parametrize("asked", [Listening(), SEEK, Listening(playback=PlayId(new_id()))])
async def test_who_listens_after_audio_was_replaced_hears_the_new_one(
    room: ListeningRoom, clip: ClipId, asked: Listening
) -> None:
    await room.curate.change(clip, ClipChanges(audio_url=SEA, title="Sea"))
    room.audio.opened.clear()
    stream = await room.stream_clip.play(clip, asked)

    assert await all_of(stream.audio) == (wav(1.0)[5:10] if asked is SEEK else wav(1.0))
    assert stream.clip.title == "Sea"
    assert [opened._is_closed for opened in room.audio.opened] == [True, False]
    assert await plays(room, clip) == (1 if asked is SEEK else 2)
    assert len(room.told.events) == 1


@pytest.mark.parametrize("asked", [Listening(), SEEK])
async def test_a_clip_that_was_removed_is_not_found_and_nothing_is_left_open(
    room: ListeningRoom, clip: ClipId, asked: Listening
) -> None:
    await room.curate.remove(clip)
    with pytest.raises(ClipNotFound):
        await room.stream_clip.play(clip, asked)

    assert all(opened._is_closed for opened in room.audio.opened)
    assert room.told.events == []
    assert room.handed_in == []


async def test_a_source_that_fails_is_asked_and_told_of_once(room: ListeningRoom, clip: ClipId) -> None:
    del room.content[RAIN]
    with pytest.raises(AudioUnavailable):
        await room.stream_clip.play(clip, Listening())

    assert room.told.events == [SourceFailure.ABSENT, "play source_failed"]
    assert [delivery.reason for delivery in room.handed_in] == [Reason.SOURCE_FAILED]


async def test_a_source_that_fails_and_is_the_clips_no_more_is_nobodys_failure(
    room: ListeningRoom, clip: ClipId
) -> None:
    await room.curate.change(clip, ClipChanges(audio_url=SEA))
    del room.content[RAIN]
    stream = await room.stream_clip.play(clip, Listening())

    assert await all_of(stream.audio) == wav(1.0)
    assert room.told.events == ["play counted"]


ACTS = st.sampled_from(["rename", "move", "remove", "play", "seek", "open"])
LOCATIONS = (RAIN, SEA)


@given(story=st.lists(st.tuples(ACTS, st.integers(0, 1)), max_size=25))
async def test_whatever_happens_to_a_clip_every_process_streams_it_as_it_is(
    world: World, story: list[tuple[str, int]]
) -> None:
    content = {RAIN: a_wav(), SEA: wav(1.0)}
    handed_in: list[Any] = []
    processes = [
        StreamClip(world.catalogue, MemoryAudio(content), world.ledger, handed_in.append, Told(), clock, new_id)
        for _ in range(2)
    ]
    clip, moves, played = (await world.catalogue.add(details(audio_url=RAIN), some_audio(), NOON)).id, 0, 0
    for act, process in story:
        with suppress(ClipNotFound):
            if act == "rename":
                await world.catalogue.change(clip, ClipChanges(title=f"{len(handed_in)} {act} {moves}"), None)
            elif act == "move":
                moves += 1
                audio = AudioFacts("audio/wav", len(content[LOCATIONS[moves % 2]]), 1.0)
                await world.catalogue.change(clip, ClipChanges(audio_url=LOCATIONS[moves % 2]), audio)
            elif act == "remove":
                await world.catalogue.remove(clip)
            else:
                played += act == "play"
                await listens_to_what_there_is(world, processes[process], clip, act)
    assert (await world.statistics.counts(clip)).counts.play_count <= played


async def listens_to_what_there_is(world: World, process: StreamClip, clip: ClipId, act: str) -> None:
    """Raises ClipNotFound: there is none, and the process says so too."""
    try:
        now = await world.catalogue.find(clip)
    except ClipNotFound:
        with pytest.raises(ClipNotFound):
            await process.play(clip, Listening())
        raise
    stream = await (process.open(clip) if act == "open" else process.play(clip, SEEK if act == "seek" else Listening()))
    assert (stream.clip.title, stream.clip.audio_url) == (now.title, now.audio_url)
    counted = (await world.catalogue.find(clip)).play_count - now.play_count
    assert counted == (act == "play")
    stream.audio.close()


@given(ids=st.lists(st.integers(1, 9), max_size=30))
def test_the_clips_that_came_last_are_recalled_and_no_more(ids: list[int]) -> None:
    recent, clips = RecentClips(most=3), {}
    for each in ids:
        clips[each] = a_clip(each)
        recent.remember(clips[each])

    recalled = {each for each in range(1, 10) if recent.recall(ClipId(each))}
    assert len(recalled) <= 3
    assert all(recent.recall(ClipId(each)) is clips[each] for each in recalled)
    assert not ids or ids[-1] in recalled


def a_clip(number: int) -> Clip:
    return Clip(
        id=ClipId(number),
        title="Rain",
        description=None,
        genre="Nature",
        duration=1.0,
        audio_url=RAIN,
        media_type="audio/wav",
        size=1,
        play_count=0,
        created_at=NOON,
    )
