"""How long it takes from a start to the first answer, and how much memory is needed then: ours beside the first's.

Ours brings its PostgreSQL up from a data folder that was used before; the first version finds its own already up. The
memory is the service's process alone, a moment after the first page was answered; PostgreSQL's is on neither side."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from time import perf_counter, sleep

from attrs import frozen

from benchmarks.durable import postgres
from benchmarks.environments import OURS
from benchmarks.first_version.server import first_version
from benchmarks.measures import Measure
from benchmarks.processes import memory
from benchmarks.service import Service, service

MOST_TIME, MOST_MEMORY = 0.6, 1.0  # times the first version's
IDLE = 1.0  # seconds


@frozen
class Start:
    """Seconds to the first answer of ``GET /play``, and resident bytes when idle after it."""

    seconds: float
    memory: int


def started(serving: AbstractContextManager[Service]) -> Start:
    """What a start has shown of a server, which is ended again."""
    began = perf_counter()
    with serving as running:
        seconds = perf_counter() - began
        sleep(IDLE)
        return Start(seconds, memory(running.process.pid)["Rss"])


def starts(folder: Path, rounds: int) -> list[Measure]:
    """Start each so many times in turns, after once to warm up."""
    with postgres(folder / "started-postgres") as server:
        database = server.database("first")

        def ours() -> AbstractContextManager[Service]:
            return service(folder / "started", [], python=OURS.python)

        def first() -> AbstractContextManager[Service]:
            return first_version(folder, database, folder / "started-first.errors")

        kinds: tuple[Callable[[], AbstractContextManager[Service]], ...] = (ours, first)
        turns = [[started(kind()) for kind in kinds] for _ in range(rounds + 1)][1:]
    our, their = zip(*turns, strict=True)
    time = [tuple(each.seconds for each in side) for side in (our, their)]
    size = [tuple(each.memory / 1e6 for each in side) for side in (our, their)]
    return [
        Measure("start to first answer, database included in ours", "s", time[0], MOST_TIME, time[1]),
        Measure("memory when idle (RSS)", "MB", size[0], MOST_MEMORY, size[1]),
    ]
