"""A file that is being written: without a name, so that nothing of it is left, whatever ends the process."""

import errno
import os
from contextlib import suppress
from secrets import token_hex

from attrs import define

from adapters.audio.library.file_descriptor import FileDescriptor

O_TMPFILE: int | None = getattr(os, "O_TMPFILE", None)  # Linux
NO_SUCH_FILES = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)  # this file system or kernel has none
NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)
READABLE_BY_ALL = 0o644  # an nginx in front may send it
PROVISIONAL = ".receiving-"


@define(eq=False)
class NewFile:
    """An open file in the folder ``within``; with a ``provisional`` name where there are no files without.

    It is one thread's at a time. Whoever made it closes it."""

    file: FileDescriptor
    within: FileDescriptor
    provisional: str | None

    def write(self, data: bytes | bytearray) -> None:
        """Add ``data``, all of it. Raises OSError."""
        left = memoryview(data)
        while left:
            left = left[os.write(self.file.number, left) :]

    def link(self, name: str) -> None:
        """Give it a name, durably once the folder is synchronised. Raises FileExistsError: it is taken; OSError."""
        folder = self.within.number
        os.fsync(self.file.number)
        if self.provisional is None:
            os.link(f"/proc/self/fd/{self.file.number}", name, dst_dir_fd=folder, follow_symlinks=True)
            return
        try:
            os.link(self.provisional, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            self._rename(self.provisional, name)

    def replace(self, name: str) -> None:
        """Give it a name in place of the file that has it, at one moment. Raises OSError."""
        folder = self.within.number
        os.fsync(self.file.number)
        if self.provisional is None:
            provisional = PROVISIONAL + token_hex(16)
            os.link(f"/proc/self/fd/{self.file.number}", provisional, dst_dir_fd=folder, follow_symlinks=True)
            self.provisional = provisional
        os.rename(self.provisional, name, src_dir_fd=folder, dst_dir_fd=folder)
        self.provisional = None

    def _rename(self, provisional: str, name: str) -> None:
        """Where a file has one name only. Another who does the same at this moment has the same bytes."""
        with suppress(FileNotFoundError):
            os.stat(name, dir_fd=self.within.number, follow_symlinks=False)
            raise FileExistsError(errno.EEXIST, "it is there already")
        os.rename(provisional, name, src_dir_fd=self.within.number, dst_dir_fd=self.within.number)
        self.provisional = None

    def close(self) -> None:
        """Never fails: a provisional name that cannot be removed is swept later."""
        if self.provisional is not None:
            with suppress(OSError):
                os.unlink(self.provisional, dir_fd=self.within.number)
        self.file.close()
        self.within.close()


def new_file(folder: int) -> NewFile:
    """An empty file in the folder. Raises OSError."""
    within = FileDescriptor(os.dup(folder))
    try:
        return unnamed_file(within) or provisional_file(within)
    except BaseException:
        within.close()
        raise


def unnamed_file(within: FileDescriptor) -> NewFile | None:
    """None where there are none."""
    if O_TMPFILE is None or not os.path.isdir("/proc/self/fd"):  # noqa: PTH112  # by which it gets its name
        return None
    try:
        number = os.open(".", O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, READABLE_BY_ALL, dir_fd=within.number)
    except OSError as error:
        if error.errno not in NO_SUCH_FILES:
            raise
        return None
    return NewFile(FileDescriptor(number), within, None)


def provisional_file(within: FileDescriptor) -> NewFile:
    name = PROVISIONAL + token_hex(16)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return NewFile(FileDescriptor(os.open(name, flags, READABLE_BY_ALL, dir_fd=within.number)), within, name)
