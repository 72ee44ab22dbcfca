"""What the system tells of processes: who is on a data folder, what one holds open, how much memory it takes."""

import os
import resource
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

PATIENCE = 20.0  # seconds: what takes one at leisure may take many on a machine that is busy


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


def soon(condition: Callable[[], bool], within: float = PATIENCE) -> bool:
    """Whether ``condition`` comes true within so many seconds."""
    deadline = monotonic() + within
    while not condition():
        if monotonic() > deadline:
            return False
        sleep(0.01)
    return True
