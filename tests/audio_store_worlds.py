"""The worlds in which the promises of `domain.ports.AudioStore` hold: memory, and files, with and without names."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Set
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest
from attrs import define, field, frozen

from adapters.audio.library.filesystem import FilesystemAudio
from adapters.audio.uploads import filesystem, new_file, received_file
from adapters.audio.uploads.filesystem import UploadedFiles
from adapters.audio.uploads.memory import UploadsInMemory
from domain.errors import AudioUnavailable
from domain.location import AudioLocation
from domain.ports import AudioSource, AudioStore


@define
class Users:
    """What clips use, as a catalogue tells it."""

    locations: set[AudioLocation] = field(factory=set)

    async def used(self, locations: Collection[AudioLocation]) -> Set[AudioLocation]:
        return self.locations.intersection(locations)


@frozen
class StoreWorld:
    """A store that is empty at first, a source of what it keeps, and all that it has, half written things included."""

    store: AudioStore
    source: AudioSource
    everything: Callable[[], Collection[str]]
    users: Users = field(factory=Users)

    async def holds(self, location: AudioLocation) -> bool:
        """Whether audio lies there."""
        try:
            (await self.source.open(location)).close()
        except AudioUnavailable:
            return False
        return True


Build = Callable[[Path], AbstractContextManager[StoreWorld]]


def in_memory(_folder: Path) -> AbstractContextManager[StoreWorld]:
    store = UploadsInMemory()
    return nullcontext(StoreWorld(store, store, lambda: list(store.content)))


@contextmanager
def in_files(folder: Path) -> Iterator[StoreWorld]:
    """Here one waits long for another: a machine may stand still for some seconds while he has what one wants."""

    def everything() -> Collection[str]:
        uploads = folder / "uploads"
        return [file.name for file in uploads.iterdir()] if uploads.exists() else []

    with pytest.MonkeyPatch.context() as patch:
        for module in (filesystem, received_file):
            patch.setattr(module, "SECONDS_TO_WAIT", 60.0)
        yield StoreWorld(UploadedFiles(folder), FilesystemAudio(folder), everything)


@contextmanager
def in_named_files(folder: Path) -> Iterator[StoreWorld]:
    """As on a system whose files all have names."""
    with pytest.MonkeyPatch.context() as patch, in_files(folder) as world:
        patch.setattr(new_file, "O_TMPFILE", None)
        yield world


WORLDS: dict[str, Build] = {"memory": in_memory, "files": in_files, "files with names": in_named_files}


async def chunks_of(content: bytes, size: int = 1_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def broken_off(content: bytes, error: Exception) -> AsyncIterator[bytes]:
    async for chunk in chunks_of(content):
        yield chunk
    raise error
