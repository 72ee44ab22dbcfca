"""The folders around a cluster: the data folder, ours alone and open to PostgreSQL's account, and the socket's."""

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.postgres.embedded.account import Account, EmbeddedPostgresError

PORT = 5432  # part of the socket's name, and never a TCP port
SOCKET = f".s.PGSQL.{PORT}"
LONGEST_SOCKET = 103  # bytes of a path in a sockaddr_un; Linux would take 107


class DataInUseError(EmbeddedPostgresError):
    """Another process works on the data; the text says which."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep ``folder`` for this process while the block lasts; the kernel gives it back however the process ends.

    Raises DataInUseError: another process has it."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 20).decode()
            raise DataInUseError(f"Another service (process {holder}) is using the data in {folder}.") from error
        os.truncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


def open_to(account: Account, folder: Path) -> None:
    """As root, let ``account``, and nobody else, pass through ``folder``, unless its group means somebody already.

    Raises EmbeddedPostgresError: it still may not, there or further up, where nothing is changed."""
    if os.geteuid() != 0:
        return
    status = folder.stat()
    if not account.may_enter(folder) and status.st_uid == 0 and not status.st_mode & stat.S_IRWXG:
        os.chown(folder, -1, account.gid)
        folder.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXGRP)
    for each in (*reversed(folder.parents), folder):
        if not account.may_enter(each):
            raise EmbeddedPostgresError(
                f"PostgreSQL refuses to run as root, and user {account.uid}, who runs it instead, may not enter {each}:"
                f" choose a data folder elsewhere, like /var/lib/soundverse-play."
            )


@contextmanager
def socket_folder(home: Path, account: Account) -> Iterator[Path]:
    """A folder that only ``account`` may enter: in ``home``, or where that path is too long, with the temporary files.

    Raises EmbeddedPostgresError: either is too long, or the folder is another user's."""
    folder = home / "socket"
    if not holds_a_socket(folder):
        name = hashlib.sha256(bytes(home)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"soundverse-play-{account.uid}-{name}"
    if not holds_a_socket(folder):
        raise EmbeddedPostgresError(f"The paths {home} and {folder.parent} are too long to hold a Unix socket.")
    account.take(folder)
    for left_behind in folder.iterdir():  # by a PostgreSQL that was killed; its number may be another process's now
        left_behind.unlink()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # empty by now, unless PostgreSQL was killed


def holds_a_socket(folder: Path) -> bool:
    """Whether the socket's path fits, and libpq finds it, which reads commas as a list of hosts, and UTF-8."""
    is_utf8 = os.fsencode(folder) == str(folder).encode(errors="replace")
    return len(bytes(folder / SOCKET)) <= LONGEST_SOCKET and "," not in str(folder) and is_utf8
