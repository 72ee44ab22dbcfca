"""The stamp of an entry: an empty file beside it that tells by its times when it was of use."""

import os
from datetime import UTC, datetime
from pathlib import Path


def write_stamp(path: Path, used: datetime, validated: datetime, meanwhile: Path) -> None:
    """Note when an entry was last listened to (atime), and when its source last had that version (mtime).

    A new stamp is made at ``meanwhile``: it is dated now when it is made, and nobody must see that. Raises OSError."""
    times = used.timestamp(), validated.timestamp()
    try:
        os.utime(path, times)
    except FileNotFoundError:
        meanwhile.touch(mode=0o600)
        os.utime(meanwhile, times)
        meanwhile.replace(path)


def stamped_validation(path: Path) -> datetime | None:
    """When the source last had that version, as far as any process noted. Raises OSError."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
