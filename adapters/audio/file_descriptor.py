"""An open file that may be closed at any moment, also while a thread reads from it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from attrs import define, field

RWF_NOWAIT: int | None = getattr(os, "RWF_NOWAIT", None)  # Linux: read what is in memory, and never wait for a disk


@define(eq=False)
class FileDescriptor:
    """Owner of ``number``. It is given back to the system when it is closed *and* the last read has ended.

    Otherwise a thread that is still reading could find the number taken by another clip, and read that one."""

    number: int
    _lock: Lock = field(factory=Lock, init=False)  # held for bookkeeping only, never while the disk is asked
    _users: int = field(default=1, init=False)  # the owner, and whoever is reading
    _is_closed: bool = field(default=False, init=False)
    _can_read_at_once: bool = field(default=RWF_NOWAIT is not None, init=False)

    def size(self) -> int:
        with self._in_use():
            return os.fstat(self.number).st_size

    def read(self, count: int, at: int) -> bytes:
        """At most ``count`` bytes; ``b""`` at the end of the file. May wait. Raises OSError, also if closed."""
        with self._in_use():
            return os.pread(self.number, count, at)

    def read_at_once(self, count: int, at: int) -> bytes | None:
        """The same without waiting; None if the bytes are not in memory, or the file system cannot tell."""
        if not self._can_read_at_once:
            return None
        buffer = bytearray(count)
        with self._in_use():
            try:
                got = os.preadv(self.number, [buffer], at, RWF_NOWAIT or 0)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno != errno.EOPNOTSUPP:
                    raise
                self._can_read_at_once = False
                return None
        return bytes(memoryview(buffer)[:got])

    def close(self) -> None:
        """Never waits. Closing again does nothing."""
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
        if not was_closed:
            self._let_go()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        with self._lock:
            if self._is_closed:
                raise OSError(errno.EBADF, "the file was closed")
            self._users += 1
        try:
            yield
        finally:
            self._let_go()

    def _let_go(self) -> None:
        with self._lock:
            self._users -= 1
            is_last = self._users == 0
        if is_last:
            os.close(self.number)
