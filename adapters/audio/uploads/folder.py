"""The folder of uploads, and the locks on its files, by which those who keep and those who remove do not cross.

The locks are the kernel's (flock(2)), one for each file: they are let go when a process is killed, and hold between
replicas where the file system carries them, as NFS does."""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.audio.library.descent import FOLDER, opened_in
from adapters.audio.library.file_descriptor import FileDescriptor
from domain.location import LIBRARY, UPLOADS

NAME = UPLOADS.removeprefix(LIBRARY).rstrip("/")
TO_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
TO_WRITE = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC  # NFS locks nothing else for one alone
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)  # somebody else's, as when a backup was restored
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)


class Absent(Exception):
    """There is no file of that name, or no folder for it."""


@contextmanager
def opened_folder(media: Path) -> Iterator[int]:
    """A descriptor of the folder of uploads. Raises Absent: there is none yet; OSError: ELOOP if it is a link."""
    with opened(media) as here:
        try:
            folder = opened_in(here, NAME, FOLDER)
        except FileNotFoundError as error:
            raise Absent from error
    try:
        yield folder
    finally:
        os.close(folder)


def make_folder(media: Path) -> None:
    """Make the folder of uploads if there is none. Raises OSError."""
    with opened(media) as here, suppress(FileExistsError):
        os.mkdir(NAME, 0o755, dir_fd=here)
        os.fsync(here)


@contextmanager
def opened(media: Path) -> Iterator[int]:
    here = os.open(media, FOLDER)
    try:
        yield here
    finally:
        os.close(here)


def share(file: int) -> bool:
    """Lock an open file together with others, against those who remove; False if one of them has it.

    Where there are no locks nothing is removed either."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    return True


def claim(file: int) -> bool:
    """Lock an open file alone; False if somebody holds it. Raises OSError, also where there are no locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def held(folder: int, name: str) -> FileDescriptor | None:
    """The file of that name, which stays there until it is closed; None if somebody is just removing it.

    Raises Absent, OSError."""
    return locked(folder, name, TO_READ, share)


def held_alone(folder: int, name: str) -> FileDescriptor | None:
    """The same for who wants to remove it; None if somebody holds it. Raises Absent, OSError."""
    try:
        return locked(folder, name, TO_WRITE, claim)
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        return locked(folder, name, TO_READ, claim)


def locked(folder: int, name: str, flags: int, lock: Callable[[int], bool]) -> FileDescriptor | None:
    try:
        file = FileDescriptor(os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder))
    except FileNotFoundError as error:
        raise Absent from error
    try:
        if lock(file.number) and is_there(folder, name, file.number):
            return file
    except BaseException:
        file.close()
        raise
    file.close()
    return None


def is_there(folder: int, name: str, file: int) -> bool:
    """Whether the name still leads to the file that was opened, and that is a plain file."""
    status = os.fstat(file)
    try:
        named = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(status, named) and stat.S_ISREG(status.st_mode)
