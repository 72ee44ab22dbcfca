"""A clip that changes between being found and being opened: who listens gets what it has now."""

from collections.abc import Awaitable, Callable

import pytest
from attrs import define

from adapters.memory.store import MemoryStore
from domain.clip import Clip, ClipId, ClipOffer
from domain.errors import AudioUnavailable, ClipNotFound, SourceFailure
from domain.play import Listening
from tests.application.listening_room import ListeningRoom, all_of
from tests.audio_store_worlds import chunks_of
from tests.sounds import wav

SHORT, LONG = wav(1.0), wav(2.0)


@define(eq=False)
class Overtaken(MemoryStore):
    """A store in which something happens to a clip just after it was found for the first time."""

    then: Callable[[], Awaitable[object]] | None = None

    async def find(self, clip: ClipId) -> Clip:
        found = await super().find(clip)
        then, self.then = self.then, None
        if then is not None:
            await then()
        return found


@pytest.fixture
def store() -> Overtaken:
    return Overtaken()


@pytest.fixture
def room(store: Overtaken) -> ListeningRoom:
    return ListeningRoom(store=store)


async def uploaded(room: ListeningRoom) -> Clip:
    return await room.curate.take_in(chunks_of(SHORT), lambda: ClipOffer(title="Rain", genre="Nature"))


@pytest.mark.parametrize("asking", ["play", "open"])
async def test_who_listens_while_audio_is_replaced_hears_the_new_one(
    room: ListeningRoom, store: Overtaken, asking: str
) -> None:
    clip = await uploaded(room)
    store.then = lambda: room.curate.replace_audio(clip.id, chunks_of(LONG))
    ask = room.stream_clip
    stream = await (ask.play(clip.id, Listening()) if asking == "play" else ask.open(clip.id))
    heard = await all_of(stream.audio)
    stream.audio.close()

    assert (heard, stream.clip.size) == (LONG, len(LONG))
    assert SourceFailure.ABSENT not in room.told.events


async def test_a_clip_that_is_removed_meanwhile_is_none(room: ListeningRoom, store: Overtaken) -> None:
    clip = await uploaded(room)
    store.then = lambda: room.curate.remove(clip.id)
    with pytest.raises(ClipNotFound):
        await room.stream_clip.play(clip.id, Listening())

    assert (room.told.events, room.handed_in) == ([], [])


async def test_an_upload_that_is_gone_is_told_as_such(room: ListeningRoom) -> None:
    clip = await uploaded(room)
    room.content.clear()
    with pytest.raises(AudioUnavailable):
        await room.stream_clip.play(clip.id, Listening())

    assert room.told.events == [SourceFailure.ABSENT, "play source_failed"]
