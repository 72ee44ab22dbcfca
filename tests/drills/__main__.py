"""The fault drills, one after another, with real processes: ``python -m tests.drills [--only NAME]``.

Each holds a load, does harm, and prints a line; a promise that is broken ends the run with code 1. A drill that breaks
while the machine itself stood still shows nothing, and is held again. With ``SKIPS_FAIL`` set, a drill that
is left out for want of a Debian program, which CI installs, ends the run so too.
"""

import asyncio
import os
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Coroutine, Sequence
from time import monotonic

from tests.drills import clock_jumps, database_killed, disk_full, replica_killed, slow_clients, source_dies, told_to_end
from tests.drills.report import Report, Skipped
from tests.drills.stage import Stage, stage
from tests.end_to_end.processes import awake

DRILLS: dict[str, Callable[[Stage, Report], Coroutine[None, None, None]]] = {
    "database-killed": database_killed.drill,
    "replica-killed": replica_killed.drill,
    "told-to-end": told_to_end.drill,
    "source-dies": source_dies.drill,
    "slow-clients": slow_clients.drill,
    "disk-full": disk_full.drill,
    "clock-jumps": clock_jumps.drill,
}

NOTICEABLE = 0.5  # seconds; who waits for a database that answers nobody is refused after less than two


def held(name: str, place: Stage, again: int = 2) -> bool:
    """Hold a drill and tell of it; whether nothing was broken."""
    report, began, awoke = Report(), monotonic(), awake()
    try:
        asyncio.run(DRILLS[name](place, report))
    except Skipped as reason:
        say(f"{name:<16} skipped: {reason}\n")
        return "needs Debian's" not in str(reason) or not os.environ.get("SKIPS_FAIL")
    taken = monotonic() - began
    say(report.line(name, taken))
    stood_still = taken - (awake() - awoke)
    if report.breaches and stood_still > NOTICEABLE and again:
        say(f"{'':<16} held again: the machine stood still for {stood_still:.1f} s of it\n")
        return held(name, place, again - 1)
    return not report.breaches


def say(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    parser = ArgumentParser(prog="python -m tests.drills", description="Real processes, real faults.")
    parser.add_argument("--only", action="append", choices=DRILLS, help="this drill; may be given several times")
    names = parser.parse_args(arguments).only or list(DRILLS)
    for each in (signal.SIGINT, signal.SIGTERM):  # unwind, so that all that was started ends
        signal.signal(each, lambda number, _: sys.exit(128 + number))
    began = monotonic()
    with stage() as place:
        results = [held(name, place) for name in names]
    say(f"{sum(results)} of {len(results)} drills hold, in {monotonic() - began:.0f} s\n")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
