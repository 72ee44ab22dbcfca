"""Load by Debian's wrk, and a slower client that looks at every byte."""

import asyncio
import json
import subprocess
from hashlib import sha256
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout, TCPConnector
from attrs import frozen

from benchmarks.processes import program

SCRIPT = Path(__file__).with_name("summary.lua")


class Unsound(Exception):
    """What was measured is not what was meant to be measured; the text says why."""


@frozen
class Load:
    """What wrk saw of one address: answers that came whole, per second, and how long one took (seconds)."""

    answers: int
    per_second: float
    median: float
    p99: float


def load(url: str, connections: int, seconds: int) -> Load:
    """Ask for ``url`` over so many kept connections, one request at a time on each, from one thread.

    At the end wrk drops what is under way, so up to ``connections`` more requests were made than answered.
    Raises Unsound: an answer was no 2xx or 3xx, or a connection broke."""
    command = (program("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout=30s", "-s", str(SCRIPT), url)
    finished = subprocess.run(command, check=True, capture_output=True, start_new_session=True)
    seen = json.loads(finished.stdout.splitlines()[-1])
    if seen["refused"] or seen["broken"] or not seen["answers"]:
        raise Unsound(f"{url}: {seen}")
    rate = seen["answers"] / (seen["microseconds"] / 1e6)
    return Load(seen["answers"], rate, seen["p50"] / 1e6, seen["p99"] / 1e6)


async def listen(url: str, connections: int, times: int, digest: bytes) -> None:
    """Ask for ``url`` so many times and read every byte.

    Raises Unsound: an answer was not 200, or not the bytes of this SHA-256 digest."""
    connector = TCPConnector(limit=connections)
    async with ClientSession(connector=connector, timeout=ClientTimeout(total=120)) as session:

        async def once() -> None:
            async with session.get(url) as answer:
                heard = sha256(await answer.read()).digest()
                if answer.status != 200 or heard != digest:
                    raise Unsound(f"{url}: status {answer.status}, bytes as they should be: {heard == digest}")

        await asyncio.gather(*(once() for _ in range(times)))
