"""How fast it is, beside what people would use instead, and beside what limits it: ``python -m benchmarks.bench``.

All of it in one run on one machine, in turns: A B A B …. The load takes a core of its own, each subject one process,
and PostgreSQL and the source whatever is left. What is answered is looked at before anything is measured, and what was
written down is counted after each turn: a run in which something does not fit tells nothing.
"""

import os
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from attrs import Factory, define, frozen

from benchmarks import readme
from benchmarks.comparison import Comparison
from benchmarks.durable import flush_seconds, told
from benchmarks.environments import FIRST_VERSION, OURS
from benchmarks.load import generator
from benchmarks.measures import Measure
from benchmarks.processes import busy_seconds, end_by_signals, found_program, processor_seconds, temporary_folder
from benchmarks.report import as_json, machine, write_json
from benchmarks.rows import comparisons
from benchmarks.seen import Unsound
from benchmarks.service import HERE
from benchmarks.slow_listeners import measures_of
from benchmarks.stage import set_up
from benchmarks.starts import starts
from benchmarks.table import in_words, measure_json, measured, missed, rates

# How many plays shared a commit: the rows of one transaction have one xmin.
SHARED = "SELECT count(*)::float / greatest(1, count(DISTINCT xmin::text)) FROM plays"


@frozen
class Effort:
    """How much is measured: turns of so many seconds, starts, and for how many seconds slow listeners listen."""

    command: str
    turns: int
    seconds: int
    starts: int
    listening: float
    is_quick: bool = False


STARTS, LISTENERS = "starts", "slow listeners"  # by these words, what is no comparison
FULL, QUICK = Effort("make bench", 5, 2, 5, 15.0), Effort("make bench-quick", 2, 1, 1, 0.0, is_quick=True)


@define(eq=False)
class Found:
    """What was found, and of what machine."""

    machine: dict[str, Any]
    comparisons: list[Comparison] = Factory(list)
    measures: list[Measure] = Factory(list)

    def markdown(self) -> str:
        tables = [rates(self.comparisons)] * bool(self.comparisons) + [measured(self.measures)] * bool(self.measures)
        return "\n\n".join([*tables, in_words(self.machine)])

    def json(self) -> dict[str, Any]:
        return as_json(self.comparisons, self.machine) | {"measures": list(map(measure_json, self.measures))}


def bench(effort: Effort, only: str = "") -> Found:
    """Start everything, prove it, measure it, end it; if ``only`` is given, just that work. Raises Unsound."""
    programs = {"load_by": generator(), "has_nginx": found_program("nginx") is not None}
    found = Found(machine() | programs | {"command": effort.command})
    began, others = perf_counter(), seconds_of_others()
    with temporary_folder() as folder:
        found.machine["flush_seconds"] = flush_seconds(folder)
        if only in STARTS:
            say(f"{effort.starts} starts of each")
            found.measures += starts(folder, effort.starts)
        compare(found, folder, effort, only)
    if effort.listening and only in LISTENERS:
        say(f"slow listeners: {effort.listening:g} s of each kind")
        found.measures += measures_of(effort.listening)
    found.machine["seconds"] = perf_counter() - began
    found.machine["cores_of_others"] = (seconds_of_others() - others) / found.machine["seconds"]
    return found


def compare(found: Found, folder: Path, effort: Effort, only: str) -> None:
    """All comparisons whose work has ``only`` in its words, one after another. Raises Unsound."""
    with ExitStack() as stack:
        stage = set_up(stack, folder)
        for each in comparisons(stage, quick=effort.is_quick):
            if only not in each.work:
                continue
            say(f"{each.work} at {each.connections}: {effort.turns} turns of {effort.seconds} s")
            each.prove()
            for _ in range(effort.turns):
                each.round(effort.seconds)
            found.comparisons.append(each)
        found.machine["plays_a_commit"] = told(stage.ours.database, SHARED)[0]


def say(what: str) -> None:
    """Tell whoever waits what is being measured."""
    print(f"{datetime.now():%H:%M:%S} {what}", file=sys.stderr, flush=True)  # noqa: DTZ005  # a clock on the wall


def seconds_of_others() -> float:
    """The processor time that everybody but this benchmark has taken so far."""
    return busy_seconds() - processor_seconds(os.getpid())


def main() -> None:
    parser = ArgumentParser(description="Compare how fast everything is.")
    parser.add_argument(
        "--quick", action="store_true", help="in two minutes: fewer, shorter turns, many who ask at once"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--readme", action="store_true", help="write the tables into README.md too")
    kind.add_argument("--only", default="", metavar="WORD", help="just the work in whose words this stands")
    chosen = parser.parse_args()
    end_by_signals()
    for environment in (OURS, FIRST_VERSION):
        environment.install()
    try:
        found = bench(QUICK if chosen.quick else FULL, chosen.only)
    except Unsound as fault:
        sys.exit(f"Nothing is told of what was measured, for it is unsound: {fault}")
    print(found.markdown())
    print("\nMissed: " + ("; ".join(missed(found.comparisons, found.measures)) or "nothing") + ".")
    print(f"JSON: {write_json('bench-part' if chosen.only else 'bench', found.json()).relative_to(HERE)}")
    if chosen.readme:
        readme.write(found.markdown())


if __name__ == "__main__":
    main()
