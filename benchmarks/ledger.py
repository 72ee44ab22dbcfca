"""The ledger by itself, no HTTP: ``python -m benchmarks.ledger URL CLIP CALLERS SECONDS [--alone]``.

So many callers record one play after another; one line of JSON tells what they saw. Each turn is a process of its own,
on the event loop that the service has."""

import asyncio
import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from time import perf_counter, process_time

import uvloop
from attrs import frozen

from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.pool import Database, connection_pool
from adapters.system import new_id, utc_now
from benchmarks.alone import share_nothing
from benchmarks.comparison import Turn
from benchmarks.load import Load, Unsound
from benchmarks.service import HERE, environment
from domain.clip import ClipId
from domain.play import Play, PlayId
from domain.ports import PlayLedger
from entrypoints.settings import Settings


@frozen
class Callers:
    """Callers of the ledger over the database ``url``, as a subject. ``plays`` tells how many it has counted."""

    name: str
    url: str
    clip: int
    plays: Callable[[], int]
    options: tuple[str, ...] = ()

    def prove(self, connections: int) -> None:
        self.measure(connections, 1)

    def measure(self, connections: int, seconds: int) -> Turn:
        """One turn. Raises Unsound: the plays that were counted are not those that were recorded."""
        before = self.plays()
        told = (self.url, str(self.clip), str(connections), str(seconds), *self.options)
        command = (sys.executable, "-m", "benchmarks.ledger", *told)
        finished = subprocess.run(command, cwd=HERE, env=environment(), check=True, stdout=subprocess.PIPE)
        seen = json.loads(finished.stdout)
        if (counted := self.plays() - before) != seen["load"]["answers"]:
            raise Unsound(f"{self.name}: {seen['load']['answers']} plays were counted as {counted}")
        return Turn(Load(**seen["load"]), seen["cores"])


async def recorded(ledger: PlayLedger, clip: ClipId, callers: int, seconds: float) -> dict[str, object]:
    """Have so many callers record plays for so long. Raises Unsound: one was not new."""
    taken: list[float] = []
    began, used = perf_counter(), process_time()

    async def call() -> None:
        while (asked := perf_counter()) < began + seconds:
            if not await ledger.record(Play(PlayId(new_id()), clip, utc_now())):
                raise Unsound("a new play was taken for a repeated one")
            taken.append(perf_counter() - asked)

    await asyncio.gather(*(call() for _ in range(callers)))
    lasted, cores = perf_counter() - began, process_time() - used
    taken.sort()
    count = len(taken)
    load = {
        "answers": count,
        "per_second": count / lasted,
        "median": taken[count // 2],
        "p99": taken[count * 99 // 100],
    }
    return {"load": load, "cores": cores / lasted}


async def over(chosen: Namespace) -> dict[str, object]:
    async with connection_pool(chosen.url, Settings().pool_size) as pool:
        return await recorded(PostgresLedger(Database(pool)), ClipId(chosen.clip), chosen.callers, chosen.seconds)


def arguments() -> Namespace:
    parser = ArgumentParser(description="Record plays for a while.")
    parser.add_argument("url")
    parser.add_argument("clip", type=int)
    parser.add_argument("callers", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--alone", action="store_true", help="a transaction for each play")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = arguments()
    if chosen.alone:
        share_nothing()
    print(json.dumps(uvloop.run(over(chosen))))
