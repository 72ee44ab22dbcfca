"""How fast plays are counted: ``python -m benchmarks.plays [--quick]``.

Side by side and in turns: the service; the same with a transaction for each play; the first version's stack. Listeners
ask for the first 100 bytes of one hot clip, or of 100 clips one after another, so that the counting is what costs. Then
the ledger alone, without HTTP. All use one PostgreSQL on a disk, as the service starts its own, and all commit before
they answer. The machine may be busy with other things: the ratios of turns side by side say more than the figures.
"""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.comparison import Comparison, Target
from benchmarks.counting import ALONE, CLIPS, FIRST, SERVICE, Counting, commits_shared, starting
from benchmarks.durable import check_durable, flush_seconds
from benchmarks.first_version.server import install
from benchmarks.ledger import Callers
from benchmarks.load import Unsound
from benchmarks.processes import busy_seconds, end_by_signals, processor_seconds, temporary_folder
from benchmarks.report import as_json, machine, markdown, write_json
from benchmarks.service import HERE

LEDGER, LEDGER_ALONE = "ledger", "ledger, a transaction each"
ROUNDS = 3
DISK = Path("/var/tmp")  # where /tmp may be memory


def streaming(shared: Counting, alone: Counting, first: Counting, *, quick: bool) -> Iterator[Comparison]:
    """Streams that are counted; quickly, only what something is promised of, and the hot clip of a single listener."""
    for work, clips in (("hot clip", 1), (f"{CLIPS} clips", CLIPS)):
        for connections in (1, 64) if quick and clips == 1 else (64,) if quick else (1, 16, 64, 256):
            subjects = [each.of(clips) for each in (shared, alone, first)]
            targets = (Target(SERVICE, FIRST, 25.0 if connections == 64 else None), Target(SERVICE, ALONE))
            yield Comparison(f"{work} at {connections}", connections, subjects, targets)


def recording(shared: Counting, alone: Counting, *, quick: bool) -> Iterator[Comparison]:
    """Plays that are recorded without HTTP."""
    callers = (
        Callers(LEDGER, shared.database, 1, shared.plays_now),
        Callers(LEDGER_ALONE, alone.database, 1, alone.plays_now, ("--alone",)),
    )
    for connections in (64,) if quick else (1, 16, 64, 256):
        yield Comparison(f"ledger, hot clip at {connections}", connections, callers)


def measured(*, quick: bool) -> tuple[list[Comparison], dict[str, Any]]:
    """Start everything, prove it, measure it, end it; what was found, and about the machine and the commits.

    Raises Unsound."""
    with temporary_folder(DISK) as folder, ExitStack() as stack:
        flush, began, others = flush_seconds(folder), perf_counter(), seconds_of_others()
        shared, alone, first = starting(stack, folder)
        for each in (shared, alone, first):
            check_durable(each.database)
        streams, records = streaming(shared, alone, first, quick=quick), recording(shared, alone, quick=quick)
        found = [done(each, seconds=1 if quick else 2) for each in streams] + [
            done(each, seconds=1) for each in records
        ]
        others = (seconds_of_others() - others) / (perf_counter() - began)
        commits = commits_shared(shared, alone)
        return found, {"flush_seconds": flush, "cores_of_others": others, "plays_a_commit": commits}


def done(comparison: Comparison, seconds: int) -> Comparison:
    """Prove it and measure it. Raises Unsound."""
    print(f"{comparison.work}: {ROUNDS} rounds of {seconds} s", file=sys.stderr, flush=True)
    comparison.prove()
    for _ in range(ROUNDS):
        comparison.round(seconds)
    return comparison


def seconds_of_others() -> float:
    """The processor time that everybody but this benchmark has taken so far."""
    return busy_seconds() - processor_seconds(os.getpid())


def in_words(facts: dict[str, Any]) -> str:
    commits = ", ".join(f"{name} {plays:.1f}" for name, plays in facts["plays_a_commit"].items())
    disk = f"The disk keeps a page in {facts['flush_seconds'] * 1e3:.2f} ms."
    others = f"Others kept {facts['cores_of_others']:.2f} cores busy meanwhile."
    return f"{disk} {others} Plays that shared a commit: {commits}."


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
