"""What the system tells of processes: who is on a data folder, what one holds open, how much memory it takes."""

import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

from attrs import define, field

PATIENCE = 20.0  # seconds: what takes one at leisure may take many on a machine that is busy
A_LOOK = 0.05
LONGEST_LOOK = 0.1  # seconds from one look to the next; in what is above it, the machine stood still


@define
class Waking:
    """A clock that stands still with the machine: who measures others by it blames no stall of all on them."""

    seconds: float = 0.0
    _looked: float = field(factory=monotonic)

    def run(self) -> None:
        while True:
            sleep(A_LOOK)
            now = monotonic()
            self.seconds, self._looked = self.seconds + min(now - self._looked, LONGEST_LOOK), now


@cache
def waking() -> Waking:
    clock = Waking()
    Thread(target=clock.run, name="waking", daemon=True).start()
    return clock


def awake() -> float:
    """Seconds on a clock that does not count those in which this machine stood still, to a twentieth or so."""
    return waking().seconds


def processes_on(folder: Path) -> set[int]:
    """The processes that have ``folder`` in their command line or work in it, as PostgreSQL's all do."""
    return {pid for pid in every_process() if is_on(folder, pid)}


def is_on(folder: Path, pid: int) -> bool:
    process = Path("/proc", str(pid))
    try:
        is_named = os.fsencode(folder) in (process / "cmdline").read_bytes()
        return is_named or (process / "cwd").readlink().is_relative_to(folder)
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # it has ended, or is another user's
        return False


def children_of(parent: int) -> set[int]:
    """The processes that ``parent`` started, the ended ones it has not waited for included."""
    return {pid for pid in every_process() if parent_of(pid) == parent}


def parent_of(pid: int) -> int | None:
    """Whose child ``pid`` is; None if it has ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(status.rpartition(")")[2].split()[1])


def every_process() -> set[int]:
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()}


def postmaster_of(data: Path) -> int:
    """The PostgreSQL that runs on a service's data folder."""
    return int((data / "database" / "postmaster.pid").read_text().split("\n")[0])


def open_files(pid: int) -> int:
    """How many files, sockets and pipes the process holds open."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - names are enough; some are gone when looked at


def resident_bytes(pid: int) -> int:
    """The memory that the process takes at this moment."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def heeds(pid: int, number: signal.Signals) -> bool:
    """Whether the process has a handler for this signal."""
    caught = int(Path(f"/proc/{pid}/status").read_text().partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (number - 1) & 1)


@contextmanager
def standing_still(folder: Path) -> Iterator[None]:
    """Whoever is on ``folder``, and whom they start meanwhile, is frozen while the block lasts."""
    stopped = set[int]()
    try:
        while running := processes_on(folder) - stopped:
            for pid in running:
                send(pid, signal.SIGSTOP)
            stopped |= running
        yield
    finally:
        for pid in stopped:
            send(pid, signal.SIGCONT)


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has ended by itself
        os.kill(pid, number)


def soon(condition: Callable[[], bool], within: float = PATIENCE) -> bool:
    """Whether ``condition`` comes true within so many seconds in which the machine was awake."""
    deadline = awake() + within
    while not condition():
        if awake() > deadline:
            return False
        sleep(0.01)
    return True
