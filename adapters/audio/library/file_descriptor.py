"""An open file that may be closed at any moment, also while a thread reads from it."""

import errno
import os
from threading import Lock

from attrs import define, field

RWF_NOWAIT: int | None = getattr(os, "RWF_NOWAIT", None)  # Linux: read what is in memory, and never wait for a disk


@define(eq=False)
class FileDescriptor:
    """A share in ``number``, which goes back to the system when all shares are closed *and* the last read has ended.

    Otherwise a thread that is still reading could find the number taken by another clip, and read that one. What is
    done at once needs no share: whoever asks has one, and no other thread closes that meanwhile."""

    number: int
    can_read_at_once: bool = field(default=RWF_NOWAIT is not None, init=False)  # until the file system says no
    _lock: Lock = field(factory=Lock, init=False)  # held for bookkeeping only, never while the disk is asked
    _users: int = field(default=1, init=False)  # who has a share, and who is reading

    def share(self) -> None:
        """Take another share; each is closed once. Raises OSError: all are closed."""
        with self._lock:
            self._refuse_if_closed()
            self._users += 1

    def close(self) -> None:
        """Give up a share. Never waits for who is reading."""
        with self._lock:
            self._users -= 1
            is_last = self._users == 0
        if is_last:
            os.close(self.number)

    def status(self) -> os.stat_result:
        """What the system says of the file now. May wait. Raises OSError."""
        self.share()
        try:
            return os.fstat(self.number)
        finally:
            self.close()

    def status_at_once(self) -> os.stat_result:
        """The same, of a file of which something `can_read_at_once`: its file system need not ask for it."""
        self._refuse_if_closed()
        return os.fstat(self.number)

    def read(self, count: int, at: int) -> bytes:
        """At most ``count`` bytes; ``b""`` at the end of the file. May wait. Raises OSError, also if closed."""
        self.share()
        try:
            return os.pread(self.number, count, at)
        finally:
            self.close()

    def read_at_once(self, count: int, at: int) -> bytearray | None:
        """What of it is in memory, without waiting; None if that is nothing, or the file system cannot tell."""
        if not self.can_read_at_once:
            return None
        self._refuse_if_closed()
        buffer = bytearray(count)
        try:
            got = os.preadv(self.number, (buffer,), at, RWF_NOWAIT or 0)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            self.can_read_at_once = False
            return None
        if got < count:
            del buffer[got:]
        return buffer

    def _refuse_if_closed(self) -> None:
        if self._users == 0:
            raise OSError(errno.EBADF, "the file was closed")
