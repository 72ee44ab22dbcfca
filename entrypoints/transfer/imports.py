"""What `soundverse-play import` does with what it is given."""

from pathlib import Path
from threading import Event

from attrs import frozen

from domain.clip import ClipOffer
from entrypoints.container import Container
from entrypoints.remote_seed import RemoteCatalogue
from entrypoints.transfer.audio_files import audio_files
from entrypoints.transfer.folder_import import Describe, FolderImport, Target
from entrypoints.transfer.here import Here
from entrypoints.transfer.in_flight import worked_off
from entrypoints.transfer.line_reader import lines_of
from entrypoints.transfer.progress import metered
from entrypoints.transfer.restore import Foresight, Restoration
from entrypoints.transfer.tally import Tally
from entrypoints.transfer.there import There

FILES_AT_ONCE = 8  # each waits for a disk, a database or a service most of the time


@frozen
class Import:
    """What is to be imported, and how it is told. ``path`` is absolute."""

    path: Path
    said: ClipOffer  # of each audio file
    tally: Tally
    is_dry: bool
    is_quiet: bool

    async def lines(self, container: Container, ended: Event) -> None:
        """Put an export back. Raises NoExportError, StoreUnavailable, OSError."""
        transfer = container.transfer()
        with self.path.open("rb") as file, metered("Lines", lines_in(self.path), self.is_quiet) as meter:
            target = Foresight(transfer) if self.is_dry else transfer
            await Restoration(target, self.tally, meter).run(lines_of(file), ended)

    async def files_here(self, container: Container, ended: Event) -> None:
        """Take audio files in. Raises ImportStopped, StoreUnavailable."""
        await self._files(Here(container.catalogue(), container.curate()), container, ended)

    async def files_there(self, catalogue: RemoteCatalogue, container: Container, ended: Event) -> None:
        """Send audio files to a service elsewhere. Raises ImportStopped."""
        there = There(catalogue, ended)
        await there.look()
        await self._files(there, container, ended)

    async def _files(self, target: Target, container: Container, ended: Event) -> None:
        root = self.path if self.path.is_dir() else self.path.parent
        files = list(audio_files(self.path, self._unreadable))
        describe = Describe(container.probe_of_folder(root), root, self.said)
        with metered("Files", len(files), self.is_quiet) as meter:
            folder = FolderImport(describe, target, self.tally, meter, self.is_dry)
            await worked_off(files, folder.take, FILES_AT_ONCE, ended)

    def _unreadable(self, error: OSError) -> None:
        self.tally.refuse(str(error.filename), str(error.strerror))


def lines_in(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in lines_of(file))
