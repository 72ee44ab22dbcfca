"""The folder of the cache: what survives, what is found to be damaged, what must go, and a disk that fails."""

import asyncio
import errno
import fcntl
import os
import resource
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.audio.cache import copies, shelf
from adapters.audio.cache.entry import Version, verified
from adapters.audio.recent import Recent
from domain.byte_range import FromTo
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from domain.ports import CacheOutcome
from domain.validators import UNKNOWN
from tests.adapters.cache_world import CLIP, MOMENT, OTHER, Sound, World, a_world, all_of, heard_until_cut, tagged
from tests.sounds import mp3_of
from tests.upstream import soon

SOUND = mp3_of(1_000_000)
SMALL = SOUND[:240_000]
HIT, MISS, SHARED, BYPASS = CacheOutcome.HIT, CacheOutcome.MISS, CacheOutcome.SHARED, CacheOutcome.BYPASS


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        made.origin.sounds[CLIP] = tagged(SOUND)
        yield made


def location(number: int) -> AudioLocation:
    return AudioLocation(f"https://example.net/{number}.mp3")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A disk on which no file of this process can be larger; what would be, fails half-way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def failing_with(number: int) -> Callable[[int, int, int], None]:
    def fail(_file: int, _at: int, _count: int) -> None:
        raise OSError(number, os.strerror(number))

    return fail


async def test_what_is_kept_survives_a_restart(world: World) -> None:
    await world.keep(tagged(SOUND))
    await world.restart()
    world.origin.failure = SourceFailure.UNREACHABLE

    assert await world.listen(FromTo(7, 9)) == (SOUND[7:10], HIT)
    assert await world.listen() == (SOUND, HIT)


async def test_an_entry_is_on_the_disk_before_it_has_its_name(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[int, list[Path]]] = []
    monkeypatch.setattr("os.fsync", lambda file: written.append((os.fstat(file).st_ino, world.entries())))
    await world.keep(tagged(SOUND))

    assert written == [(world.entry().stat().st_ino, [])]


def flipped(at: int) -> Callable[[Path], None]:
    def damage(entry: Path) -> None:
        data = bytearray(entry.read_bytes())
        data[at] ^= 1
        entry.write_bytes(data)

    return damage


def cut_to(size: int) -> Callable[[Path], None]:
    return lambda entry: os.truncate(entry, size)


def lengthened(entry: Path) -> None:
    entry.write_bytes(entry.read_bytes() + b"\0")


def another_clips(entry: Path) -> None:
    other = next(path for path in entry.parent.glob("*.audio") if path != entry)
    shutil.copyfile(other, entry)


def emptied_in_the_middle(entry: Path) -> None:
    data = entry.read_bytes()
    entry.write_bytes(data[:1000] + data[2000:])


def lengthened_in_the_middle(entry: Path) -> None:
    data = entry.read_bytes()
    entry.write_bytes(data[:1_000_000] + b"\0" + data[1_000_000:])


def flipped_unseen(entry: Path) -> None:
    status = entry.stat()
    flipped(10)(entry)
    os.utime(entry, ns=(status.st_atime_ns, status.st_mtime_ns))


DAMAGES = {
    "first byte": flipped(0),
    "a byte in the middle": flipped(500_000),
    "last byte of the sound": flipped(999_999),
    "first byte of the footer": flipped(1_000_000),
    "footer": flipped(1_000_050),
    "its length": flipped(-13),
    "its checksum": flipped(-9),
    "magic number": flipped(-1),
    "nothing left": cut_to(0),
    "almost nothing left": cut_to(10),
    "cut in the sound": cut_to(500_000),
    "cut in the footer": cut_to(1_000_100),
    "something behind": lengthened,
    "something missing": emptied_in_the_middle,
    "something before the footer": lengthened_in_the_middle,
    "a byte, and its date put back": flipped_unseen,
    "another clip's": another_clips,
}


@pytest.mark.parametrize("is_restarted", [True, False], ids=["at the next start", "while it runs"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_an_entry_that_was_damaged_is_fetched_anew(
    world: World, damage: Callable[[Path], None], is_restarted: bool
) -> None:
    await world.keep(tagged(SOUND[:900_000]), OTHER)
    await world.keep(tagged(SOUND))
    damage(world.entry())
    if is_restarted:
        await world.restart()

    assert await world.listen() == (SOUND, MISS)
    assert await world.settled()
    assert await world.listen() == (SOUND, HIT)


async def test_a_damaged_entry_is_not_played_though_the_source_is_dead(world: World) -> None:
    await world.keep(tagged(SOUND))
    flipped(10)(world.entry())
    world.origin.failure = SourceFailure.UNREACHABLE

    with pytest.raises(AudioUnavailable):
        await world.cache.open(CLIP)
    assert world.entries() == []


async def test_many_who_find_an_entry_after_a_start_verify_it_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.keep(tagged(SOUND))
    await world.restart()
    read = 0

    def counted(descriptor: int) -> object:
        nonlocal read
        read += 1
        return verified(descriptor)

    monkeypatch.setattr("adapters.audio.cache.shelf.verified", counted)
    heard = await asyncio.gather(*(world.listen() for _ in range(50)))

    assert set(heard) == {(SOUND, HIT)}
    assert read == 1


@pytest.mark.parametrize("damage", [flipped(500_000), cut_to(400_000)], ids=["written to", "cut"])
async def test_a_file_that_is_written_to_while_it_is_played_ends_in_a_cut(
    world: World, damage: Callable[[Path], None]
) -> None:
    await world.keep(tagged(SOUND))
    opened = await world.cache.open(CLIP)
    begun = await opened.read()
    damage(world.entry())
    rest, failure = await heard_until_cut(opened)

    assert failure == SourceFailure.CHANGED
    assert SOUND.startswith(begun + rest)
    opened.close()


def test_a_file_that_somebody_else_writes_to_before_it_is_an_entry_becomes_none(tmp_path: Path) -> None:
    folder = shelf.Shelf(tmp_path, 10_000)
    version = Version(location=CLIP, size=1000, media_type=None, validators=UNKNOWN, fetched_at=MOMENT)
    part = folder.reserve(version)
    assert part is not None
    part.write(SOUND[:1000])
    _, sealed = part.seal()
    flipped(10)(part.path)

    with pytest.raises(OSError, match="somebody else"):
        folder.put(part, sealed)
    assert list(tmp_path.glob("*.audio")) == []
    part.discard()


async def test_a_file_that_is_written_to_just_before_it_is_an_entry_ends_in_a_cut_too(
    world: World,
) -> None:
    world.origin.halt = 100_000
    opened = await world.cache.open(CLIP)
    lock = os.open(world.folder / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)  # so that it stays a part
    world.origin.go_on()
    [part] = world.parts()
    copy = world.cache._copies.at_hand(CLIP)
    assert await soon(lambda: copy is not None and copy.identity is not None)
    flipped(500_000)(part)

    assert (await heard_until_cut(opened))[1] == SourceFailure.CHANGED
    os.close(lock)
    opened.close()
    assert await world.settled()
    assert world.entries() == []


async def test_a_file_that_is_taken_away_while_it_is_played_is_played_to_its_end(world: World) -> None:
    await world.keep(tagged(SOUND))
    opened = await world.cache.open(CLIP)
    begun = await opened.read(1000)
    world.entry().unlink()

    assert begun + await all_of(opened) == SOUND
    opened.close()
    assert await world.listen() == (SOUND, MISS)


async def test_the_folder_is_never_larger_than_it_may_be(tmp_path: Path) -> None:
    async with a_world(tmp_path, size=1_000_000) as world:
        most = 0
        for number in range(30):
            world.origin.sounds[location(number)] = tagged(SOUND[: 100_000 + 3_000 * (number % 7)], f"{number}")
            assert (await world.listen(location=location(number)))[1] == MISS
            most = max(most, world.taken())
        await asyncio.gather(*(world.listen(location=location(number)) for number in range(30)))
        most = max(most, world.taken())

        assert 750_000 < most <= 1_000_000


async def test_what_was_not_listened_to_for_longest_makes_room_also_after_a_restart(tmp_path: Path) -> None:
    async with a_world(tmp_path, size=1_000_000) as world:
        for number in range(4):
            await world.keep(tagged(SMALL), location(number))
        world.fresh = 1e10
        await world.restart()
        world.now += timedelta(days=36_500)  # the entries' own times are the machine's, and their stamps the test's
        for number in (2, 0):
            assert (await world.listen(location=location(number)))[1] == HIT
            world.now += timedelta(days=1)
        await world.restart()
        await world.keep(tagged(SMALL), location(9))
        await world.keep(tagged(SMALL), location(8))

        kept = [number for number in (0, 1, 2, 3, 8, 9) if world.entry(location(number)).exists()]
        assert kept == [0, 2, 8, 9]
        assert len(list(world.folder.glob("*.used"))) == 2


async def test_what_is_being_fetched_has_its_room_from_the_beginning(tmp_path: Path) -> None:
    async with a_world(tmp_path, size=1_000_000) as world:
        world.origin.halt = 1000
        fetched = []
        for number in range(5):
            world.origin.sounds[location(number)] = tagged(SMALL)
            fetched.append(await world.cache.open(location(number)))

        assert world.told.outcomes == [MISS, MISS, MISS, MISS, BYPASS]
        assert 960_000 < world.taken() <= 1_000_000
        world.origin.go_on()
        assert [await all_of(each) for each in fetched] == [SMALL] * 5
        for each in fetched:
            each.close()


async def test_a_folder_that_may_be_smaller_than_last_time_is_made_so_at_the_start(tmp_path: Path) -> None:
    async with a_world(tmp_path, size=1_000_000) as world:
        for number in range(4):
            await world.keep(tagged(SMALL), location(number))
        world.size = 500_000
        await world.restart()

        assert world.taken() <= 500_000
        assert len(world.entries()) == 2


async def test_what_the_dead_left_is_swept_and_what_the_living_fill_is_not(world: World) -> None:
    world.origin.halt = 1000
    opened = await world.cache.open(CLIP)
    [live] = world.parts()
    orphan = live.with_name(live.name[:64] + "." + "0" * 32 + ".part")
    orphan.write_bytes(b"left")
    stamp = live.with_name("0" * 64 + "." + "0" * 16 + ".used")
    stamp.touch()
    (world.folder / "README").write_text("somebody else's")
    world.another()

    assert world.parts() == [live]
    assert not stamp.exists()
    assert (world.folder / "README").exists()
    opened.close()


async def test_what_was_listened_to_is_noted_once_a_minute(world: World) -> None:
    def used() -> float:
        [stamp] = world.folder.glob("*.used")
        return stamp.stat().st_atime

    await world.keep(tagged(SOUND))
    world.fresh = 1e9
    await world.restart()
    begin = world.now.timestamp()
    await world.listen()
    assert await soon(lambda: bool(list(world.folder.glob("*.used"))))
    for seconds, noted in ((30, 0), (30, 0), (1, 61), (60, 61), (1, 122)):
        world.now += timedelta(seconds=seconds)
        await world.listen()

        assert await soon(lambda: used() == begin + noted), (seconds, noted)  # noqa: B023  # asked within this turn


def test_what_is_being_noted_is_never_seen_half_noted(tmp_path: Path) -> None:
    folder = shelf.Shelf(tmp_path, 10_000)
    version = Version(location=CLIP, size=1000, media_type=None, validators=UNKNOWN, fetched_at=MOMENT)
    seen, is_over = set[datetime](), threading.Event()

    def watch() -> None:
        while not (is_over.is_set() and seen):
            seen.add(folder.validated_at(version))

    watching = threading.Thread(target=watch)
    watching.start()
    for _ in range(300):
        folder.stamp(version, MOMENT, MOMENT)  # the machine's own clock says something else
        folder.stamp(version, MOMENT, MOMENT)
        folder.remove(version)
    is_over.set()
    watching.join()

    assert seen == {MOMENT}


def test_a_folder_that_cannot_be_made_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")

    with pytest.raises(OSError, match="cache"):
        World(tmp_path / "cache")


async def test_a_folder_that_is_gone_keeps_nobody_from_listening(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.keep(tagged(SOUND))
    shutil.rmtree(world.folder)

    assert await world.listen() == (SOUND, BYPASS)
    assert await world.listen(FromTo(1, 2)) == (SOUND[1:3], BYPASS)
    assert world.origin.asked[1:] == [(CLIP, None), (CLIP, FromTo(1, 2))]
    assert "could not be written" in caplog.text


async def test_a_disk_without_room_keeps_nobody_from_listening_and_is_tried_again_later(world: World) -> None:
    with files_of_at_most(10_000):
        assert await world.listen() == (SOUND, BYPASS)
        assert await world.listen(FromTo(5)) == (SOUND[5:], BYPASS)
    assert (world.parts(), world.entries()) == ([], [])
    world.now += timedelta(seconds=30)

    assert await world.listen() == (SOUND, MISS)


async def test_what_is_being_fetched_has_its_room_on_the_disk_from_the_beginning(world: World) -> None:
    world.origin.halt = 1000
    opened = await world.cache.open(CLIP)
    [part] = world.parts()

    assert part.stat().st_blocks * 512 >= len(SOUND)
    opened.close()


async def test_a_disk_that_lacks_the_room_is_found_out_before_anything_is_fetched_to_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.posix_fallocate", failing_with(errno.ENOSPC))

    assert await world.listen() == (SOUND, BYPASS)
    assert (world.parts(), world.entries(), world.open_files()) == ([], [], [])


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL])
async def test_a_disk_that_cannot_set_room_aside_keeps_clips_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("os.posix_fallocate", failing_with(number))
    await world.keep(tagged(SOUND))

    assert await world.listen() == (SOUND, HIT)


@pytest.mark.parametrize("full_at", [100_000, 100, 1_000_010], ids=["middle", "beginning", "footer"])
async def test_a_disk_that_is_full_on_the_way_is_not_noticed_by_listeners(
    world: World, caplog: pytest.LogCaptureFixture, full_at: int
) -> None:
    world.origin.halt = 50_000 if full_at > 50_000 else 0
    opening = [asyncio.create_task(world.cache.open(CLIP, requested)) for requested in (None, None, FromTo(200_000))]
    assert await soon(lambda: world.cache._copies.at_hand(CLIP) is not None)  # its part has its room by then
    with files_of_at_most(full_at):
        world.origin.go_on()
        heard = [await all_of(await opened) for opened in opening]
        assert await world.settled()

    assert heard == [SOUND, SOUND, SOUND[200_000:]]
    assert (world.parts(), world.entries()) == ([], [])
    assert "could not be kept" in caplog.text
    for opened in opening:
        (await opened).close()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("can_reopen", SourceFailure.INTERRUPTED), ("ignores_ranges", SourceFailure.INCONSISTENT)],
)
async def test_where_the_source_cannot_go_on_a_full_disk_cuts_and_does_not_splice(
    world: World, fault: str, expected: SourceFailure
) -> None:
    setattr(world.origin, fault, fault != "can_reopen")
    world.origin.halt = 50_000
    opened = await world.cache.open(CLIP)
    with files_of_at_most(100_000):
        world.origin.go_on()
        assert await world.settled()
        heard, failure = await heard_until_cut(opened)

    assert SOUND.startswith(heard)
    assert (len(heard) >= 50_000, failure) == (True, expected)
    opened.close()


async def test_a_version_that_changed_meanwhile_is_not_spliced_to_what_a_full_disk_has(world: World) -> None:
    world.origin.halt = 50_000
    opened = await world.cache.open(CLIP)
    world.origin.sounds[CLIP] = tagged(SOUND[::-1], "two")
    with files_of_at_most(100_000):
        world.origin.go_on()
        assert await world.settled()
        heard, failure = await heard_until_cut(opened)

    assert SOUND.startswith(heard)
    assert failure == SourceFailure.CHANGED
    opened.close()


async def test_a_stopped_process_that_holds_the_lock_stops_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "LOCK_PATIENCE", 0.05)
    lock = os.open(world.folder / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)

    assert await world.listen() == (SOUND, BYPASS)
    os.close(lock)


async def test_an_opening_that_is_cancelled_while_it_waits_for_the_disk_leaves_nothing(world: World) -> None:
    lock = os.open(world.folder / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    opening = asyncio.create_task(world.cache.open(CLIP))
    assert await soon(lambda: world.origin.open_now == 1)
    await asyncio.sleep(0.02)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert world.origin.open_now == 0
    os.close(lock)
    await world.cache.close()

    assert await soon(lambda: (world.parts(), world.open_files()) == ([], []))


def test_the_table_of_what_is_at_hand_forgets_what_was_not_of_use_for_longest() -> None:
    table: Recent[str, int] = Recent(2)
    table.put("a", 1)
    table.put("b", 2)
    table.get("a")
    table.put("c", 3)

    assert [table.get(key) for key in "abc"] == [1, None, 3]


async def test_what_is_forgotten_by_the_process_is_still_on_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "MOST_AT_HAND", 2)
    await world.restart()
    for number in range(4):
        await world.keep(Sound(SOUND[: 200_000 + number]), location(number))

    for number in range(4):
        assert await world.listen(location=location(number)) == (SOUND[: 200_000 + number], HIT)
