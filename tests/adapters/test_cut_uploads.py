"""Uploads whose files were cut since, as by a copy of the media folder that broke off."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.audio.uploads.folder import held, opened_folder
from tests.audio_store_worlds import WORLDS, StoreWorld, chunks_of
from tests.sounds import wav

RAIN = wav(2.0)


@pytest.fixture(params=["files", "files with names"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreWorld]:
    with WORLDS[request.param](tmp_path) as made:
        yield made


async def cut_file(world: StoreWorld, media: Path) -> Path:
    """The file of audio that a clip uses, and of which only the beginning is left."""
    audio = await world.store.receive(chunks_of(RAIN))
    await audio.keep()
    world.users.locations.add(audio.location)
    audio.close()
    file = media / audio.location.removeprefix("library:")
    file.write_bytes(RAIN[:1_000])
    return file


async def test_audio_that_is_sent_again_takes_the_place_of_what_was_cut(world: StoreWorld, tmp_path: Path) -> None:
    file = await cut_file(world, tmp_path)
    again = await world.store.receive(chunks_of(RAIN))
    await again.keep()

    assert file.read_bytes() == RAIN
    again.close()
    await world.store.remove(again.location, world.users.used)
    assert list(world.everything()) == [file.name]


async def test_it_waits_for_who_holds_what_was_cut_and_stays_held_itself(world: StoreWorld, tmp_path: Path) -> None:
    file = await cut_file(world, tmp_path)
    with opened_folder(tmp_path) as folder:
        holder = held(folder, file.name)
    assert holder is not None
    again = await world.store.receive(chunks_of(RAIN))
    keeping = asyncio.create_task(again.keep())
    await asyncio.sleep(0.1)

    assert file.read_bytes() == RAIN[:1_000]
    holder.close()
    await keeping
    world.users.locations.clear()
    removing = asyncio.create_task(world.store.remove(again.location, world.users.used))
    await asyncio.sleep(0.1)
    assert file.read_bytes() == RAIN
    again.close()
    await removing
    assert list(world.everything()) == []
