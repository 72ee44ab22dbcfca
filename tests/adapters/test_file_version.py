"""Entity tags of files, given only where no other version could have the same, and dates, which never lie ahead."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from attrs import frozen

from adapters.audio.library.file_version import FileVersion
from adapters.audio.library.filesystem import FilesystemAudio
from domain.location import AudioLocation
from domain.validators import EntityTag, Validators
from tests.adapters.media_folder import CLIP, made_folder
from tests.sounds import mp3_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECOND = 1_000_000_000


@frozen(kw_only=True)
class Status:
    """What a file system keeps of a file; seconds are counted from noon."""

    inode: int = 4711
    size: int = 1000
    modified: float = -3600.5
    changed: float = -3600.25

    def told(self, place: str = "library:clip.mp3") -> Validators:
        noon = int(NOON.timestamp()) * SECOND
        modified, changed = (noon + round(moment * SECOND) for moment in (self.modified, self.changed))
        fields = (0o100644, self.inode, 1, 1, 0, 0, self.size, 0, modified // SECOND, changed // SECOND)
        exact = {"st_mtime_ns": modified, "st_ctime_ns": changed}
        return FileVersion(os.stat_result(fields, exact), NOON).validators(place)


def test_two_tags_are_the_same_only_if_everything_is() -> None:
    times, numbers, places = (-7200.5, -3600.25), (1, 11), ("library:a", "library:1 a", "library:\ud800")
    versions = list(product(numbers, numbers, times, times, places))
    tags = [
        Status(inode=inode, size=size, modified=modified, changed=changed).told(place).entity_tag
        for inode, size, modified, changed, place in [*versions, *versions]
    ]

    assert len({str(tag) for tag in tags}) == len(versions)
    assert tags[: len(versions)] == tags[len(versions) :]


def test_a_tag_is_strong_and_tells_nothing_of_the_host() -> None:
    tag = Status().told().entity_tag

    assert tag is not None
    assert not tag.is_weak
    assert len(tag.opaque) == 32
    assert set(tag.opaque) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("status", "has_rested"),
    [
        (Status(modified=-3600.5, changed=-0.0999), False),
        (Status(modified=-3600.5, changed=-0.1001), True),
        (Status(modified=-0.0999, changed=-3600.5), False),
        (Status(modified=-3600, changed=-0.1001), True),  # whoever packs a file away keeps whole seconds of mtime only
        (Status(modified=-2, changed=-2), False),  # a file system of whole seconds, or of two
        (Status(modified=-3, changed=-3), True),
        (Status(modified=1e-6, changed=-3600.5), False),
        (Status(modified=1e9, changed=-3600.5), False),
        (Status(modified=-3600.5, changed=60.5), False),
    ],
)
def test_a_file_has_a_tag_only_when_it_has_rested(status: Status, has_rested: bool) -> None:
    assert (status.told().entity_tag is not None) == has_rested


@pytest.mark.parametrize(
    ("modified", "told"),
    [
        (-3600.5, NOON - timedelta(seconds=3601)),
        (-1.2, NOON - timedelta(seconds=2)),
        (-1, None),  # another change of that very second may still be on its way
        (-0.5, None),
        (0, None),
        (1, None),
        (1e9, None),
        (-NOON.timestamp(), datetime(1970, 1, 1, tzinfo=UTC)),
        (-NOON.timestamp() - 1, None),
        (-9e9, None),
    ],
)
def test_the_date_is_of_whole_seconds_that_are_over_and_not_of_before_1970(
    modified: float, told: datetime | None
) -> None:
    assert Status(modified=modified).told().last_modified == told


def touch(path: Path) -> None:
    path.touch()


def write_in_place_and_put_the_date_back(path: Path) -> None:
    before = path.stat()
    time.sleep(0.02)  # older kernels cannot tell what happens within one tick of their clock
    with path.open("r+b") as file:
        file.seek(500)
        file.write(b"other")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_one_of_same_size_and_date(path: Path) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(path.read_bytes()[:-5] + b"other")
    shutil.copystat(path, new)
    new.replace(path)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


async def tag_of(folder: Path, location: AudioLocation = CLIP) -> EntityTag | None:
    """The tag of the clip when it has rested."""
    opened = await FilesystemAudio(folder, clock=lambda: datetime.now(UTC) + timedelta(seconds=10)).open(location)
    opened.close()
    return opened.validators.entity_tag


@pytest.mark.parametrize(
    "change", [touch, write_in_place_and_put_the_date_back, append, replace_by_one_of_same_size_and_date]
)
async def test_a_file_that_was_changed_has_another_tag(tmp_path: Path, change: Callable[[Path], None]) -> None:
    folder = made_folder(tmp_path)
    before = await tag_of(folder)
    change(folder / "clip.mp3")

    assert None is not before != await tag_of(folder) is not None


async def test_a_file_that_was_left_alone_keeps_its_tag_and_its_copy_has_another(tmp_path: Path) -> None:
    folder = made_folder(tmp_path)

    assert await tag_of(folder) == await tag_of(folder)
    assert await tag_of(folder) != await tag_of(folder, AudioLocation("library:deep/clip.mp3"))


async def test_a_file_that_was_just_written_soon_has_a_tag_and_then_a_date(tmp_path: Path) -> None:
    folder = made_folder(tmp_path)
    (folder / "clip.mp3").write_bytes(mp3_of(5_000))
    written = datetime.fromtimestamp((folder / "clip.mp3").stat().st_mtime, UTC)

    for later, has_tag, has_date in ((0.05, False, False), (5, True, True)):
        clock = written + timedelta(seconds=later)
        opened = await FilesystemAudio(folder, clock=lambda clock=clock: clock).open(CLIP)  # type: ignore[misc]
        opened.close()

        assert opened.validators.last_modified == (written.replace(microsecond=0) if has_date else None)
        assert (opened.validators.entity_tag is not None) == has_tag
