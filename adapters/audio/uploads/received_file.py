"""Audio that was received: a file without a name until it is kept."""

import asyncio
import os
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from attrs import define, field

from adapters.audio.library.file_descriptor import FileDescriptor
from adapters.audio.probe.tag_probe import TagProbe
from adapters.audio.uploads.disk import Disk
from adapters.audio.uploads.folder import Absent, held, held_alone, share
from adapters.audio.uploads.new_file import NewFile
from adapters.audio.uploads.one_file import OneFile
from domain.clip import AudioFacts
from domain.errors import AudioUnavailable, SourceFailure, StoreUnavailable, UploadRefused
from domain.location import UPLOAD_ENDINGS, UPLOADS, AudioLocation

if TYPE_CHECKING:
    from hashlib import _Hash

SECONDS_TO_WAIT = 5.0  # for who removes the same bytes at this moment: that takes a question to the database
SECONDS_BETWEEN_TRIES = 0.02


@define(eq=False)
class ArrivingFile:
    """A file while its bytes come; their hash is made on the way."""

    new: NewFile
    disk: Disk
    _digest: "_Hash" = field(factory=sha256, init=False)

    async def add(self, piece: bytearray) -> None:
        """Raises StorageFull, StoreUnavailable."""

        def written() -> None:
            self._digest.update(piece)
            self.new.write(piece)

        await self.disk.done(written)

    async def received(self, media_type: str) -> "ReceivedFile":
        """It has come whole. Raises UploadRefused, StoreUnavailable: the file stays the caller's to close."""
        location = AudioLocation(f"{UPLOADS}{self._digest.hexdigest()}.{UPLOAD_ENDINGS[media_type]}")
        source = await self.disk.done(lambda: OneFile.of(self.new.file, media_type))
        try:
            facts = await TagProbe(source).facts(location)
        except AudioUnavailable as error:
            if error.failure is SourceFailure.NOT_AUDIO:
                raise UploadRefused(None) from error
            raise StoreUnavailable("the audio that was sent cannot be read again") from error
        return ReceivedFile(location, facts, self.new, self.disk)


@define(eq=False)
class ReceivedFile:
    """A whole file, and once it is kept the one at its location, which is another if the same bytes were there."""

    location: AudioLocation
    facts: AudioFacts
    _new: NewFile
    _disk: Disk
    _held: FileDescriptor | None = field(default=None, init=False)
    _is_closed: bool = field(default=False, init=False)

    async def keep(self) -> None:
        deadline = asyncio.get_running_loop().time() + SECONDS_TO_WAIT
        while not await self._disk.done(self._kept):
            if asyncio.get_running_loop().time() > deadline:
                raise StoreUnavailable("the same audio is just being removed")
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)

    def _kept(self) -> bool:
        """Whether it lies there now; not while somebody removes what has its name."""
        if self._held is None:
            folder, name = self._new.within.number, self.location.removeprefix(UPLOADS)
            share(self._new.file.number)  # before it has a name, so that nobody can come in between
            try:
                self._new.link(name)
                self._new.file.share()
                self._held = self._new.file
            except FileExistsError:
                with suppress(Absent):  # it was removed between the two, and is put there by the next try
                    self._held = self._held_there(folder, name)
            os.fsync(folder)
        return self._held is not None

    def _held_there(self, folder: int, name: str) -> FileDescriptor | None:
        """The file that has its name; itself, in place of one that was cut since, as by a copy that broke off.

        None while somebody else has that. Raises Absent, OSError."""
        there = held(folder, name)
        if there is None or there.status().st_size == self.facts.size:
            return there
        there.close()
        cut = held_alone(folder, name)
        if cut is None:
            return None
        try:
            self._new.replace(name)
        finally:
            cut.close()
        self._new.file.share()
        return self._new.file

    def close(self) -> None:
        was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            if self._held is not None:
                self._held.close()
            self._new.close()
