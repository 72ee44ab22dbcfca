"""The audio store in files: each is named by the hash of its bytes, so that the same bytes are one file."""

import asyncio
import os
from collections.abc import AsyncIterable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from attrs import field, frozen

from adapters.audio.library.file_descriptor import FileDescriptor
from adapters.audio.uploads.disk import Disk
from adapters.audio.uploads.folder import Absent, held, held_alone, make_folder, opened_folder
from adapters.audio.uploads.kinds import accepted_type, in_pieces
from adapters.audio.uploads.new_file import PROVISIONAL, NewFile, new_file
from adapters.audio.uploads.received_file import SECONDS_BETWEEN_TRIES, ArrivingFile, ReceivedFile
from domain.errors import AudioUnavailable, SourceFailure, StoreUnavailable, UploadRefused
from domain.location import UPLOADS, AudioLocation, content_hash
from domain.ports import Chunk, Used

SECONDS_TO_WAIT = 3.0  # for who has it at this moment: that takes a question to the database
MOST_ASKED = 1_000  # locations, in one question


Lock = Callable[[int, str], FileDescriptor | None]
"""Locks a file of a folder, by its name; None if others have it."""


@frozen
class Found:
    """An upload that lies in the folder, and whether it came before a certain moment."""

    location: AudioLocation
    is_old: bool


@frozen
class UploadedFiles:
    """An audio store below the folder ``media``, for one catalogue and any number of processes (ADR 10)."""

    media: Path
    disk: Disk = field(factory=Disk)

    async def receive(self, chunks: AsyncIterable[Chunk]) -> ReceivedFile:
        new = await self.disk.opened(self._new_file)
        try:
            arriving, media_type = ArrivingFile(new, self.disk), None
            async for piece in in_pieces(chunks):
                media_type = media_type or accepted_type(bytes(piece))
                await arriving.add(piece)
            if media_type is None:
                raise UploadRefused(None)
            return await arriving.received(media_type)
        except BaseException:
            new.close()
            raise

    async def hold(self, location: AudioLocation) -> FileDescriptor:
        if content_hash(location) is None:
            raise AudioUnavailable(location, SourceFailure.FORBIDDEN)
        try:
            return await self._locked(location, held)
        except Absent as error:
            raise AudioUnavailable(location, SourceFailure.ABSENT) from error

    async def remove(self, location: AudioLocation, used: Used) -> None:
        if content_hash(location) is None:
            return
        with suppress(Absent):
            file = await self._locked(location, held_alone)
            try:
                if not await used([location]):
                    await self.disk.done(lambda: self._unlink(location))
            finally:
                file.close()

    async def sweep(self, before: datetime, used: Used) -> int:
        """Does nothing where no upload is used at all: the folder may be another catalogue's."""
        found = await self.disk.done(lambda: self._found(before))
        in_use: set[AudioLocation] = set()
        for first in range(0, len(found), MOST_ASKED):
            in_use |= await used([each.location for each in found[first : first + MOST_ASKED]])
        unused = [each.location for each in found if each.is_old and each.location not in in_use] if in_use else []
        for location in unused:
            await self.remove(location, used)
        return len(unused)

    async def close(self) -> None:
        """Wait for what is being written."""
        await self.disk.threads.close()

    async def _locked(self, location: AudioLocation, lock: Lock) -> FileDescriptor:
        """The file, locked; tried again while others have it. Raises Absent, StoreUnavailable."""

        def tried() -> FileDescriptor | None:
            with opened_folder(self.media) as folder:
                return lock(folder, location.removeprefix(UPLOADS))

        deadline = asyncio.get_running_loop().time() + SECONDS_TO_WAIT
        while (file := await self.disk.opened(tried)) is None:
            if asyncio.get_running_loop().time() > deadline:
                raise StoreUnavailable("the same audio is just being added or removed")
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)
        return file

    # in a thread

    def _new_file(self) -> NewFile:
        make_folder(self.media)
        with opened_folder(self.media) as folder:
            return new_file(folder)

    def _unlink(self, location: AudioLocation) -> None:
        with opened_folder(self.media) as folder, suppress(FileNotFoundError):
            os.unlink(location.removeprefix(UPLOADS), dir_fd=folder)

    def _found(self, before: datetime) -> list[Found]:
        """All uploads; what somebody left half written before then is removed."""
        found: list[Found] = []
        with suppress(Absent), opened_folder(self.media) as folder, os.scandir(folder) as entries:
            for entry in entries:
                location = AudioLocation(UPLOADS + entry.name)
                is_half = entry.name.startswith(PROVISIONAL)
                if not is_half and content_hash(location) is None:
                    continue
                with suppress(FileNotFoundError):
                    is_old = entry.stat(follow_symlinks=False).st_mtime < before.timestamp()
                    if is_half and is_old:
                        os.unlink(entry.name, dir_fd=folder)
                    elif not is_half:
                        found.append(Found(location, is_old))
        return found
