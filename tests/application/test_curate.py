"""Curating: a clip must be audible to be kept."""

from datetime import datetime

import pytest

from adapters.memory.store import MemoryStore
from domain.browsing import ClipQuery
from domain.clip import AudioFacts, Clip, ClipChanges, ClipDetails, ClipOffer
from domain.errors import (
    AudioRefused,
    AudioUnavailable,
    ClipNotFound,
    DurationUnknown,
    SourceFailure,
    StoreUnavailable,
)
from domain.location import AudioLocation
from tests.application.listening_room import RAIN, ListeningRoom, rain
from tests.audio_store_worlds import chunks_of
from tests.examples import NOON, a_wav

ELSEWHERE = AudioLocation("https://example.org/hail.wav")


@pytest.fixture
def room() -> ListeningRoom:
    return ListeningRoom()


async def test_a_clip_is_kept_with_what_its_audio_tells(room: ListeningRoom) -> None:
    clip = await room.curate.add(rain())

    assert (clip.media_type, clip.size, clip.duration) == ("audio/wav", len(a_wav()), 0.25)
    assert clip.created_at == NOON
    assert await room.browse.clip(clip.id) == clip


async def test_a_given_duration_wins(room: ListeningRoom) -> None:
    assert (await room.curate.add(rain(duration=3.0))).duration == 3.0


@pytest.mark.parametrize(
    ("content", "failure"), [(None, SourceFailure.ABSENT), (b"<!doctype html>", SourceFailure.NOT_AUDIO)]
)
async def test_what_cannot_be_heard_is_not_kept(
    room: ListeningRoom, content: bytes | None, failure: SourceFailure
) -> None:
    del room.content[RAIN]
    if content is not None:
        room.content[RAIN] = content

    for add in (room.curate.add(rain()), room.curate.add_once("sample:rain", rain())):
        with pytest.raises(AudioRefused) as refused:
            await add
        assert refused.value.failure is failure
    assert (await room.browse.page(ClipQuery())).clips == ()


async def test_audio_that_tells_no_duration_needs_one_given(room: ListeningRoom) -> None:
    room.content[RAIN] = b"\x1aE\xdf\xa3\x42\x82\x84webm" + bytes(50)

    with pytest.raises(DurationUnknown):
        await room.curate.add(rain())
    assert (await room.curate.add(rain(duration=1.0))).media_type == "audio/webm"


async def test_a_key_adds_once(room: ListeningRoom) -> None:
    assert [await room.curate.add_once("sample:rain", rain()) for _ in range(2)] == [True, False]


async def test_the_audio_of_a_key_that_was_added_is_not_asked_for(room: ListeningRoom) -> None:
    await room.curate.add_once("sample:rain", rain())
    del room.content[RAIN]

    assert not await room.curate.add_once("sample:rain", rain())


async def test_a_new_location_is_listened_to_and_brings_its_duration(room: ListeningRoom) -> None:
    clip = await room.curate.add(rain())
    room.content[ELSEWHERE] = a_wav(seconds=0.5)
    changed = await room.curate.change(clip.id, ClipChanges(audio_url=ELSEWHERE))

    assert (changed.audio_url, changed.duration, changed.size) == (ELSEWHERE, 0.5, len(a_wav(seconds=0.5)))


async def test_a_new_location_that_cannot_be_heard_changes_nothing(room: ListeningRoom) -> None:
    clip = await room.curate.add(rain())

    with pytest.raises(AudioRefused):
        await room.curate.change(clip.id, ClipChanges(title="Hail", audio_url=ELSEWHERE))
    assert await room.browse.clip(clip.id) == clip


async def test_another_title_needs_no_listening(room: ListeningRoom) -> None:
    clip = await room.curate.add(rain())
    room.content.clear()

    assert (await room.curate.change(clip.id, ClipChanges(title="Hail"))).title == "Hail"


async def test_an_unknown_clip_is_not_changed_and_nothing_is_fetched_for_it(room: ListeningRoom) -> None:
    clip = await room.curate.add(rain())
    await room.curate.remove(clip.id)
    room.audio.opened.clear()

    with pytest.raises(ClipNotFound):
        await room.curate.change(clip.id, ClipChanges(audio_url=RAIN))
    assert room.audio.opened == []


async def test_all_audio_is_closed_again(room: ListeningRoom) -> None:
    await room.curate.add(rain())
    room.content[RAIN] = b"<!doctype html>"
    with pytest.raises(AudioRefused):
        await room.curate.add(rain())

    for opened in room.audio.opened:
        with pytest.raises(AudioUnavailable):
            await opened.read()


OFFER = ClipOffer(title="Hail", genre="Nature")


class Away(MemoryStore):
    """A store that fails when a clip is added, and lets somebody remove others' first."""

    async def add(self, *_said: object) -> Clip:
        raise StoreUnavailable("the database is away")


async def test_audio_whose_clip_cannot_be_added_is_not_kept() -> None:
    room = ListeningRoom(store=Away())

    with pytest.raises(StoreUnavailable):
        await room.curate.take_in(chunks_of(a_wav()), lambda: OFFER)
    assert list(room.content) == [RAIN]


async def test_an_upload_of_which_a_clip_is_just_made_is_held_meanwhile(room: ListeningRoom) -> None:
    upload = (await room.curate.take_in(chunks_of(a_wav()), lambda: OFFER)).audio_url
    store = room.store

    class Busy(MemoryStore):
        async def add(self, details: ClipDetails, audio: AudioFacts, at: datetime) -> Clip:
            with pytest.raises(StoreUnavailable):
                await room.uploads.remove(upload, MemoryStore().used)
            return await store.add(details, audio, at)

    room.store = Busy()
    await room.curate.add(rain(audio_url=upload))

    assert upload in room.content
