"""A file of which only pieces were fetched, for readers that seek."""

import errno
from io import SEEK_CUR, SEEK_END

from attrs import define, field

UNKNOWN_END = 2**62  # so far that a length reckoned from it is nonsense to whoever checks
LONGEST_TRAILER = 4096


@define
class Unfetched(LookupError):
    """A reader wants the bytes from ``position`` on. Not an OSError, which readers take for the end of the file."""

    position: int


@define(eq=False)
class SparseFile:
    """``size`` bytes, or an unknown number of them; what is read must have been added. Without an end, no trailer."""

    size: int | None
    _pieces: list[tuple[int, bytes]] = field(factory=list, init=False)
    _at: int = field(default=0, init=False)

    def add(self, first: int, piece: bytes) -> None:
        """Put ``piece`` at the position ``first``."""
        self._pieces.append((first, piece))

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        base = {SEEK_CUR: self._at, SEEK_END: self._end}.get(whence, 0)
        if base + offset < 0:
            raise OSError(errno.EINVAL, "a position before the beginning")
        self._at = base + offset
        return self._at

    def read(self, count: int = -1) -> bytes:
        """Raises Unfetched: a byte of these has not been added. Never makes room for more than was added."""
        left = self._end - self._at if count < 0 else min(count, self._end - self._at)
        if left <= 0 or (self.size is None and self._at >= self._end - LONGEST_TRAILER):
            return b""
        found = []
        while left > 0:
            piece = self._piece(self._at, left)
            found.append(piece)
            self._at += len(piece)
            left -= len(piece)
        return b"".join(found)

    @property
    def _end(self) -> int:
        return UNKNOWN_END if self.size is None else self.size

    def _piece(self, at: int, count: int) -> bytes:
        for first, piece in self._pieces:
            if first <= at < first + len(piece):
                return piece[at - first : at - first + count]
        raise Unfetched(at)
