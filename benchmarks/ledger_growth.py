"""Whether what is told of plays stays fast while the ledger grows: ``python -m benchmarks.ledger_growth [--plays N]``.

Two ledgers in one PostgreSQL on a disk, as the service starts its own: one of ten thousand plays, one of many more,
over the same clips and days. Each statement is asked of both in turns. Printed are its times and how much longer the
large ledger takes, and what a row of each table takes on the disk, with its indexes. The large one needs some minutes,
and about 500 bytes of disk for each play.
"""

import asyncio
import sys
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg
from attrs import frozen

from adapters.postgres.catalogue import PostgresCatalogue
from adapters.postgres.migrate import migrate
from adapters.postgres.pool import Database, connection_pool
from adapters.postgres.statistics import PostgresStatistics
from benchmarks.durable import check_durable, postgres
from benchmarks.processes import end_by_signals, temporary_folder
from benchmarks.report import machine, write_json
from benchmarks.seen import Unsound
from benchmarks.service import HERE
from domain.browsing import ClipQuery, Sort
from domain.clip import ClipId
from domain.statistics import Interval, Period

DISK = Path("/var/tmp")  # where /tmp may be memory
FILL = Path(__file__).with_suffix(".sql")
SMALL, LARGE = 10_000, 10_000_000
CLIPS, HOT, ANY = 1_000, ClipId(1), ClipId(500)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
MONTH = Period(Interval.DAY, NOW - timedelta(days=30), NOW)
WEEK = Period(Interval.HOUR, NOW - timedelta(days=7), NOW)
ROUNDS = 60
MOST = 5.0  # times as long, at most, for what has a target
TABLES = ("plays", "counts", "deliveries")
SIZE = "SELECT count(*), pg_total_relation_size(%(name)s::regclass) FROM "


@frozen
class Ledger:
    """A catalogue and what the ledger says of it, at one size."""

    catalogue: PostgresCatalogue
    statistics: PostgresStatistics

    async def stats(self, clip: ClipId) -> None:
        await self.statistics.counts(clip)
        await self.statistics.series(clip, MONTH)

    async def page(self, sort: Sort) -> None:
        await self.catalogue.page(ClipQuery(sort=sort, as_of=NOW.date()))


Question = Callable[[Ledger], Awaitable[object]]
PROMISED: Mapping[str, Question] = {
    "stats of the hot clip": lambda ledger: ledger.stats(HOT),
    "stats of any clip": lambda ledger: ledger.stats(ANY),
    "a page by newest": lambda ledger: ledger.page(Sort.NEWEST),
    "a page by title": lambda ledger: ledger.page(Sort.TITLE),
    "a page by plays": lambda ledger: ledger.page(Sort.PLAYS),
}
OTHERS: Mapping[str, Question] = {
    "a week of the hot clip by hour": lambda ledger: ledger.statistics.series(HOT, WEEK),
    "50 requests explained": lambda ledger: ledger.statistics.explained(HOT, 50),
    "a page by trending": lambda ledger: ledger.page(Sort.TRENDING),
    "the top 10 of a month": lambda ledger: ledger.statistics.top(MONTH, 10),
    "a month of all clips by day": lambda ledger: ledger.statistics.series(None, MONTH),
    "a week of all clips by hour": lambda ledger: ledger.statistics.series(None, WEEK),
}


def fill(url: str, plays: int) -> None:
    """Make a ledger of so many plays, as it looks when the database has had time to tidy up."""
    migrate(url)
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        for statement in FILL.read_text().split(";\n"):
            if statement.strip():
                connection.execute(statement, {"now": NOW, "plays": plays, "clips": CLIPS})
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def bytes_a_row(url: str) -> Iterator[tuple[str, int, float]]:
    with psycopg.connect(url) as connection:
        for table in TABLES:
            [(rows, size)] = connection.execute(SIZE + table, {"name": table}).fetchall()
            yield table, rows, size / max(rows, 1)


async def seconds(small: str, large: str) -> dict[str, tuple[float, float]]:
    """How long each question takes at both sizes, asked in turns; medians."""
    async with connection_pool(small, 2) as few, connection_pool(large, 2) as many:
        ledgers = [Ledger(PostgresCatalogue(Database(of)), PostgresStatistics(Database(of))) for of in (few, many)]
        found: dict[str, tuple[float, float]] = {}
        for name, question in {**PROMISED, **OTHERS}.items():
            times = [[await timed(question(ledger)) for ledger in ledgers] for _ in range(ROUNDS)]
            found[name] = (median(time for time, _ in times), median(time for _, time in times))
    return found


async def timed(asked: Awaitable[object]) -> float:
    begun = perf_counter()
    await asked
    return perf_counter() - begun


def rows(found: Mapping[str, tuple[float, float]], plays: int) -> Iterator[str]:
    yield f"| question | {SMALL:,} plays: ms | {plays:,} plays: ms | ratio | target | |"
    yield "|---|--:|--:|--:|---|---|"
    for name, (small, large) in found.items():
        verdict = ("met" if large < MOST * small else "missed") if name in PROMISED else ""
        target = f"< {MOST:g}" if name in PROMISED else ""
        yield f"| {name} | {small * 1e3:.2f} | {large * 1e3:.2f} | {large / small:.2f} | {target} | {verdict} |"


def main() -> None:
    parser = ArgumentParser(description="Compare a small ledger with a large one.")
    parser.add_argument("--plays", type=int, default=LARGE, help="in the large ledger")
    plays = parser.parse_args().plays
    end_by_signals()
    where = machine()
    with ExitStack() as leaving:
        server = leaving.enter_context(postgres(leaving.enter_context(temporary_folder(DISK))))
        small, large = server.database("small"), server.database("large")
        begun = perf_counter()
        fill(small, SMALL)
        fill(large, plays)
        filled = perf_counter() - begun
        try:
            check_durable(large)
        except Unsound as fault:
            sys.exit(f"Nothing is told of what was measured, for it is unsound: {fault}")
        found, taken = asyncio.run(seconds(small, large)), list(bytes_a_row(large))
    print("\n".join(rows(found, plays)))
    print("\n" + "; ".join(f"{table}: {count:,} rows of {size:.0f} bytes" for table, count, size in taken))
    print(f"Filled in {filled:.0f} s.")
    facts = {"plays": plays, "seconds": found, "bytes_a_row": {table: size for table, _, size in taken}}
    print(f"JSON: {write_json('ledger_growth', {'machine': where} | facts).relative_to(HERE)}")


if __name__ == "__main__":
    main()
