"""Opening what the kernel has in memory, and never waiting for a disk: openat2(2), which Python's `os` does not offer.

Needs Linux 5.12. The kernel itself opens so for io_uring before it resorts to a thread."""

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

from attrs import define, field

NUMBER = 437  # of the system call on these machines (asm-generic/unistd.h); MIPS and Alpha count otherwise
MACHINES = frozenset(("x86_64", "aarch64", "armv7l", "riscv64", "ppc64le", "s390x", "loongarch64"))

AT_FDCWD = -100
NO_MAGICLINKS, NO_SYMLINKS, BENEATH, CACHED = 0x02, 0x04, 0x08, 0x20  # RESOLVE_… of linux/openat2.h

Syscall = Callable[[int, int, bytes, "OpenHow", int], int]
"""Takes the number, a folder's descriptor, a path, how to open it and the size of that; -1 where `errno` tells why."""


class OpenHow(ctypes.Structure):
    """``struct open_how``."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


SIZE = ctypes.sizeof(OpenHow)
FOLDER = OpenHow(getattr(os, "O_PATH", 0) | os.O_DIRECTORY | os.O_CLOEXEC, 0, CACHED)
TO_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
FILE = OpenHow(TO_READ, 0, CACHED | BENEATH | NO_SYMLINKS | NO_MAGICLINKS)
STRAIGHT = OpenHow(TO_READ, 0, CACHED | NO_SYMLINKS | NO_MAGICLINKS)  # only for a path that names no parent folder


def kernel_syscall() -> Syscall | None:
    """The C library's way into the kernel; None where there is surely no openat2."""
    if sys.platform != "linux" or os.uname().machine not in MACHINES:
        return None
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    call.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(OpenHow), ctypes.c_size_t)
    return call


class NotAtOnce(Exception):
    """It cannot be done without waiting, or not at all: somebody has to try who may wait."""


@define(eq=False)
class Openat2:
    """The system call, if there is one; it is not tried again where the kernel does not know or allow it."""

    _syscall: Syscall | None = field(factory=kernel_syscall)
    _leads_straight: bool = field(default=True, init=False)  # until a folder lies behind symbolic links

    def opened_below(self, folder: Path, name: str) -> int:
        """A descriptor of what ``name`` leads to through plain folders below ``folder``; who takes it closes it.

        Raises NotAtOnce for whatever else: why a file cannot be opened is told by those who may wait."""
        is_behind_links = False
        if self._leads_straight and ".." not in name:
            try:
                return self._opened(AT_FDCWD, f"{os.fspath(folder)}/{name}", STRAIGHT)
            except OSError as error:
                is_behind_links = error.errno == errno.ELOOP
        number = self._opened_by_folder(folder, name)
        self._leads_straight = self._leads_straight and not is_behind_links
        return number

    def _opened_by_folder(self, folder: Path, name: str) -> int:
        here = self._opened_folder(folder)
        try:
            return self._opened(here, name, FILE)
        except OSError as error:
            raise NotAtOnce from error
        finally:
            os.close(here)

    def _opened_folder(self, folder: Path) -> int:
        """The folder as it is now, through symbolic links. Only here do errors tell that the call itself is refused."""
        try:
            return self._opened(AT_FDCWD, os.fspath(folder), FOLDER)
        except OSError as error:
            if error.errno in (errno.ENOSYS, errno.EPERM, errno.EINVAL):  # no such call, a sandbox, before 5.12
                self._syscall = None
            raise NotAtOnce from error

    def _opened(self, folder: int, path: str, how: OpenHow) -> int:
        if self._syscall is None or "\0" in path:  # C would take what comes before it for the path
            raise NotAtOnce
        number = self._syscall(NUMBER, folder, os.fsencode(path), how, SIZE)
        if number < 0:
            raise OSError(ctypes.get_errno(), "openat2")
        return number
