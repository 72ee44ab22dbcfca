"""Become another program that ends with its parent: ``python -I -S tether.py PARENT UID GID PROGRAM [ARGUMENT...]``.

A program of its own rather than a ``preexec_fn``, because between fork and exec a process with threads may do next to
nothing. It starts as its parent's user, so that the interpreter need not be within reach of UID.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def become(parent: int, uid: int, gid: int, command: list[str]) -> None:
    """Turn this process into ``command``, run by ``uid``, to be interrupted when ``parent`` dies (on Linux)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux" and libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0) != 0:  # setuid clears it
        raise OSError(ctypes.get_errno(), "the parent-death signal cannot be set")
    if os.getppid() != parent:
        sys.exit("the service ended before its PostgreSQL began")
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    try:
        parent, uid, gid = map(int, sys.argv[1:4])
        become(parent, uid, gid, sys.argv[4:])
    except OSError as error:
        sys.exit(f"{sys.argv[4]} cannot be run by user {sys.argv[2]}: {error}")
