"""An audio source of one file that is open already."""

from typing import Self

from attrs import frozen

from adapters.audio.library.file_descriptor import FileDescriptor
from adapters.audio.library.file_version import FileVersion
from adapters.audio.library.known_files import FileFacts
from adapters.audio.library.opened_file import OpenedFile
from adapters.system import utc_now
from domain.byte_range import RequestedRange
from domain.location import AudioLocation


@frozen
class OneFile:
    """The same audio wherever it is looked for: the file, as it is now."""

    file: FileDescriptor
    media_type: str
    version: FileVersion

    @classmethod
    def of(cls, file: FileDescriptor, media_type: str) -> Self:
        """Raises OSError."""
        return cls(file, media_type, FileVersion(file.status(), utc_now()))

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedFile:
        facts = FileFacts(self.media_type, self.version.validators(location))
        opened = OpenedFile.of(location, requested, facts, self.version, self.file)
        self.file.share()
        return opened
