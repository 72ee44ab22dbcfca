"""What is remembered of files: never anything that could be another version's, and never instead of the bytes."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.audio.library.file_version import FileVersion
from adapters.audio.library.filesystem import FilesystemAudio
from adapters.audio.library.known_files import FileFacts, KnownFiles
from domain.errors import SourceFailure
from domain.ports import OpenedAudio
from tests.adapters.media_folder import (
    CLIP,
    CONTENT,
    all_of,
    forget,
    made_folder,
    no_thread,
    open_media,
    that_opens_at_once,
)
from tests.sounds import flac
from tests.upstream import failure_of

OTHER_KIND = flac(40).ljust(len(CONTENT), b"\0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_folder(tmp_path)


@pytest.fixture
async def files(folder: Path) -> FilesystemAudio:
    """A source that knows the clip, which had rested before it came to know it."""
    files = await that_opens_at_once(folder)
    files.clock = lambda: datetime.now(UTC) + timedelta(seconds=10)
    await opened_and_closed(files)
    return files


async def opened_and_closed(files: FilesystemAudio) -> OpenedAudio:
    opened = await files.open(CLIP)
    opened.close()
    return opened


def write_in_place(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(OTHER_KIND)
    os.utime(path, (1_000_000_000, 1_000_000_000))


def replace_by_renaming(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(OTHER_KIND)
    os.utime(other, (1_000_000_000, 1_000_000_000))
    other.replace(path)


@pytest.mark.parametrize("change", [write_in_place, replace_by_renaming])
async def test_a_file_that_was_changed_is_told_by_what_it_is_now_though_size_and_date_are_the_same(
    files: FilesystemAudio, folder: Path, change: Callable[[Path], None]
) -> None:
    before = await opened_and_closed(files)
    change(folder / "clip.mp3")
    now = await opened_and_closed(files)

    assert (before.media_type, now.media_type) == ("audio/mpeg", "audio/flac")
    assert (now.size, now.validators.last_modified) == (before.size, before.validators.last_modified)
    assert None is not now.validators.entity_tag != before.validators.entity_tag


async def test_a_known_file_that_is_no_audio_any_more_is_refused(files: FilesystemAudio, folder: Path) -> None:
    (folder / "clip.mp3").write_bytes(b"<!doctype html>".ljust(len(CONTENT)))

    assert await failure_of(files, CLIP) == SourceFailure.NOT_AUDIO


async def test_a_known_file_is_told_and_read_as_when_it_was_not_known(files: FilesystemAudio, folder: Path) -> None:
    first = await FilesystemAudio(folder, files.clock).open(CLIP)
    again = await files.open(CLIP)

    assert (again.media_type, again.size, again.validators) == (first.media_type, first.size, first.validators)
    assert await all_of(again) == await all_of(first) == CONTENT
    first.close()
    again.close()
    assert open_media() == []


async def test_the_beginning_of_a_known_file_is_not_read_again_before_somebody_listens(
    files: FilesystemAudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_preadv, read = os.preadv, 0

    def counting(number: int, buffers: list[bytearray], at: int, flags: int) -> int:
        nonlocal read
        got = really_preadv(number, buffers, at, flags)
        read += got
        return got

    monkeypatch.setattr(os, "preadv", counting)
    await opened_and_closed(files)

    assert read == 1


async def test_a_known_file_whose_first_byte_is_not_in_memory_is_opened_by_a_thread(
    files: FilesystemAudio, folder: Path
) -> None:
    forget(folder / "clip.mp3")
    async with no_thread():
        with pytest.raises(RuntimeError):
            await files.open(CLIP)


@pytest.mark.parametrize(("seconds", "is_known"), [(0.05, False), (0.5, False), (60, True)])
def test_a_file_is_remembered_when_its_tag_and_its_date_are_told(folder: Path, seconds: float, is_known: bool) -> None:
    path, known = folder / "clip.mp3", KnownFiles()
    written = int(path.stat().st_ctime) + 1
    os.utime(path, (written, written))
    version = FileVersion(path.stat(), datetime.fromtimestamp(written + seconds, UTC))
    facts = FileFacts("audio/mpeg", version.validators(CLIP))
    known.remember(CLIP, version, facts)

    assert (known.facts(CLIP, version) == facts) == is_known


def test_a_file_of_old_date_that_was_changed_a_moment_ago_is_not_remembered(folder: Path) -> None:
    path, known = folder / "clip.mp3", KnownFiles()
    path.chmod(0o600)  # which moves ctime alone, as putting the date back after writing does
    status = path.stat()
    version = FileVersion(status, datetime.fromtimestamp(status.st_ctime + 0.05, UTC))
    known.remember(CLIP, version, FileFacts("audio/mpeg", version.validators(CLIP)))

    assert known.facts(CLIP, version) is None


def test_what_is_known_of_one_file_is_not_told_of_another(folder: Path) -> None:
    known, later = KnownFiles(), datetime.now(UTC) + timedelta(seconds=10)
    version = FileVersion((folder / "clip.mp3").stat(), later)
    known.remember(CLIP, version, FileFacts("audio/mpeg", version.validators(CLIP)))

    assert known.facts(CLIP, version) is not None
    assert known.facts("library:deep/clip.mp3", version) is None
    assert known.facts(CLIP, FileVersion((folder / "deep" / "clip.mp3").stat(), later)) is None
