"""What lies in the folder of the cache: entries, parts, and the stamps that tell when an entry was last of use."""

import os
import re
from pathlib import Path

from attrs import define, field

from adapters.audio.cache.part_file import lies_orphaned

NAME = re.compile(
    r"(?P<key>[0-9a-f]{64})\.(?:(?P<entry>audio)|(?P<part>[0-9a-f]{32}\.part)|(?P<stamp>[0-9a-f]{16}\.used))"
)


@define
class Kept:
    """An entry as its folder shows it."""

    path: Path
    size: int
    used: int  # nanoseconds since 1970
    stamps: list[Path] = field(factory=list)

    def remove(self) -> None:
        for path in (self.path, *self.stamps):
            path.unlink(missing_ok=True)


@define
class Survey:
    """The entries by key, and how many bytes are taken up or promised altogether."""

    entries: dict[str, Kept] = field(factory=dict)
    total: int = 0


def surveyed(folder: Path) -> Survey:
    """Look through ``folder``, and tidy up what belongs to nobody. Call it under the folder's lock. Raises OSError."""
    survey, stamps = Survey(), []
    for path in folder.iterdir():
        named = NAME.fullmatch(path.name)
        if named is None or (status := status_of(path)) is None:
            continue
        if named["stamp"]:
            stamps.append((named["key"], path, status.st_atime_ns))
        elif named["part"] and lies_orphaned(path):
            path.unlink(missing_ok=True)
        else:
            survey.total += status.st_size
            if named["entry"]:
                survey.entries[named["key"]] = Kept(path, status.st_size, status.st_mtime_ns)
    for key, path, used in stamps:
        if entry := survey.entries.get(key):
            entry.used = max(entry.used, used)
            entry.stamps.append(path)
        else:
            path.unlink(missing_ok=True)
    return survey


def status_of(path: Path) -> os.stat_result | None:
    """None if it is gone: entries found damaged are taken away without the lock."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None
