"""A file that is being filled: its room is taken from the beginning, and its lock says that its filler lives."""

import errno
import fcntl
import hashlib
import os
from pathlib import Path
from typing import Self

from attrs import define, evolve, field

from adapters.audio.cache.entry import Identity, Version, footer
from adapters.audio.library.file_descriptor import FileDescriptor
from domain.ports import Chunk

NO_FALLOCATE = (errno.EOPNOTSUPP, errno.EINVAL)  # of file systems that cannot take room beforehand
NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


@define(eq=False)
class PartFile:
    """An entry in the making, filled in order. All but `lies_orphaned` is its filler's alone."""

    path: Path
    version: Version
    file: FileDescriptor
    _filled: int = field(default=0, init=False)
    _digest: "hashlib._Hash" = field(factory=hashlib.sha256, init=False)

    @classmethod
    def made(cls, path: Path, version: Version) -> Self:
        """A new file, locked and as long as it will be at the end, but sparse. Raises OSError: there is none."""
        file = FileDescriptor(os.open(path, NEW_FILE, 0o600))
        part = cls(path, version, file)
        try:
            fcntl.flock(file.number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(file.number, version.size + len(footer(version)))
        except BaseException:
            part.discard()
            raise
        return part

    def take_room(self) -> None:
        """Have the disk, where it can, set aside all the room that is needed.

        Raises OSError: it has not so much, and the file is gone."""
        try:
            os.posix_fallocate(self.file.number, 0, self.version.size + len(footer(self.version)))
        except OSError as error:
            if error.errno not in NO_FALLOCATE:
                self.discard()
                raise

    def write(self, chunk: Chunk) -> None:
        """Put ``chunk`` behind what is there. Raises OSError: perhaps only some of it was written."""
        self._digest.update(chunk)
        self._put(chunk)

    def seal(self) -> tuple[Version, Identity]:
        """Write the footer, and all of it down to the disk: the version with its hash, and what must not change now.

        Raises OSError."""
        version = evolve(self.version, sha256=self._digest.hexdigest())
        self._put(footer(version))
        identity = evolve(Identity.of(os.fstat(self.file.number)), changed=None)
        os.fsync(self.file.number)
        return version, identity

    def remove(self) -> None:
        """Take the file's name away, which gives its room back when its last reader has closed it."""
        self.path.unlink(missing_ok=True)

    def discard(self) -> None:
        self.remove()
        self.file.close()

    def _put(self, data: Chunk) -> None:
        left = memoryview(data)
        while left:
            written = os.pwrite(self.file.number, left, self._filled)
            left = left[written:]
            self._filled += written


def lies_orphaned(path: Path) -> bool:
    """Whether nobody fills the part file at ``path`` any more: its lock went with its filler, however that ended."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
