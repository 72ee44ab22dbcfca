"""Opening a file through plain folders, each looked up in the one before it. May wait for the disk."""

import errno
import os
import stat
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe without a writer is opened at once, and then refused


def opened_below(folder: Path, name: str) -> int:
    """A descriptor of what ``name`` leads to, each part of it looked up in the folder that is already open.

    So nothing is ever resolved twice, and nobody can swap a folder for a symbolic link in between.
    May wait. Raises OSError: ELOOP for a symbolic link on the way."""
    *folders, last = name.split("/")
    here = os.open(folder, FOLDER)
    try:
        for part in folders:
            below = opened_in(here, part, FOLDER)
            os.close(here)
            here = below
        return opened_in(here, last, FILE)
    finally:
        os.close(here)


def opened_in(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, "a symbolic link") from None  # Linux says ENOTDIR where a folder is wanted
        raise
