"""What PostgreSQL alone takes: plays of several processes that share rows, and deliveries, both without HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from statistics import median
from time import perf_counter, time
from typing import Any

from attrs import frozen
from psycopg import connect
from psycopg.sql import SQL, Identifier

from adapters.postgres.pool import Database, connection_pool
from adapters.postgres.retention import PostgresRetention
from adapters.system import utc_now
from benchmarks.balanced import CLIPS
from benchmarks.database_work import Work, waits
from benchmarks.durable import rest, told
from benchmarks.seen import Unsound
from benchmarks.service import COUNTED, HERE, environment
from entrypoints.upkeep import ROWS_AT_ONCE, SECONDS_BETWEEN_BATCHES

KEPT = timedelta(days=90)
SECONDS_TO_START = 4.0  # of a process, until it can begin together with the others
TABLES = ("plays", "deliveries", "heard")
SIZE = "SELECT count(*), pg_total_relation_size(%s::regclass) FROM {}"


@frozen
class Limits:
    """What can be had of ``database`` on the server whose first process is ``server``."""

    database: str
    server: int

    def plays(self, clips: int, processes: int, callers: int, seconds: int) -> dict[str, Any]:
        """Plays of so many clips, recorded by so many processes with so many callers each.

        Raises Unsound: what was counted is not what was recorded."""
        before = self._counted()
        begin = ("--at", str(time() + SECONDS_TO_START))
        told_each = ("benchmarks.ledger", self.database, str(clips), str(callers), str(seconds), *begin)
        seen, work = self._watched([told_each] * processes)
        plays = sum(each["answers"] for each in seen)
        if (counted := self._counted() - before) != plays:
            raise Unsound(f"{plays} plays were counted as {counted}")
        return {
            "clips": clips,
            "processes": processes,
            "callers": callers,
            "per_second": sum(each["per_second"] for each in seen),
            "median": max(each["median"] for each in seen) * 1e3,
            "p99": max(each["p99"] for each in seen) * 1e3,
            **each_of(work, plays),
        }

    def deliveries(self, at_once: int, seconds: int) -> dict[str, Any]:
        """Deliveries of distinct listeners, so many in a statement. Raises Unsound: some were not new."""
        [seen], work = self._watched([("benchmarks.deliveries", self.database, str(CLIPS), str(at_once), str(seconds))])
        count = int(seen["answers"])
        if count % at_once:
            raise Unsound(f"{count} deliveries were new, which is no multiple of {at_once}")
        cost = {"per_second": seen["per_second"], "service": seen["processor"] / count * 1e6}
        return {"at_once": at_once, **cost, **each_of(work, count)}

    async def forgetting(self, portions: int) -> dict[str, float]:
        """How long a portion of old rows takes to be removed, of those that there are; seconds, the median."""
        taken = []
        async with connection_pool(self.database, 2) as pool:
            for _ in range(portions):
                began = perf_counter()
                await PostgresRetention(Database(pool)).forget(utc_now() + 2 * KEPT, KEPT, ROWS_AT_ONCE)
                taken.append(perf_counter() - began)
        return {"rows": ROWS_AT_ONCE, "rest": SECONDS_BETWEEN_BATCHES, "seconds": median(taken)}

    def bytes_a_row(self) -> Iterator[tuple[str, float]]:
        """What a row takes on the disk, with its share of indexes."""
        with connect(self.database) as connection:
            for table in TABLES:
                [(rows, size)] = connection.execute(SQL(SIZE).format(Identifier(table)), (table,)).fetchall()
                yield table, size / max(rows, 1)

    def _counted(self) -> int:
        return int(told(self.database, COUNTED)[0])

    def _watched(self, programs: Sequence[Sequence[str]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """What the programs print, run at once, and what the server did meanwhile. Raises CalledProcessError."""
        rest(self.database)
        before = Work.so_far(self.database, self.server)
        with waits(self.database) as waited:
            started = [
                subprocess.Popen((sys.executable, "-m", *each), cwd=HERE, env=environment(), stdout=subprocess.PIPE)
                for each in programs
            ]
            said = [(each, each.communicate()[0]) for each in started]
        for each, _ in said:
            if each.returncode:
                raise subprocess.CalledProcessError(each.returncode, each.args)
        done = Work.so_far(self.database, self.server).since(before)
        return [json.loads(each) for _, each in said], {"done": done, "waits": waited}


def each_of(work: dict[str, Any], count: int) -> dict[str, Any]:
    """What one of so many cost PostgreSQL: microseconds of a processor, bytes of log, flushes; and who waited."""
    done: Work = work["done"]
    cost = {"database": done.processor / count * 1e6, "wal": done.wal / count, "flushes": done.flushes / count}
    return cost | {"waits": work["waits"]}
