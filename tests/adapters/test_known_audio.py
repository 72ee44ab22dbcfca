"""What was learned of files: each version is read once, opened each time, and never taken for another."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from adapters.audio.in_memory import MemoryAudio
from adapters.audio.library.filesystem import FilesystemAudio
from adapters.audio.probe.known_audio import KnownAudio
from adapters.audio.probe.tag_probe import TagProbe
from adapters.system import utc_now
from domain.byte_range import RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from domain.ports import AudioSource, Chunk, OpenedAudio
from tests.adapters.media_folder import open_media
from tests.sounds import m4a, opus, wav

CLIP, DEEP = AudioLocation("library:clip.wav"), AudioLocation("library:deep/clip.wav")
ELSEWHERE = AudioLocation("https://sounds.test/clip.wav")


def nothing() -> None:
    """What happens when audio was opened, where a test does not say otherwise."""


@define
class Read:
    """A source that tells how often what it opened was read; something may happen as soon as it was opened, once."""

    source: AudioSource
    times: int = 0
    then: Callable[[], object] = nothing

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> Any:
        opened = await self.source.open(location, requested)
        then, self.then = self.then, nothing
        then()
        return Opened(opened, self)


@define(eq=False)
class Opened:
    opened: OpenedAudio
    read_of: Read
    is_read: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.opened, name)

    async def reopen(self, requested: RequestedRange | None) -> Any:
        return Opened(await self.opened.reopen(requested), self.read_of)

    async def read(self) -> Chunk:
        if not self.is_read:
            self.is_read = True
            self.read_of.times += 1
        return await self.opened.read()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A clip of 2.5 seconds in a media folder."""
    (tmp_path / "media" / "deep").mkdir(parents=True)
    path = tmp_path / "media" / "clip.wav"
    path.write_bytes(wav(2.5))
    return path


@pytest.fixture
def library(file: Path) -> FilesystemAudio:
    """The folder, looked at in an hour: all that is in it has rested."""
    return FilesystemAudio(file.parent, lambda: utc_now() + timedelta(hours=1))


@pytest.fixture
def read(library: FilesystemAudio) -> Read:
    return Read(library)


@pytest.fixture
def known(read: Read) -> KnownAudio:
    return KnownAudio(read)


async def test_a_file_is_read_once_and_never_left_open(known: KnownAudio, read: Read, library: FilesystemAudio) -> None:
    facts = [await known.facts(CLIP) for _ in range(5)]

    assert facts == [await TagProbe(library).facts(CLIP)] * 5
    assert read.times == 1
    assert open_media() == []


async def test_a_long_file_is_known_as_it_would_be_read(
    known: KnownAudio, library: FilesystemAudio, file: Path
) -> None:
    file.write_bytes(m4a(500, 3_000_000, index_first=False))
    facts = [await known.facts(CLIP) for _ in range(2)]

    assert facts == [await TagProbe(library).facts(CLIP)] * 2
    assert facts[0].duration == 500


async def test_a_file_that_was_changed_or_replaced_is_read_anew(known: KnownAudio, file: Path) -> None:
    seen = [(await known.facts(CLIP)).duration]
    file.write_bytes(wav(4))
    seen.append((await known.facts(CLIP)).duration)
    other = file.with_name("other")
    other.write_bytes(opus(7))
    other.replace(file)
    replaced = await known.facts(CLIP)

    assert [*seen, replaced.duration] == [2.5, 4, 7]
    assert replaced.media_type == "audio/ogg"


async def test_a_file_that_is_gone_or_no_audio_any_more_is_refused_however_well_it_is_known(
    known: KnownAudio, file: Path
) -> None:
    await known.facts(CLIP)
    file.write_text("no sound at all")
    with pytest.raises(AudioUnavailable) as refused:
        await known.facts(CLIP)
    file.unlink()
    with pytest.raises(AudioUnavailable) as missed:
        await known.facts(CLIP)

    assert refused.value.failure == SourceFailure.NOT_AUDIO
    assert missed.value.failure == SourceFailure.ABSENT
    assert open_media() == []


async def test_a_file_that_may_be_changing_still_is_read_each_time(file: Path) -> None:
    read = Read(FilesystemAudio(file.parent, lambda: utc_now() - timedelta(hours=1)))
    known = KnownAudio(read)

    assert [(await known.facts(CLIP)).duration for _ in range(2)] == [2.5, 2.5]
    assert read.times == 2
    assert open_media() == []


async def test_what_takes_a_files_name_while_it_is_read_is_never_taken_for_it(
    known: KnownAudio, read: Read, file: Path
) -> None:
    """Folders that change places move no time of the files in them, so that each version comes again."""
    deep, other = file.parent / "deep", file.parent / "other"
    other.mkdir()
    (deep / "clip.wav").write_bytes(wav(2.5))
    (other / "clip.wav").write_bytes(wav(4))

    def swap() -> None:
        deep.rename(file.parent / "third")
        other.rename(deep)
        (file.parent / "third").rename(other)

    read.then = swap
    seen = [(await known.facts(DEEP)).duration]
    seen.append((await known.facts(DEEP)).duration)
    swap()
    seen.append((await known.facts(DEEP)).duration)

    assert seen == [2.5, 4, 2.5]
    assert read.times == 2


async def test_what_was_not_told_may_be_told_the_next_time(known: KnownAudio, read: Read, file: Path) -> None:
    file.write_bytes(b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm" + bytes(100))  # of which none is read

    assert [(await known.facts(CLIP)).duration for _ in range(2)] == [None, None]
    assert read.times == 2


async def test_the_same_file_under_another_name_is_another(known: KnownAudio, read: Read, file: Path) -> None:
    os.link(file, file.with_name("linked.wav"))
    await known.facts(CLIP)
    await known.facts(AudioLocation("library:linked.wav"))

    assert read.times == 2


async def test_what_lies_elsewhere_is_read_each_time() -> None:
    read = Read(MemoryAudio({ELSEWHERE: wav(2.5)}))
    known = KnownAudio(read)

    assert [(await known.facts(ELSEWHERE)).duration for _ in range(2)] == [2.5, 2.5]
    assert read.times == 2


async def test_a_folder_that_does_not_answer_is_too_slow() -> None:
    class Silent:
        async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
            await asyncio.Event().wait()
            raise AssertionError

    with pytest.raises(AudioUnavailable) as refused:
        async with asyncio.timeout(30):
            await KnownAudio(Silent(), patience=0.05).facts(CLIP)

    assert refused.value.failure == SourceFailure.TOO_SLOW
