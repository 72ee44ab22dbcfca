"""A tree of audio files is taken in, each file once, and of each that is not it is told why."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from adapters.audio.uploads.memory import UploadsInMemory
from domain.browsing import ClipQuery
from domain.clip import Clip, ClipOffer
from domain.errors import StorageFull
from entrypoints.container import Container, in_memory
from entrypoints.settings import Settings
from entrypoints.transfer.folder_import import ImportStopped
from entrypoints.transfer.imports import Import
from entrypoints.transfer.tally import Tally
from tests.sounds import flac, m4a, mp3, opus, tagged_opus, wav, with_id3_frames

AIFF = b"FORM\0\0\0\x2eAIFF" + bytes(100)


@pytest.fixture
def container(tmp_path: Path) -> Container:
    """A service without clips."""
    return in_memory(Settings(data=tmp_path / "data", memory=True), ())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


def lay(folder: Path, **files: bytes) -> None:
    """Files by name, ``__`` for a slash and ``_`` before what is the ending."""
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


async def taken_in(
    path: Path, container: Container, genre: str | None = None, tags: tuple[str, ...] = (), **how: Any
) -> Tally:
    tally = Tally()
    begun = Import(path, ClipOffer(genre=genre, tags=tags), tally, **({"is_dry": False, "is_quiet": True} | how))
    await begun.files_here(container, Event())
    return tally


def summed(tally: Tally) -> tuple[int, int, int]:
    return tally.added, tally.there, tally.refused


async def clips(container: Container) -> Sequence[Clip]:
    return (await container.catalogue().page(ClipQuery(limit=100))).clips


async def told(container: Container) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(clip.title, clip.genre, clip.tags) for clip in await clips(container)}


async def test_every_file_of_a_kind_that_is_kept_becomes_a_clip(tree: Path, container: Container) -> None:
    lay(tree, a_mp3=mp3(), b_ogg=opus(2), c_flac=flac(2), d_wav=wav(), e__f_m4a=m4a(2, index_first=True))

    tally = await taken_in(tree, container)

    assert summed(tally) == (5, 0, 0)
    assert {(clip.title, clip.media_type) for clip in await clips(container)} == {
        ("a", "audio/mpeg"), ("b", "audio/ogg"), ("c", "audio/flac"), ("d", "audio/wav"), ("f", "audio/mp4"),
    }  # fmt: skip


async def test_a_file_tells_itself_and_else_its_name_and_folder_do(tree: Path, container: Container) -> None:
    lay(tree, Rain__drops_mp3=mp3(3), Rain__storm_mp3=with_id3_frames(mp3(4), TIT2="The Storm", TCON="Weather"))

    await taken_in(tree, container, tags=("field", "2026"))

    assert await told(container) == {("drops", "Rain", ("field", "2026")), ("The Storm", "Weather", ("field", "2026"))}


async def test_a_genre_is_for_those_that_tell_none(tree: Path, container: Container) -> None:
    lay(tree, a_mp3=mp3(3), b_ogg=tagged_opus("GENRE=Weather"))

    await taken_in(tree, container, genre="Nature")

    assert await told(container) == {("a", "Nature", ()), ("b", "Weather", ())}


async def test_the_folder_that_is_imported_is_the_genre_of_its_own_files(tree: Path, container: Container) -> None:
    lay(tree, a_mp3=mp3(3))

    await taken_in(tree / "a.mp3", container)

    assert await told(container) == {("a", "tree", ())}


async def test_what_is_there_is_skipped_whatever_it_is_called(tree: Path, container: Container) -> None:
    lay(tree, a_mp3=mp3(3), z__same_mp3=mp3(3), b_wav=wav())
    first, second = await taken_in(tree, container), await taken_in(tree, container)
    lay(tree, another_name_wav=wav())

    assert (summed(first), summed(second)) == ((2, 1, 0), (0, 3, 0))
    assert summed(await taken_in(tree, container)) == (0, 4, 0)
    assert len(await clips(container)) == 2


async def test_a_clip_that_was_removed_is_taken_in_anew(tree: Path, container: Container) -> None:
    lay(tree, a_mp3=mp3(3))
    await taken_in(tree, container)
    [clip] = await clips(container)
    await container.curate().remove(clip.id)

    assert summed(await taken_in(tree, container)) == (1, 0, 0)


async def test_each_file_that_is_refused_is_told_with_its_reason_and_the_others_go_in(
    tree: Path, container: Container
) -> None:
    lay(tree, a_mp3=mp3(3), b_mp3=b"hello", c_aif=AIFF, d_wav=b"")

    tally = await taken_in(tree, container)

    assert summed(tally) == (1, 0, 3)
    assert set(list(tally.lines())[3:]) == {
        f"  {tree}/b.mp3: what is there is not audio.",
        f"  {tree}/c.aif: Audio is audio/aiff: it must be MP3, Ogg, FLAC, WAVE or MP4 (M4A).",
        f"  {tree}/d.wav: what is there is not audio.",
    }


async def test_of_two_refused_files_of_the_same_bytes_both_are_told(tree: Path, container: Container) -> None:
    lay(tree, a_mp3=b"hello", b_mp3=b"hello")

    assert summed(await taken_in(tree, container)) == (0, 0, 2)


async def test_a_file_without_a_duration_is_told_as_such(tree: Path, container: Container) -> None:
    lay(tree, a_wav=wav(seconds=0))

    tally = await taken_in(tree, container)

    assert "Duration is required: the audio's tags tell none." in "\n".join(tally.lines())


async def test_a_file_that_goes_away_meanwhile_is_told(tree: Path, container: Container) -> None:
    tally = await taken_in(tree / "gone.mp3", container)

    assert list(tally.lines())[-1] == f"  {tree}/gone.mp3: No such file or directory."


async def test_a_dry_run_tells_the_same_and_takes_nothing_in(tree: Path, container: Container) -> None:
    lay(tree, a_mp3=mp3(3), b_mp3=mp3(3), c_mp3=b"hello", d_aif=AIFF)

    dry = await taken_in(tree, container, is_dry=True)
    assert await clips(container) == ()
    wet = await taken_in(tree, container)

    assert sorted(dry.lines()) == sorted(wet.lines())


async def test_names_of_any_bytes_are_taken_in_and_told(tree: Path, container: Container) -> None:
    odd = os.fsdecode(b"caf\xe9.mp3")
    (tree / odd).write_bytes(mp3(3))
    (tree / 'a "b"\n.mp3').write_bytes(mp3(4))

    tally = await taken_in(tree, container)

    assert summed(tally) == (2, 0, 0)
    assert {clip.title for clip in await clips(container)} == {"caf", 'a "b"'}


async def test_what_a_file_is_called_steers_no_terminal_and_feigns_no_line(tree: Path, container: Container) -> None:
    (tree / os.fsdecode(b"a\x1b[2J\nClips added: 99\xff.mp3")).write_bytes(b"no audio")
    (tree / "\u202egnp.mp3").write_bytes(b"none either")

    *_, one, other = (await taken_in(tree, container)).lines()  # in the order in which they were done with

    assert {one, other} == {
        f"  {tree}/a\\x1b[2J\\x0aClips added: 99\\xff.mp3: what is there is not audio.",
        f"  {tree}/\\xe2\\x80\\xaegnp.mp3: what is there is not audio.",
    }


async def test_where_there_is_no_room_left_nothing_more_is_tried(tree: Path, container: Container) -> None:
    lay(tree, **{f"a{number}_mp3": mp3(number + 3) for number in range(30)})

    class Full(UploadsInMemory):
        async def receive(self, chunks: Any) -> Any:
            raise StorageFull

    container.uploads.override(Full())
    with pytest.raises(ImportStopped, match="no room left"):
        await taken_in(tree, container)


async def test_once_it_shall_end_what_is_begun_is_done_and_the_rest_is_left(tree: Path, container: Container) -> None:
    lay(tree, **{f"a{number}_mp3": mp3(number + 3) for number in range(30)})
    ended, tally = Event(), Tally()
    begun = Import(tree, ClipOffer(), tally, is_dry=False, is_quiet=True)
    working = asyncio.create_task(begun.files_here(container, ended))
    while not tally.added:
        await asyncio.sleep(0)
    ended.set()
    await working

    assert tally.added < 30
    assert (tally.added, tally.refused) == (len(await clips(container)), 0)
