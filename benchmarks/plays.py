"""How fast plays are counted: ``python -m benchmarks.plays [--quick]``.

Side by side and in turns: the service; the same with a transaction for each play; the first version's stack. Listeners
ask for the first 100 bytes of one hot clip, or of 100 clips one after another, so that the counting is what costs. Then
the ledger alone, without HTTP. All use one PostgreSQL on a disk, as the service starts its own, and all commit before
they answer. The machine may be busy with other things: the ratios of turns side by side say more than the figures.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import Any, LiteralString

from attrs import frozen
from psycopg import connect

from benchmarks.comparison import Comparison, Target
from benchmarks.durable import Postgres, check_durable, flush_seconds, postgres, told
from benchmarks.first_version.server import first_version, install
from benchmarks.ledger import Callers
from benchmarks.load import Unsound
from benchmarks.processes import end_by_signals, temporary_folder
from benchmarks.recordings import KB_100, Request
from benchmarks.report import as_json, machine, markdown, write_json
from benchmarks.served import Served
from benchmarks.service import HERE, MODULE, service

SERVICE, ALONE, FIRST = "service", "service, a transaction each", "first version"
LEDGER, LEDGER_ALONE = "ledger", "ledger, a transaction each"
ASKED = Request(KB_100, first_bytes=100)
CLIPS = 100
DISK = Path("/var/tmp")  # where /tmp may be memory
QUIET = 0.2  # seconds without another play: what wrk dropped has been dealt with

COUNTED = "SELECT coalesce(sum(plays), 0)::bigint FROM play_counts"
COUNTED_FIRST = "SELECT coalesce(sum(play_count), 0)::bigint FROM clips"
WRITTEN = "SELECT count(*), count(DISTINCT xmin::text) FROM plays"
ADD_FIRST = """
    INSERT INTO clips (title, file, media_type, play_count)
    SELECT 'Clip ' || number, %s, 'audio/wav', 0 FROM generate_series(1, %s) AS number"""


@frozen
class Counting:
    """Somebody who streams and counts: clips at ``urls``, a database of its own, and how that tells all plays."""

    name: str
    urls: tuple[str, ...]
    pid: int
    database: str
    counted: LiteralString

    def plays(self) -> int:
        """All plays so far, once no more are being counted."""
        before, now = -1, self._now()
        while before != now:
            sleep(QUIET)
            before, now = now, self._now()
        return now

    def _now(self) -> int:
        return int(told(self.database, self.counted)[0])

    def of(self, clips: int) -> Served:
        """As a subject, with so many of its clips."""
        return Served(self.name, self.urls[:clips], ASKED, self.pid, self.plays)


def starting(stack: ExitStack, folder: Path) -> tuple[Counting, Counting, Counting]:
    """Start everything; ``stack`` ends it."""
    media = folder / "media"
    media.mkdir()
    KB_100.write_to(media)
    server = stack.enter_context(postgres(folder / "postgres"))
    return (
        ours(stack, folder, server, SERVICE),
        ours(stack, folder, server, ALONE),
        theirs(stack, folder, server),
    )


def ours(stack: ExitStack, folder: Path, server: Postgres, name: str) -> Counting:
    """The service, with batches or without."""
    place, module = {SERVICE: ("shared", MODULE), ALONE: ("alone", "benchmarks.alone")}[name]
    database, library = server.database(place), [folder / "media" / KB_100.name]
    started = stack.enter_context(service(folder / place, library, module=module, DATABASE_URL=database))
    clips = [started.add(f"library:{KB_100.name}") for _ in range(CLIPS)]
    return Counting(name, tuple(map(started.stream_url, clips)), started.process.pid, database, COUNTED)


def theirs(stack: ExitStack, folder: Path, server: Postgres) -> Counting:
    """The first version."""
    database = server.database("first")
    started = stack.enter_context(first_version(folder / "media", database, folder / "first.errors"))
    with connect(database, autocommit=True) as connection:
        connection.execute(ADD_FIRST, (KB_100.name, CLIPS))
    urls = tuple(map(started.stream_url, range(1, CLIPS + 1)))
    return Counting(FIRST, urls, started.process.pid, database, COUNTED_FIRST)


def comparisons(shared: Counting, alone: Counting, first: Counting, *, quick: bool) -> Iterator[Comparison]:
    """All work that is compared; quickly, only what something is promised of, and the hot clip of a single listener."""
    for work, clips in (("hot clip", 1), (f"{CLIPS} clips", CLIPS)):
        for connections in (1, 64) if quick and clips == 1 else (64,) if quick else (1, 16, 64, 256):
            subjects = [each.of(clips) for each in (shared, alone, first)]
            targets = (Target(SERVICE, FIRST, 25.0 if connections == 64 else None), Target(SERVICE, ALONE))
            yield Comparison(f"{work} at {connections}", connections, subjects, targets)
    callers = (
        Callers(LEDGER, shared.database, 1, shared.plays),
        Callers(LEDGER_ALONE, alone.database, 1, alone.plays, ("--alone",)),
    )
    for connections in (64,) if quick else (1, 16, 64, 256):
        yield Comparison(f"ledger, hot clip at {connections}", connections, callers)


def plays_a_commit(ours: Counting) -> float:
    """How many plays shared a commit. Raises Unsound: the plays written down are not those that were counted."""
    written, commits = told(ours.database, WRITTEN)
    if written != ours.plays():
        raise Unsound(f"{ours.name}: {written} plays written down, {ours.plays()} counted")
    return float(written / commits)


def checked(shared: Counting, alone: Counting, first: Counting) -> dict[str, float]:
    """How many plays shared a commit, by name. Raises Unsound: it was not as it is told, or not durable."""
    for each in (shared, alone, first):
        check_durable(each.database)
    if (each_alone := plays_a_commit(alone)) != 1.0:
        raise Unsound(f"{alone.name}: {each_alone} plays shared a commit")
    return {SERVICE: plays_a_commit(shared), ALONE: each_alone, FIRST: 1.0}


def measured(*, quick: bool) -> tuple[list[Comparison], dict[str, Any]]:
    """Start everything, prove it, measure it, end it; what was found, and about the disk and the commits.

    Raises Unsound."""
    rounds, seconds = (3, 1) if quick else (3, 2)
    with temporary_folder(DISK) as folder, ExitStack() as stack:
        flush = flush_seconds(folder)
        contestants = starting(stack, folder)
        found = list(comparisons(*contestants, quick=quick))
        for comparison in found:
            print(f"{comparison.work}: {rounds} rounds of {seconds} s", file=sys.stderr, flush=True)
            comparison.prove()
            for _ in range(rounds):
                comparison.round(seconds)
        return found, {"flush_seconds": flush, "plays_a_commit": checked(*contestants)}


def in_words(facts: dict[str, Any]) -> str:
    commits = ", ".join(f"{name} {plays:.1f}" for name, plays in facts["plays_a_commit"].items())
    return f"The disk keeps a page in {facts['flush_seconds'] * 1e3:.2f} ms. Plays that shared a commit: {commits}."


def arguments() -> Namespace:
    parser = ArgumentParser(description="Compare how fast plays are counted.")
    parser.add_argument(
        "--quick", action="store_true", help="in a minute and a half: shorter turns, little but the targets"
    )
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    end_by_signals()
    install()
    where = machine()
    try:
        found, facts = measured(quick=chosen.quick)
    except Unsound as fault:
        sys.exit(f"Nothing is told of what was measured, for it is unsound: {fault}")
    print(f"{markdown(found, where)}\n\n{in_words(facts)}")
    print(f"\nJSON: {write_json('plays', as_json(found, where) | facts).relative_to(HERE)}")


if __name__ == "__main__":
    main()
