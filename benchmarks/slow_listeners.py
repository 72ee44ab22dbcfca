"""What slow listeners cost: ``python -m benchmarks.slow_listeners``.

200 of them hear a 50 MB clip at 50 kB a second: from a file, relayed, and kept in the cache. Meanwhile the service's
process is watched: how much its memory grows, and how long a new listener waits for the first byte, beside how long
that takes when it is idle. Each kind has a service of its own. PostgreSQL's processes are not counted as its memory.
"""

import asyncio
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from attrs import Factory, asdict, define, frozen

from benchmarks.listeners import SPEED, first_byte, listen_slowly
from benchmarks.measures import Measure
from benchmarks.nginx import nginx
from benchmarks.processes import end_by_signals, found_program, memory, temporary_folder
from benchmarks.recordings import MB_50
from benchmarks.report import VERDICTS, machine, write_json
from benchmarks.seen import Unsound
from benchmarks.service import HERE, Service, clip_at, library_clip, service

LISTENERS = 200
GROWTH = {"file": 40e6, "relayed": 200e6, "kept": 200e6}  # bytes, at most
START = 2.0  # times as long as idle, at most


@define(eq=False)
class Watch:
    """What was seen of a service: memory in bytes at each look, and seconds to a new listener's first byte."""

    rss: list[int] = Factory(list)
    pss: list[int] = Factory(list)
    starts: list[float] = Factory(list)

    async def look(self, running: Service, url: str) -> None:
        now = memory(running.process.pid)
        self.rss.append(now["Rss"])
        self.pss.append(now["Pss"])
        self.starts.append(await first_byte(url))


@frozen
class Finding:
    """What slow listeners cost. Memory is bytes; ``idle`` and ``beside`` are median seconds to the first byte."""

    kind: str
    growth: int
    growth_pss: int
    idle: float
    beside: float
    beside_longest: float
    bytes_per_second: float

    @property
    def is_met(self) -> bool:
        return self.growth <= GROWTH[self.kind] and self.beside <= START * self.idle


async def watched(kind: str, running: Service, url: str, seconds: float) -> Finding:
    """Look at the service idle, then with all listeners, four times a second. Raises Unsound: they heard too little."""
    idle, beside = Watch(), Watch()
    for _ in range(20):
        await idle.look(running, url)
    until = asyncio.get_running_loop().time() + seconds
    async with asyncio.TaskGroup() as listeners:
        tasks = [listeners.create_task(listen_slowly(url, until)) for _ in range(LISTENERS)]
        await asyncio.sleep(min(2.0, seconds / 4))
        while asyncio.get_running_loop().time() < until:
            await beside.look(running, url)
            await asyncio.sleep(0.25)
    rate = min(task.result() for task in tasks) / seconds
    if rate < 0.8 * SPEED:
        raise Unsound(f"{kind}: the slowest listener heard {rate:.0f} bytes a second, not {SPEED}")
    return Finding(
        kind,
        max(beside.rss) - idle.rss[-1],
        max(beside.pss) - idle.pss[-1],
        median(idle.starts),
        median(beside.starts),
        max(beside.starts),
        rate,
    )


def measures_of(seconds: float) -> list[Measure]:
    """What is promised of slow listeners; without nginx there is no source that could be relayed. Raises Unsound."""
    kinds = ("file", "relayed") if found_program("nginx") else ("file",)
    return [measure for finding in findings(kinds, seconds) for measure in promised(finding)]


def promised(finding: Finding) -> Iterator[Measure]:
    kind, most = finding.kind, GROWTH[finding.kind] / 1e6
    yield Measure(f"memory that {LISTENERS} slow listeners take ({kind})", "MB", (finding.growth / 1e6,), most)
    new, idle = (finding.beside * 1e3,), (finding.idle * 1e3,)
    yield Measure(f"first byte amid them, and idle ({kind})", "ms", new, START, idle)


def findings(kinds: Iterable[str], seconds: float) -> list[Finding]:
    """What was found of each kind in turn. Raises Unsound."""
    unsound: list[Exception] = []
    with temporary_folder() as folder:
        try:
            return asyncio.run(found(folder, kinds, seconds))
        except* Unsound as faults:  # one who was refused, or all of them
            unsound.extend(faults.exceptions)
    raise unsound[0]


async def found(folder: Path, kinds: Iterable[str], seconds: float) -> list[Finding]:
    """Each kind in turn, over a service that was just started."""
    files = folder / "files"
    files.mkdir()
    MB_50.write_to(files)
    seen = []
    for kind in kinds:
        with ExitStack() as stack:
            clip = library_clip(MB_50)
            if kind != "file":
                source = stack.enter_context(nginx(folder / f"source-{kind}", files))
                clip = clip_at(f"{source.url}/{MB_50.name}")
            cache = {"PLAY_CACHE_SIZE": "0"} if kind == "relayed" else {}
            running = stack.enter_context(service(folder / kind, [files / MB_50.name], **cache))
            url = running.stream_url(await asyncio.to_thread(running.add, clip))
            seen.append(await watched(kind, running, url, seconds))
    return seen


def row(finding: Finding) -> str:
    growth = f"{finding.growth / 1e6:.0f} | {finding.growth_pss / 1e6:.0f} | ≤ {GROWTH[finding.kind] / 1e6:.0f}"
    start = f"{finding.idle * 1e3:.1f} | {finding.beside * 1e3:.1f} | {finding.beside_longest * 1e3:.1f}"
    times = f"{finding.beside / finding.idle:.2f} | ≤ {START:.0f}"
    return f"| {finding.kind} | {growth} | {start} | {times} | {VERDICTS[finding.is_met]} |"


def main() -> None:
    parser = ArgumentParser(description=f"Measure what {LISTENERS} slow listeners cost.")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long they listen, for each kind")
    seconds = parser.parse_args().seconds
    end_by_signals()
    where = machine()
    try:
        seen = findings(GROWTH, seconds)
    except Unsound as fault:
        sys.exit(f"Nothing is told of what was measured, for it is unsound: {fault}")
    print("| kind | RSS + MB | PSS + MB | target | idle ms | beside ms | longest ms | times | target | |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    print("\n".join(map(row, seen)))
    json = [asdict(finding) | {"met": finding.is_met} for finding in seen]
    print(f"\nJSON: {write_json('slow_listeners', {'machine': where, 'findings': json}).relative_to(HERE)}")


if __name__ == "__main__":
    main()
