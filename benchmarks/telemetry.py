"""What telemetry costs: ``python -m benchmarks.telemetry [--quick]``.

Side by side and in turns: the service as it comes, without its log lines, with traces, and without any telemetry.
Listeners ask for the first 100 bytes of a hot clip, so that nothing else costs much. All use one PostgreSQL on a disk.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.comparison import Comparison
from benchmarks.durable import Postgres, check_durable, postgres, settled
from benchmarks.processes import LOOPBACK, end_by_signals, free_port, running, temporary_folder, wait_until_answering
from benchmarks.recordings import KB_100
from benchmarks.report import as_json, machine, markdown, write_json
from benchmarks.requests import audio
from benchmarks.seen import Unsound
from benchmarks.served import Served
from benchmarks.service import COUNTED, HERE, MODULE, library_clip, service

SERVICE, UNLOGGED, SAMPLED, TRACED, UNTOLD = (
    "service",
    "service, no log lines",
    "service, 1 in 100 traced",
    "service, all traced",
    "service, no telemetry",
)
MOST_IT_MAY_COST = 0.15  # of the throughput of a processor
BUSY = 64  # listeners at once
ROUNDS = 8  # of one second: many short ones see the same machine, however busy it is with other things
UNLOGGED_SETTINGS = {"PLAY_LOG_LEVEL": "warning"}


def subjects(stack: ExitStack, folder: Path) -> list[Served]:
    """Start all; ``stack`` ends it. The one without telemetry is last: the others are compared to it."""
    (folder / "media").mkdir()
    KB_100.write_to(folder / "media")
    server = stack.enter_context(postgres(folder / "postgres"))
    traced = {"PLAY_OTLP_ENDPOINT": collector(stack, folder)}
    sampled = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"}
    return [
        started(stack, folder, server, SERVICE),
        started(stack, folder, server, UNLOGGED, **UNLOGGED_SETTINGS),
        started(stack, folder, server, SAMPLED, **traced, **sampled),
        started(stack, folder, server, TRACED, **traced),
        started(stack, folder, server, UNTOLD, "benchmarks.untold"),
    ]


def started(
    stack: ExitStack, folder: Path, server: Postgres, name: str, module: str = MODULE, **settings: str
) -> Served:
    """A service with a database of its own and one clip."""
    place = "".join(letter if letter.isalnum() else "_" for letter in name)
    database, library = server.database(place), [folder / "media" / KB_100.name]
    check_durable(database)
    running_one = stack.enter_context(
        service(folder / place, library, module=module, DATABASE_URL=database, **settings)
    )
    url = running_one.stream_url(running_one.add(library_clip(KB_100)))
    return Served(name, url, audio(KB_100, 100), running_one.process.pid, settled(database, COUNTED))


def collector(stack: ExitStack, folder: Path) -> str:
    """Where traces are sent: to a process of its own."""
    url = f"http://{LOOPBACK}:{free_port()}"
    command = (sys.executable, "-m", "benchmarks.collector", url.rpartition(":")[2])
    errors = stack.enter_context((folder / "collector.errors").open("wb"))
    wait_until_answering(url, stack.enter_context(running(command, errors, cwd=HERE)))
    return url


def comparisons(streams: list[Served], *, quick: bool) -> Iterator[Comparison]:
    for connections in (BUSY,) if quick else (1, BUSY):
        yield Comparison(f"hot clip at {connections}", connections, streams)


def done(comparison: Comparison) -> Comparison:
    """Prove it and measure it. Raises Unsound."""
    print(f"{comparison.work}: {ROUNDS} rounds of 1 s", file=sys.stderr, flush=True)
    comparison.prove()
    for _ in range(ROUNDS):
        comparison.round(1)
    return comparison


def processor_time(comparison: Comparison) -> str:
    """What an answer took of the processor, by subject, in words: others on the machine change it least."""
    taken = {
        name: median(turn.cores / turn.load.per_second for turn in turns) for name, turns in comparison.turns.items()
    }
    least = taken[UNTOLD]
    told = ", ".join(f"{name} {each * 1e6:.0f} µs ({least / each:.2f})" for name, each in taken.items())
    text = f"Processor time of an answer, {comparison.work}: {told}."
    if comparison.connections < BUSY:  # then it is mostly what is done for nobody in particular
        return text
    verdict = "met" if least / taken[SERVICE] >= 1 - MOST_IT_MAY_COST else "missed"
    return f"{text} {SERVICE} ≥ {1 - MOST_IT_MAY_COST}: {verdict}."


def main() -> None:
    parser = ArgumentParser(description="Measure what telemetry costs.")
    parser.add_argument("--quick", action="store_true", help="in a minute: many listeners only")
    quick = parser.parse_args().quick
    end_by_signals()
    where = machine()
    try:
        with temporary_folder() as folder, ExitStack() as stack:
            measured = comparisons(subjects(stack, folder), quick=quick)
            found = [done(each) for each in measured]
    except Unsound as fault:
        sys.exit(f"Nothing is told of what was measured, for it is unsound: {fault}")
    print(markdown(found, where), *map(processor_time, found), sep="\n\n")
    print(f"\nJSON: {write_json('telemetry', as_json(found, where)).relative_to(HERE)}")


if __name__ == "__main__":
    main()
