"""What a request costs as the catalogue and the ledger grow: ``python -m benchmarks.growth [--quick]``.

Databases of several sizes in one PostgreSQL on a disk, as the service starts its own, filled straight into the tables,
and a service over each. Every request is asked of all sizes in turns, of one connection and of many. The whole takes
less than ten minutes where nothing else is done, and six gigabytes of disk meanwhile.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from attrs import asdict

from benchmarks.database_work import first_process
from benchmarks.durable import check_durable, postgres
from benchmarks.figures import draw
from benchmarks.filled import Size, fill
from benchmarks.growth_costs import MANY, REQUESTS, Cost, Running
from benchmarks.growth_table import tables
from benchmarks.processes import end_by_signals, temporary_folder
from benchmarks.recordings import KB_100
from benchmarks.report import machine, write_json
from benchmarks.seen import Unsound
from benchmarks.service import HERE, service

CATALOGUES = (Size(10, 100), Size(1_000, 10_000), Size(100_000, 1_000_000))  # ten plays for each clip
LEDGERS = (Size(1_000, 10_000), Size(1_000, 10_000_000))
QUICK = ((Size(10, 100), Size(1_000, 10_000)), (Size(1_000, 10_000), Size(1_000, 100_000)))


def started(stack: ExitStack, folder: Path, sizes: Sequence[Size]) -> Iterator[Running]:
    """A service over each size; ``stack`` ends it. Raises Unsound: what is committed could be lost."""
    KB_100.write_to(folder)
    server = stack.enter_context(postgres(folder / "postgres"))
    pid, now = first_process(folder / "postgres"), datetime.now(UTC)
    for size in sizes:
        begun, url = perf_counter(), server.database(size.name)
        fill(url, size, now)
        check_durable(url)
        audio = [folder / KB_100.name]
        one = stack.enter_context(service(folder / size.name, audio, DATABASE_URL=url, PLAY_WRITE_RATE="off"))
        print(
            f"{size.clips:,} clips, {size.plays:,} plays: {perf_counter() - begun:.0f} s", file=sys.stderr, flush=True
        )
        yield Running(size, one, url, pid)


def costs(services: Sequence[Running], rounds: int) -> dict[str, dict[Size, Cost]]:
    """What each request costs at each size, asked in turns; medians. Raises Unsound."""
    found: dict[str, dict[Size, Cost]] = {}
    for name, asked in REQUESTS.items():
        print(name, file=sys.stderr, flush=True)
        turns = [[each.cost(asked, 1) for each in services] for _ in range(rounds)]
        found[name] = {
            each.size: middle([turn[place] for turn in turns]) for place, each in enumerate(services)
        }  # fmt: skip
    return found


def middle(turns: Sequence[Cost]) -> Cost:
    seen = [asdict(turn) for turn in turns]
    return Cost(**{name: median(turn[name] for turn in seen) for name in seen[0]})


def as_json(found: Mapping[str, Mapping[Size, Cost]], axes: Sequence[Sequence[Size]]) -> dict[str, Any]:
    """By axis, each with its sizes and, for every request, the costs at those."""
    told = {
        axis: {
            "sizes": [getattr(size, axis) for size in sizes],
            "requests": {name: [rounded(at[size]) for size in sizes] for name, at in found.items()},
        }
        for axis, sizes in zip(("clips", "plays"), axes, strict=True)
    }
    return {"connections": MANY, "axes": told}


def rounded(cost: Cost) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in asdict(cost).items()}


def main() -> None:
    parser = ArgumentParser(description="Measure what a request costs as the catalogue and the ledger grow.")
    parser.add_argument(
        "--quick", action="store_true", help="in a minute and a half: small sizes, one round; nothing is drawn"
    )
    quick = parser.parse_args().quick
    axes = QUICK if quick else (CATALOGUES, LEDGERS)
    end_by_signals()
    where, begun = machine(), perf_counter()
    try:
        with temporary_folder() as folder, ExitStack() as stack:
            sizes = tuple(dict.fromkeys(size for axis in axes for size in axis))
            found = costs(list(started(stack, folder, sizes)), 1 if quick else 3)
    except Unsound as fault:
        sys.exit(f"Nothing is told of what was measured, for it is unsound: {fault}")
    told = {"machine": where} | as_json(found, axes)
    file = write_json("growth-quick" if quick else "growth", told)
    print(f"JSON: {file.relative_to(HERE)}, after {perf_counter() - begun:.0f} s.")
    print(tables(told))
    if not quick:
        draw()


if __name__ == "__main__":
    main()
