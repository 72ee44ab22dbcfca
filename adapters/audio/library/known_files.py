"""What is remembered of files, so that the beginning of each is looked into once."""

from attrs import define, field, frozen

from adapters.audio.library.file_version import FileVersion
from adapters.audio.recent import Recent
from domain.validators import Validators

MOST_KNOWN = 10_000  # versions, about 1 KB each; what is forgotten is looked into again

Name = tuple[str, int, int, int, int, int]
"""A clip's location, and by what the system tells this version of its file from every other one (ADR 6)."""


@frozen
class FileFacts:
    """What is told of a version of a file besides its size."""

    media_type: str
    validators: Validators


@define(eq=False)
class KnownFiles:
    """Facts of versions that have rested: those stay true, for another version bears another name. For one thread."""

    _facts: Recent[Name, FileFacts] = field(factory=lambda: Recent(MOST_KNOWN), init=False)

    def facts(self, location: str, version: FileVersion) -> FileFacts | None:
        """What was found out of just this version."""
        return self._facts.get(name_of(location, version))

    def remember(self, location: str, version: FileVersion, facts: FileFacts) -> None:
        """Keep ``facts`` if they will never be others; of what may have changed just now, nothing."""
        if version.has_rested and facts.validators.last_modified is not None:
            self._facts.put(name_of(location, version), facts)


def name_of(location: str, version: FileVersion) -> Name:
    status = version.status
    return location, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
