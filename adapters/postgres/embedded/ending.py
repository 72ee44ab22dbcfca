"""How a PostgreSQL is ended: ours when we leave, and one that outlived an earlier service."""

import os
import platform
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

# PostgreSQL's fast and immediate shutdown, and force; in seconds less than the ten that Cloud Run leaves a service
STEPS = ((signal.SIGINT, 6.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 1.5))
BETWEEN_LOOKS = 0.003  # seconds


def end(send: Callable[[int], None], is_over: Callable[[], bool]) -> None:
    """Ask a PostgreSQL to end, more firmly each time, until it is over."""
    for how, patience in STEPS:
        if is_over():
            return
        send(how)
        if until(is_over, patience):
            return


def until(condition: Callable[[], bool], patience: float) -> bool:
    """Wait for ``condition``, at most ``patience`` seconds; whether it came."""
    deadline = monotonic() + patience
    while not condition():
        if monotonic() > deadline:
            return False
        sleep(BETWEEN_LOOKS)
    return True


def end_predecessor(database: Path) -> None:
    """End a PostgreSQL that still runs on ``database``, as one does for a moment after its service was killed.

    Only for who holds the data folder's lock: then its service is gone, and nobody is using it."""
    lock_file = database / "postmaster.pid"
    try:
        pid = int(lock_file.read_bytes().split(b"\n")[0])
    except (FileNotFoundError, ValueError):  # it left in order, or died before it wrote a line
        return

    def send(how: int) -> None:
        with suppress(ProcessLookupError):  # it was quicker
            os.kill(pid, how)

    end(send, lambda: not runs_on(database, pid))
    if lock_file.exists() and not runs_on(database, pid):
        inherit(lock_file)


def inherit(lock_file: Path) -> None:
    """Put our own number into a lock file whose process is gone.

    PostgreSQL would refuse to start as long as that number is any process of its user; its parent's it takes for stale.
    Removing the file would also remove the line that tells it of the memory which surviving backends share."""
    owner = lock_file.stat()
    inherited = lock_file.with_suffix(".inherited")
    inherited.write_bytes(b"%d\n%b" % (os.getpid(), lock_file.read_bytes().partition(b"\n")[2]))
    inherited.chmod(0o600)
    os.chown(inherited, owner.st_uid, owner.st_gid)
    inherited.replace(lock_file)


def runs_on(database: Path, pid: int) -> bool:
    """Whether the process ``pid`` is a PostgreSQL on ``database``, and not one that got the same number later."""
    if platform.system() == "Linux":
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return Path(os.fsdecode(words[0])).name == "postgres" and bytes(database) in words
    ps = ["/bin/ps", "-o", "command=", "-p", str(pid)]
    said = subprocess.run(ps, capture_output=True, text=True, check=False).stdout
    return "postgres" in said and f"-D {database} " in said
