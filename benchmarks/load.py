"""Load by Debian's wrk, and a slower client that looks at every byte."""

import asyncio
import json
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout, TCPConnector
from attrs import frozen

from benchmarks.processes import program
from benchmarks.recordings import Request

HERE = Path(__file__).parent
ONE, EACH = HERE / "summary.lua", HERE / "walk.lua"


class Unsound(Exception):
    """What was measured is not what was meant to be measured; the text says why."""


@frozen
class Load:
    """What was seen of a turn: answers that came whole, per second, and how long one took (seconds)."""

    answers: int
    per_second: float
    median: float
    p99: float


def load(urls: Sequence[str], request: Request, connections: int, seconds: int) -> Load:
    """Ask for ``urls``, of one server, in turn, over so many kept connections, one request at a time on each.

    One thread does it. At the end wrk drops what is under way, so up to ``connections`` more requests were made than
    answered. Raises Unsound: an answer was no 2xx or 3xx, or a connection broke."""
    options = (f"-c{connections}", f"-d{seconds}s", "--timeout=30s", "-s", str(EACH if urls[1:] else ONE))
    headers = [word for name, value in request.headers.items() for word in ("-H", f"{name}: {value}")]
    paths = [urlsplit(url).path for url in urls]
    command = (program("wrk"), "-t1", *options, *headers, urls[0], "--", *paths)
    finished = subprocess.run(command, check=True, capture_output=True, start_new_session=True)
    seen = json.loads(finished.stdout.splitlines()[-1])
    if seen["refused"] or seen["broken"] or not seen["answers"]:
        raise Unsound(f"{urls[0]}: {seen}")
    rate = seen["answers"] / (seen["microseconds"] / 1e6)
    return Load(seen["answers"], rate, seen["p50"] / 1e6, seen["p99"] / 1e6)


async def listen(urls: Sequence[str], request: Request, connections: int, times: int) -> None:
    """Ask for ``urls`` in turn, so many times in all, and read every byte.

    Raises Unsound: an answer was of another status, or not the right bytes."""
    connector, digest = TCPConnector(limit=connections), request.digest()
    async with ClientSession(connector=connector, timeout=ClientTimeout(total=120)) as session:

        async def once(url: str) -> None:
            async with session.get(url, headers=request.headers) as answer:
                heard = sha256(await answer.read()).digest()
                if answer.status != request.status or heard != digest:
                    raise Unsound(f"{url}: status {answer.status}, bytes as they should be: {heard == digest}")

        await asyncio.gather(*map(once, islice(cycle(urls), times)))
