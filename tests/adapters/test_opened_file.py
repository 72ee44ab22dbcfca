"""What happens to a file while it is read: bytes of one version, or a cut that looks like one.

Where the system itself cannot be brought to fail, its call is replaced by one that does.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.audio.library.filesystem import FilesystemAudio
from adapters.audio.library.opened_file import OpenedFile
from domain.byte_range import FromTo, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.ports import LARGEST_CHUNK
from tests.adapters.media_folder import (
    CLIP,
    CONTENT,
    all_of,
    can_read_at_once,
    forget,
    made_folder,
    no_thread,
    open_media,
)
from tests.sounds import mp3_of

OTHER = bytes(reversed(CONTENT))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_folder(tmp_path)


@pytest.fixture(params=["at once", "by a thread"])
async def opened(request: pytest.FixtureRequest, folder: Path) -> OpenedFile:
    """The clip, of which nothing was read yet."""
    opened = await FilesystemAudio(folder).open(CLIP)
    opened._file.can_read_at_once = request.param == "at once" and can_read_at_once(folder / "clip.mp3")
    return opened


@pytest.fixture(autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    yield

    assert open_media() == []


async def read_until_cut(opened: OpenedFile) -> tuple[bytes, SourceFailure]:
    """What is read of ``opened`` before it breaks off, and why it does."""
    read = b""
    try:
        while chunk := await opened.read():
            read += chunk
    except AudioUnavailable as cut:
        return read, cut.failure
    finally:
        opened.close()
    raise AssertionError("it ended as if it were whole")


def write_in_place(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-10, os.SEEK_END)
        file.write(b"other")


def write_in_place_and_put_the_date_back(path: Path) -> None:
    before = path.stat()
    time.sleep(0.02)  # older kernels cannot tell what happens within one tick of their clock
    write_in_place(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def copy_over(path: Path) -> None:
    path.write_bytes(OTHER)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def touch(path: Path) -> None:
    path.touch()


CHANGES = (write_in_place, write_in_place_and_put_the_date_back, copy_over, append, touch)


@pytest.mark.parametrize("chunks", [0, 1, 3])
@pytest.mark.parametrize("change", CHANGES)
async def test_a_file_that_is_changed_while_it_is_read_is_cut_before_its_last_bytes(
    opened: OpenedFile, folder: Path, change: Callable[[Path], None], chunks: int
) -> None:
    before = [await opened.read() for _ in range(chunks)]
    change(folder / "clip.mp3")
    after, failure = await read_until_cut(opened)

    assert failure == SourceFailure.CHANGED
    assert len(b"".join(before) + after) == 3 * LARGEST_CHUNK < len(CONTENT)


@pytest.mark.parametrize("change", CHANGES)
async def test_a_part_is_cut_before_its_last_bytes_if_any_of_the_file_is_changed(
    folder: Path, change: Callable[[Path], None]
) -> None:
    opened = await FilesystemAudio(folder).open(CLIP, FromTo(0, 999))
    await opened.read(400)
    change(folder / "clip.mp3")
    await opened.read(400)

    assert await read_until_cut(opened) == (b"", SourceFailure.CHANGED)


async def test_a_file_that_shrinks_while_it_is_read_has_changed_and_not_ended(opened: OpenedFile, folder: Path) -> None:
    first = await opened.read(60_000)
    os.truncate(folder / "clip.mp3", len(first) + 10)

    assert await read_until_cut(opened) == (CONTENT[60_000:60_010], SourceFailure.CHANGED)


def replace(path: Path) -> None:
    path.with_name("new.mp3").write_bytes(mp3_of(50))
    path.with_name("new.mp3").replace(path)


def link(path: Path) -> None:
    path.with_name("again.mp3").hardlink_to(path)


def read_it(path: Path) -> None:
    path.read_bytes()


@pytest.mark.parametrize("chunks", [0, 1, 4])
@pytest.mark.parametrize("happening", [replace, Path.unlink, link, read_it])
async def test_a_file_that_only_gets_or_loses_a_name_is_read_to_its_end(
    opened: OpenedFile, folder: Path, happening: Callable[[Path], None], chunks: int
) -> None:
    before = [await opened.read() for _ in range(chunks)]
    happening(folder / "clip.mp3")

    assert b"".join(before) + await all_of(opened) == CONTENT
    opened.close()


def append_and_put_the_date_back(path: Path) -> None:
    before = path.stat()
    append(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [write_in_place, append, append_and_put_the_date_back])
async def test_a_file_that_is_changed_and_gets_a_name_has_changed(
    opened: OpenedFile, folder: Path, change: Callable[[Path], None]
) -> None:
    change(folder / "clip.mp3")
    link(folder / "clip.mp3")

    assert (await read_until_cut(opened))[1] == SourceFailure.CHANGED


async def test_a_file_that_may_have_been_written_to_is_taken_for_changed(opened: OpenedFile, folder: Path) -> None:
    time.sleep(0.02)  # older kernels cannot tell what happens within one tick of their clock
    (folder / "clip.mp3").chmod(0o600)

    assert (await read_until_cut(opened))[1] == SourceFailure.CHANGED


@pytest.mark.parametrize("requested", [None, FromTo(0, 0), FromTo(500_000), Suffix(3)])
async def test_what_is_opened_again_is_read_and_closed_on_its_own(
    opened: OpenedFile, requested: FromTo | Suffix | None
) -> None:
    begun = await opened.read()
    again = await opened.reopen(requested)
    whole, part = await opened.reopen(None), None if requested is None else requested.within(len(CONTENT))

    assert opened.can_reopen
    assert again.range == part
    assert (again.size, again.media_type) == (opened.size, opened.media_type)
    assert again.validators == opened.validators
    opened.close()
    opened.close()
    assert await all_of(again) == (CONTENT if part is None else CONTENT[part.first : part.last + 1])
    again.close()
    assert begun + (await all_of(whole))[len(begun) :] == CONTENT
    with pytest.raises(AudioUnavailable) as closed:
        await opened.read()
    assert closed.value.failure == SourceFailure.INTERRUPTED
    whole.close()


async def test_a_file_that_was_replaced_can_be_opened_again_as_it_was(opened: OpenedFile, folder: Path) -> None:
    replace(folder / "clip.mp3")
    again = await opened.reopen(FromTo(999_000))
    opened.close()

    assert await all_of(again) == CONTENT[999_000:]
    again.close()


@pytest.mark.parametrize("change", CHANGES)
async def test_a_file_that_was_changed_cannot_be_opened_again(
    opened: OpenedFile, folder: Path, change: Callable[[Path], None]
) -> None:
    change(folder / "clip.mp3")
    with pytest.raises(AudioUnavailable) as refused:
        await opened.reopen(FromTo(999_000))

    assert refused.value.failure == SourceFailure.CHANGED
    opened.close()


async def test_a_part_that_is_not_there_leaves_nothing_more_open(opened: OpenedFile) -> None:
    with pytest.raises(RangeNotSatisfiable):
        await opened.reopen(FromTo(len(CONTENT)))
    opened.close()

    assert open_media() == []


async def test_a_closed_file_cannot_be_opened_again(opened: OpenedFile) -> None:
    again = await opened.reopen(None)
    opened.close()
    with pytest.raises(AudioUnavailable) as refused:
        await opened.reopen(None)

    assert refused.value.failure == SourceFailure.INTERRUPTED
    again.close()


@pytest.mark.parametrize("at_most", [1, 65_536, LARGEST_CHUNK])
async def test_whoever_reads_decides_how_much_at_once(opened: OpenedFile, at_most: int) -> None:
    assert await opened.read(at_most) == CONTENT[:at_most]
    assert await opened.read(at_most) == CONTENT[at_most : 2 * at_most]
    opened.close()


async def test_a_chunk_is_bounded_whatever_is_asked_for(opened: OpenedFile) -> None:
    assert len(await opened.read(10**9)) == LARGEST_CHUNK
    assert len(await opened.read()) == LARGEST_CHUNK
    opened.close()


async def test_what_is_in_memory_is_given_at_once_and_a_thread_waits_for_the_rest(folder: Path) -> None:
    opened = await FilesystemAudio(folder).open(CLIP)
    try:
        forget(folder / "clip.mp3", but_the_beginning=True)
        async with no_thread():
            first = await opened.read()
        forget(folder / "clip.mp3")
        async with no_thread():
            with pytest.raises(RuntimeError):
                await opened.read()

        assert 0 < len(first) < LARGEST_CHUNK
        assert first + await all_of(opened) == CONTENT
    finally:
        opened.close()


@pytest.mark.parametrize(("number", "times"), [(errno.EAGAIN, 4), (errno.EOPNOTSUPP, 1)])
async def test_a_file_system_that_cannot_tell_what_is_in_memory_is_asked_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, times: int
) -> None:
    opened = await FilesystemAudio(folder).open(CLIP)
    opened._file.can_read_at_once = True
    asked = []

    def not_in_memory(*_: object) -> int:
        asked.append(number)
        raise OSError(number, "as told")

    monkeypatch.setattr(os, "preadv", not_in_memory)

    assert await all_of(opened) == CONTENT
    assert len(asked) == times
    opened.close()


async def test_a_file_that_ends_too_soon_and_looks_the_same_is_an_interruption(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = await FilesystemAudio(folder).open(CLIP)
    opened._file.can_read_at_once = False
    monkeypatch.setattr(os, "pread", lambda *_: b"")  # as where a network's cache still has the old size

    assert await read_until_cut(opened) == (b"", SourceFailure.INTERRUPTED)


@pytest.mark.parametrize("call", ["preadv", "pread", "fstat"])
async def test_a_disk_that_fails_is_an_interruption(folder: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    opened = await FilesystemAudio(folder).open(CLIP, Suffix(10))
    opened._file.can_read_at_once = call == "preadv"

    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "as told")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, broken)
        cut = await read_until_cut(opened)

    assert cut == (b"", SourceFailure.INTERRUPTED)
