"""Takes audio files in, each once: what `soundverse-play import FOLDER` does."""

from asyncio import Future, get_running_loop, to_thread
from pathlib import Path
from typing import Protocol

from attrs import define, evolve, field, frozen

from domain.clip import LONGEST_GENRE, ClipOffer
from domain.errors import AudioUnavailable, PlayError, UploadRefused
from domain.location import LIBRARY, UPLOAD_ENDINGS, AudioLocation
from domain.ports import AudioProbe
from domain.text import cleaned_line
from entrypoints.transfer.audio_files import content_hash_of
from entrypoints.transfer.progress import Meter
from entrypoints.transfer.tally import Tally
from entrypoints.web.faces import FACES, WHY


class FileRefused(Exception):
    """A file cannot be taken in; the text says why."""


def refused(error: PlayError) -> FileRefused:
    """The refusal, in the words that a client of the API reads."""
    return FileRefused(FACES[type(error)](error).detail)


class ImportStopped(Exception):
    """No further file can be taken in; the text says why, in a sentence."""


@frozen
class AudioFile:
    """A file that is to be taken in."""

    path: Path
    content_hash: str  # SHA-256, hexadecimal


class Target(Protocol):
    """The service that files are taken into. Raises FileRefused, ImportStopped."""

    async def has(self, file: AudioFile) -> bool:
        """Whether a clip has just these bytes already."""

    async def add(self, file: AudioFile, offer: ClipOffer) -> None: ...


@frozen
class Describe:
    """What is said of a file that does not tell it itself: a ``genre``, else its folder's name, and its title.

    ``root`` is an absolute folder, which ``probe`` tells of."""

    probe: AudioProbe
    root: Path
    said: ClipOffer  # of all; its genre is for those that tell none

    async def offer(self, file: Path) -> ClipOffer:
        """Raises FileRefused: it is not audio of a kind that is kept."""
        location = AudioLocation(f"{LIBRARY}{file.relative_to(self.root)}")
        try:
            told = await self.probe.facts(location)
        except AudioUnavailable as error:
            raise FileRefused(WHY[error.failure]) from error
        if told.media_type not in UPLOAD_ENDINGS:
            raise refused(UploadRefused(told.media_type))
        genre = None if told.tags.genre else self.said.genre or cleaned_line(file.parent.name, LONGEST_GENRE)
        return evolve(self.said, genre=genre, file_name=file.name)


@define
class FolderImport:
    """Takes files in. Those of the same bytes are one, whatever they are called."""

    describe: Describe
    target: Target
    tally: Tally
    meter: Meter
    is_dry: bool = False
    _begun: dict[str, "Future[None]"] = field(factory=dict, init=False)  # by content hash; done when it is in

    async def take(self, path: Path) -> None:
        """Take a file in, and note what became of it. Raises ImportStopped, StoreUnavailable."""
        try:
            file = AudioFile(path, await to_thread(content_hash_of, path))
            if await self._is_taken_in(file):
                self.tally.added += 1
            else:
                self.tally.there += 1
        except FileRefused as error:
            self.tally.refuse(str(path), str(error))
        except OSError as error:
            self.tally.refuse(str(path), error.strerror or str(error))
        self.meter.advance()

    async def _is_taken_in(self, file: AudioFile) -> bool:
        """Whether it was taken in now; False if it is there, be it by another file. Raises FileRefused, OSError."""
        before = self._begun.get(file.content_hash)
        if before is not None:
            await before
            return False
        this = self._begun[file.content_hash] = get_running_loop().create_future()
        try:
            is_new = not await self.target.has(file)
            if is_new:
                await self._add(file)
        except BaseException as error:
            this.set_exception(error)
            this.exception()  # that nobody waits for it is no fault
            raise
        this.set_result(None)
        return is_new

    async def _add(self, file: AudioFile) -> None:
        offer = await self.describe.offer(file.path)
        if not self.is_dry:
            await self.target.add(file, offer)
