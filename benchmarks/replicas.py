"""What replicas bring, and what bounds them: ``python -m benchmarks.replicas [--quick]``.

One, two and four services over one PostgreSQL on a disk, behind Debian's nginx, in turns; then the ledger without HTTP,
of one, two and four processes; then what a delivery costs. A play that was answered and is not counted fails the run,
and so does a deadlock. Three and a half minutes; all of it shares this machine's processors, the load as well.
"""

import sys
from argparse import ArgumentParser
from asyncio import gather
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import client
from benchmarks.balanced import CLIPS, Balanced, Tally, balancer, replicas
from benchmarks.database_work import Work, first_process
from benchmarks.durable import Postgres, check_durable, flush_seconds, postgres
from benchmarks.figures import draw
from benchmarks.ledger_limits import Limits
from benchmarks.processes import end_by_signals, temporary_folder
from benchmarks.recordings import KB_100
from benchmarks.replicas_tables import ledger_table, replicas_table
from benchmarks.report import machine, write_json
from benchmarks.requests import Request, audio, by_browser
from benchmarks.seen import Unsound
from benchmarks.service import HERE

COUNTS = (1, 2, 4)
MANY = 64  # connections
PLAY = by_browser(audio(KB_100, first_bytes=100))  # so few that the counting is what costs
LIST = Request(lambda body: body.count(b'"play_count"') == 20)
HOT, *_ = SPREAD = [f"/play/{clip}/stream" for clip in range(1, CLIPS + 1)]
WORKS: Mapping[str, tuple[Sequence[str], Request]] = {
    "plays of one clip": ([HOT], PLAY),
    f"plays of {CLIPS} clips": (SPREAD, PLAY),
    "a list of 20": (["/play?limit=20"], LIST),
}


def behind_nginx(groups: Mapping[int, Balanced], tally: Tally, rounds: int, seconds: int) -> Iterator[dict[str, Any]]:
    """Each work by each number of replicas, in turns; the turn of middle rate. Raises Unsound."""
    for work, (paths, request) in WORKS.items():
        turns: dict[int, list[dict[str, Any]]] = {count: [] for count in groups}
        for _ in range(rounds):
            for count, group in groups.items():
                say(f"{work}, {count} replicas")
                turns[count].append(group.turn(paths, request, MANY, seconds))
                answers = turns[count][-1]["answers"]
                if request is PLAY:
                    tally.add(answers, answers + MANY)
        for count, seen in turns.items():
            rates = sorted(turn["per_second"] for turn in seen)
            middle = next(turn for turn in seen if turn["per_second"] == rates[len(rates) // 2])
            yield {"work": work, "replicas": count, "rates": rates} | middle


async def prove(groups: Mapping[int, Balanced], tally: Tally) -> None:
    """Have every byte looked at and every play counted, through each number of replicas. Raises Unsound."""
    for group in groups.values():
        hot = await client.prove(group.url + HOT, PLAY, MANY)
        spread = await gather(*(client.prove(group.url + path, PLAY, 1) for path in SPREAD))
        await client.prove(group.url + "/play?limit=20", LIST, MANY)
        tally.add(hot + sum(spread), hot + sum(spread))


def without_http(limits: Limits, *, quick: bool) -> dict[str, Any]:
    """What PostgreSQL takes of several ledgers, and of deliveries. Raises Unsound."""
    ledgers, written, seconds = [], [], 1 if quick else 3
    for clips in (1, CLIPS):
        for callers in (MANY,) if quick else (MANY, 4 * MANY):
            for processes in COUNTS:
                say(f"ledger: {clips} clips, {processes} processes with {callers} callers")
                ledgers.append(limits.plays(clips, processes, callers, seconds))
    for at_once in (100,) if quick else (10, 100, 1_000):
        say(f"deliveries, {at_once} at once")
        written.append(limits.deliveries(at_once, seconds))
    return {"ledger": ledgers, "deliveries": written, "bytes_a_row": dict(limits.bytes_a_row())}


def measured(server: Postgres, folder: Path, pid: int, *, quick: bool) -> dict[str, Any]:
    """All of it, over one database. Raises Unsound: something was lost, or two transactions met in a circle."""
    before = Work.so_far(server.url, pid)
    with ExitStack() as stack:
        database, services = replicas(stack, folder, server, COUNTS[-1])
        check_durable(database)
        process, urls = stack.enter_context(balancer(folder / "nginx", services, COUNTS))
        groups = {count: Balanced(url, services[:count], process, database, pid) for count, url in urls.items()}
        tally = Tally(database)
        uvloop.run(prove(groups, tally))
        http = list(behind_nginx(groups, tally, 1 if quick else 3, 1 if quick else 2))
    tally.check_sums()
    found = without_http(Limits(database, pid), quick=quick)
    tally.check_sums()
    say("forgetting")
    found["forgetting"] = uvloop.run(Limits(database, pid).forgetting(3 if quick else 9))
    if deadlocks := Work.so_far(server.url, pid).since(before).deadlocks:
        raise Unsound(f"{deadlocks} deadlocks")
    return {"http": http, **found}


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    parser = ArgumentParser(description="Measure replicas over one database.")
    parser.add_argument("--quick", action="store_true", help="in a minute: one short round; nothing is drawn")
    quick = parser.parse_args().quick
    end_by_signals()
    where = machine()
    try:
        with temporary_folder() as folder, postgres(folder / "postgres") as server:
            facts = {"machine": where, "connections": MANY, "flush_seconds": flush_seconds(folder)}
            found = facts | measured(server, folder, first_process(folder / "postgres"), quick=quick)
    except Unsound as fault:
        sys.exit(f"Nothing is told of what was measured, for it is unsound: {fault}")
    file = write_json("replicas-quick" if quick else "replicas", found)
    print(replicas_table(found), ledger_table(found), f"JSON: {file.relative_to(HERE)}", sep="\n\n")
    if not quick:
        draw()


if __name__ == "__main__":
    main()
