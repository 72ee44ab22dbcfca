"""The write key that a service without set keys makes for itself, once for each data folder."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_urlsafe
from tempfile import NamedTemporaryFile

FILE_NAME = "write-key"


def write_key_of(folder: Path) -> str:
    """The key kept in ``folder``, made if there is none; readable by its owner only (0600).

    Appears whole or not at all, and the first of several processes wins."""
    path = folder / FILE_NAME
    if not path.exists():
        with NamedTemporaryFile("w", dir=folder, prefix=f".{FILE_NAME}-") as unfinished:
            unfinished.write(f"{new_write_key()}\n")
            unfinished.flush()
            os.fsync(unfinished.fileno())
            with suppress(FileExistsError):  # another process was first, and its key holds
                path.hardlink_to(unfinished.name)
    return path.read_text().strip()


def new_write_key() -> str:
    """A key that nobody guesses: 192 random bits."""
    return token_urlsafe(24)
