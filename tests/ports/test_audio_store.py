"""The promises of `domain.ports.AudioStore`, in memory and in files."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Set
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.system import utc_now
from domain.errors import AudioUnavailable, StoreUnavailable, UploadRefused
from domain.location import AudioLocation
from domain.ports import ReceivedAudio
from domain.validators import EntityTag
from tests.audio_store_worlds import WORLDS, StoreWorld, broken_off, chunks_of
from tests.sounds import flac, m4a, mp3, opus, tagged_opus, wav, with_id3

RAIN = wav(2.0)
KINDS = {
    "mp3": (mp3(40), "audio/mpeg"),
    "ogg": (opus(3), "audio/ogg"),
    "flac": (flac(3), "audio/flac"),
    "wav": (RAIN, "audio/wav"),
    "m4a": (m4a(9, index_first=False), "audio/mp4"),
}
REFUSED = {
    "html": (b"<!doctype html>" * 2_000, None),
    "nothing": (b"", None),
    "one byte": (b"\xff", None),
    "aac": ((bytes((0xFF, 0xF1, 0x50, 0x80, 0x04, 0x3F, 0xFC)) + bytes(26)) * 400, "audio/aac"),
    "webm": (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + bytes(20_000), "audio/webm"),
}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreWorld]:
    with WORLDS[request.param](tmp_path) as made:
        yield made


async def received(world: StoreWorld, content: bytes = RAIN) -> ReceivedAudio:
    return await world.store.receive(chunks_of(content))


async def kept(world: StoreWorld, content: bytes = RAIN, *, used: bool = True) -> AudioLocation:
    """Audio that was kept and let go, and of which a clip was made in between if it is ``used``."""
    audio = await received(world, content)
    await audio.keep()
    if used:
        world.users.locations.add(audio.location)
    audio.close()
    return audio.location


@pytest.mark.parametrize("ending", KINDS)
async def test_what_is_kept_lies_where_the_hash_of_its_bytes_says(world: StoreWorld, ending: str) -> None:
    content, media_type = KINDS[ending]
    location = await kept(world, content)
    opened = await world.source.open(location)
    heard = b"".join([chunk async for chunk in all_chunks(opened)])
    opened.close()

    assert location == f"library:uploads/{sha256(content).hexdigest()}.{ending}"
    assert (heard, opened.media_type, opened.size) == (content, media_type, len(content))


async def all_chunks(opened: object) -> AsyncIterator[bytes]:
    while chunk := await opened.read():  # type: ignore[attr-defined]
        yield bytes(chunk)


async def test_the_hash_is_the_entity_tag(world: StoreWorld) -> None:
    opened = await world.source.open(await kept(world))
    opened.close()

    assert opened.validators.entity_tag == EntityTag(sha256(RAIN).hexdigest())


async def test_audio_that_has_come_tells_of_itself(world: StoreWorld) -> None:
    audio = await received(world, tagged_opus("TITLE=Rain", "GENRE=Nature"))
    audio.close()

    assert (audio.facts.media_type, audio.facts.duration) == ("audio/ogg", 3)
    assert (audio.facts.tags.title, audio.facts.tags.genre) == ("Rain", "Nature")


async def test_nothing_lies_there_before_it_is_kept_nor_if_it_is_not(world: StoreWorld) -> None:
    audio = await received(world)

    assert not await world.holds(audio.location)
    audio.close()
    audio.close()
    assert not await world.holds(audio.location)
    assert list(world.everything()) == []


async def test_the_same_bytes_are_one_file_however_often_they_are_sent_and_kept(world: StoreWorld) -> None:
    both = [await received(world), await received(world)]
    for audio in both:
        await audio.keep()
        await audio.keep()
    for audio in both:
        audio.close()

    assert both[0].location == both[1].location
    assert len(world.everything()) == 1
    assert await world.holds(both[0].location)


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_no_audio_of_a_kind_that_is_kept_is_refused(world: StoreWorld, case: str) -> None:
    content, media_type = REFUSED[case]

    with pytest.raises(UploadRefused) as refused:
        await received(world, content)

    assert refused.value.media_type == media_type
    assert list(world.everything()) == []


async def test_what_is_no_audio_is_refused_before_the_rest_has_come(world: StoreWorld) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"<!doctype html>".ljust(1_000)

    with pytest.raises(UploadRefused):
        await world.store.receive(endless())
    assert taken < 20


@pytest.mark.parametrize("content", [b"", RAIN[:100], RAIN, with_id3(mp3(3_000), size=1_000_000)])
async def test_of_what_breaks_off_nothing_is_left_and_why_is_told(world: StoreWorld, content: bytes) -> None:
    with pytest.raises(ZeroDivisionError):
        await world.store.receive(broken_off(content, ZeroDivisionError()))

    assert list(world.everything()) == []


async def test_of_what_is_cancelled_nothing_is_left(world: StoreWorld) -> None:
    wants_more = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield RAIN
        wants_more.set()
        await asyncio.Event().wait()

    receiving = asyncio.create_task(world.store.receive(silent()))
    await wants_more.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving

    assert list(world.everything()) == []


async def test_what_no_clip_uses_is_removed_and_nothing_else(world: StoreWorld) -> None:
    unused, used = await kept(world, used=False), await kept(world, opus(3))

    for location in (unused, unused, used, AudioLocation("library:rain.wav")):
        await world.store.remove(location, world.users.used)

    assert not await world.holds(unused)
    assert await world.holds(used)


async def test_what_is_held_is_not_removed_before_it_is_let_go(
    world: StoreWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.audio.uploads.filesystem.SECONDS_TO_WAIT", 0.05)
    audio = await received(world)
    await audio.keep()
    again = await world.store.hold(audio.location)

    for hold in (audio, again):
        with pytest.raises(StoreUnavailable):
            await world.store.remove(audio.location, world.users.used)
        assert await world.holds(audio.location)
        hold.close()
        hold.close()
    await world.store.remove(audio.location, world.users.used)
    assert not await world.holds(audio.location)


async def test_what_a_clip_came_to_use_just_after_it_was_said_to_be_unused_stays(
    world: StoreWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.audio.uploads.filesystem.SECONDS_TO_WAIT", 0.05)
    audio = await received(world)
    await audio.keep()

    async def used(locations: Collection[AudioLocation]) -> Set[AudioLocation]:
        answer = await world.users.used(locations)
        world.users.locations.add(audio.location)
        audio.close()
        return answer

    with pytest.raises(StoreUnavailable):
        await world.store.remove(audio.location, used)

    assert await world.holds(audio.location)


async def test_what_is_not_there_cannot_be_held(world: StoreWorld) -> None:
    nothing = AudioLocation(f"library:uploads/{'0' * 64}.mp3")

    for location in (nothing, AudioLocation("library:rain.wav")):
        with pytest.raises(AudioUnavailable):
            await world.store.hold(location)
    await world.store.remove(nothing, world.users.used)


async def test_audio_that_is_sent_again_while_it_is_removed_is_there_afterwards(world: StoreWorld) -> None:
    """The remover was told that nobody uses it, and learns too late that this is no longer so."""
    location = await kept(world, used=False)
    adding: list[asyncio.Task[AudioLocation]] = []

    async def used(locations: Collection[AudioLocation]) -> Set[AudioLocation]:
        answer = await world.users.used(locations)
        adding.append(asyncio.create_task(kept(world)))
        await asyncio.sleep(0.05)
        return answer

    with suppress(StoreUnavailable):
        await world.store.remove(location, used)
    await adding[0]

    assert await world.holds(location)


async def test_the_sweep_removes_what_has_lain_unused_for_long(world: StoreWorld) -> None:
    used, unused = await kept(world), await kept(world, opus(3), used=False)
    now = utc_now()

    assert await world.store.sweep(now - timedelta(days=1), world.users.used) == 0
    assert await world.holds(unused)
    assert await world.store.sweep(now + timedelta(days=1), world.users.used) == 1
    assert not await world.holds(unused)
    assert await world.holds(used)


async def test_a_catalogue_that_uses_no_upload_sweeps_none(world: StoreWorld) -> None:
    """It may be a new one, or the wrong one, beside a folder that is another's."""
    unused = await kept(world, used=False)

    assert await world.store.sweep(utc_now() + timedelta(days=1), world.users.used) == 0
    assert await world.holds(unused)


async def test_an_empty_store_has_nothing_to_sweep(world: StoreWorld) -> None:
    assert await world.store.sweep(utc_now(), world.users.used) == 0
