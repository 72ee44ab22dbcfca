"""Which version of a file one has, told by what the system keeps of it, without reading the file (ADR 6)."""

import os
import stat
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

from attrs import frozen

from domain.location import content_hash
from domain.validators import EntityTag, Validators

SECOND = 1_000_000_000
REST = SECOND // 10  # two changes within one tick of the kernel's clock bear one time; the longest tick is 10 ms
REST_OF_COARSE = 2 * SECOND + REST  # FAT counts in steps of 2 s


@frozen
class FileVersion:
    """A file's ``status`` and a moment just before it was asked for."""

    status: os.stat_result
    seen_at: datetime

    @property
    def size(self) -> int:
        return self.status.st_size

    @property
    def is_regular_file(self) -> bool:
        return stat.S_ISREG(self.status.st_mode)

    @property
    def has_rested(self) -> bool:
        """Whether the last change is so long ago that another would bear another time; never if it lies ahead."""
        return max(self.status.st_mtime_ns, self.status.st_ctime_ns) + self._rest <= self._now

    def validators(self, location: str) -> Validators:
        """Those of the clip at ``location``. No tag while a later change could bear the same times, and no date while
        one could bear the same second, nor one of before 1970, by which file systems say that they do not know.
        The tag of an upload is the hash of its bytes, which its name tells (ADR 10)."""
        now, status = self._now, self.status
        modified, digest = status.st_mtime_ns // SECOND, content_hash(location)
        tag = EntityTag(digest) if digest else None
        if tag is None and self.has_rested:
            tag = entity_tag(location, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        is_told = modified >= 0 and (modified + 1) * SECOND + self._rest <= now
        return Validators(tag, datetime.fromtimestamp(modified, UTC) if is_told else None)

    def is_kept_in(self, later: os.stat_result) -> bool:
        """Whether the same open file surely has the same bytes at ``later``, when its status was asked for again.

        A link that came or went, as when the file is replaced by renaming, moves ctime and no byte. What else moves
        ctime alone, like chmod, is taken for a change: so does writing in place by whoever puts mtime back."""
        earlier = self.status
        if (later.st_size, later.st_mtime_ns) != (earlier.st_size, earlier.st_mtime_ns):
            return False
        return later.st_ctime_ns == earlier.st_ctime_ns or later.st_nlink != earlier.st_nlink

    @property
    def _now(self) -> int:
        """Nanoseconds since 1970."""
        return int(self.seen_at.timestamp() * SECOND)

    @property
    def _rest(self) -> int:
        """Nobody sets ctime, so that it shows in what steps the file system counts."""
        return REST if self.status.st_ctime_ns % SECOND else REST_OF_COARSE


@lru_cache(maxsize=1024)
def entity_tag(location: str, inode: int, size: int, modified: int, changed: int) -> EntityTag:
    """A hash, so that it tells nothing of the host; the times are in nanoseconds."""
    named = f"{inode} {size} {modified} {changed} {location}"
    return EntityTag(blake2b(named.encode(errors="surrogatepass"), digest_size=16).hexdigest())
