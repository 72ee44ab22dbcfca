"""Programs that a benchmark starts: on loopback, ended by their own process id, and what they cost meanwhile."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import SERVICE_UNAVAILABLE
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import IO
from urllib.error import HTTPError
from urllib.request import urlopen

LOOPBACK = "127.0.0.1"
DISK = Path("/var/tmp")  # where /tmp may be memory
PATIENCE = 60.0  # seconds for a program to start, or to end
TICKS = os.sysconf("SC_CLK_TCK")

Process = subprocess.Popen[bytes]


def end_by_signals() -> None:
    """Have Ctrl-C and SIGTERM unwind the benchmark, so that it ends all it has started."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, _: sys.exit(128 + number))


def program(name: str) -> str:
    """Where a Debian program is. Raises SystemExit: it is missing."""
    found = found_program(name)
    if found is None:
        sys.exit(f"This benchmark needs {name}: apt-get install {name}")
    return found


def found_program(name: str) -> str | None:
    """Where a Debian program is, None where it is missing."""
    return which(name, path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin")


def free_port() -> int:
    """A port of loopback on which nobody listens, and which nobody else is given while this process lasts.

    A socket that is bound and does not listen keeps it from everybody who lets the system choose. On Linux that is in
    the way of no server that names it, if both say SO_REUSEADDR, as servers do (socket(7))."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind((LOOPBACK, 0))
    port = int(found.getsockname()[1])
    if sys.platform == "linux":
        found.detach()  # open until this process ends
    else:
        found.close()
    return port


@contextmanager
def temporary_folder(place: Path = DISK) -> Iterator[Path]:
    """A folder that is gone afterwards, on a disk.

    Every account may enter it: root's PostgreSQL runs under another one."""
    with TemporaryDirectory(prefix="play-bench-", dir=place, ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


@contextmanager
def running(
    command: Sequence[str], errors: IO[bytes], *, cwd: Path | None = None, variables: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A program while the block lasts. Its session is its own, so that Ctrl-C in a terminal leaves the ending to us."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end(process)


def end(process: Process) -> None:
    """SIGTERM, and SIGKILL for who does not heed it; returns when the process is gone."""
    process.terminate()
    try:
        process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def wait_until_answering(url: str, process: Process) -> None:
    """Return when ``url`` is answered, with whatever status but 503, which says that it is not ready yet.

    Raises TimeoutError: the program ended, or never was."""
    deadline = monotonic() + PATIENCE
    while process.poll() is None and monotonic() < deadline:
        try:
            with urlopen(url, timeout=PATIENCE):
                return
        except HTTPError as error:
            if error.code != SERVICE_UNAVAILABLE:
                return
        except OSError:
            pass  # nobody listens yet
        sleep(0.02)
    raise TimeoutError(f"{url} is not answered; {process.args!r} ended with {process.poll()}")


def processor_seconds(pid: int) -> float:
    """The processor time that a process, and all it has started, have taken so far; those that ended, too."""
    taken, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it has ended since
            continue
        each = int(stat.parent.name)
        parents[each], taken[each] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    return sum(seconds for each, seconds in taken.items() if is_of(pid, each, parents))


def busy_seconds() -> float:
    """The processor time that everybody has taken on this machine so far, and that it did not get from its host."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    idle, waiting = ticks[3:5]
    return (sum(ticks) - idle - waiting) / TICKS


def is_of(ancestor: int, pid: int, parents: Mapping[int, int]) -> bool:
    """Whether ``pid`` is ``ancestor``, or was started by it or by one whom it started."""
    while pid != ancestor and pid in parents:
        pid = parents[pid]
    return pid == ancestor


def memory(pid: int) -> dict[str, int]:
    """The resident memory of a process in bytes: ``Rss``, and ``Pss``, in which shared pages are divided up."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    told = {line.partition(":")[0]: line.split()[1] for line in lines}
    return {name: int(told[name]) * 1024 for name in ("Rss", "Pss")}
