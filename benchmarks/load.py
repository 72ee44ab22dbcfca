"""What is asked for, for so long, by whoever does it here: Debian's wrk, or else our own client."""

import json
import subprocess
from pathlib import Path

import uvloop

from benchmarks.client import ask_for
from benchmarks.processes import found_program, program
from benchmarks.requests import Request
from benchmarks.seen import Load, Unsound

SUMMARY, WALK = (Path(__file__).with_name(name) for name in ("summary.lua", "walk.lua"))


def generator() -> str:
    """Who makes the load on this machine, in words."""
    return "Debian's wrk" if found_program("wrk") else "a client in Python, for want of wrk"


def load(url: str, request: Request, connections: int, seconds: int) -> Load:
    """Ask for ``url`` over so many kept connections, one request at a time on each, in one thread.

    Raises Unsound: an answer was of another status or too short, or a connection broke."""
    if found_program("wrk"):
        return by_wrk(url, request, connections, seconds)
    return uvloop.run(ask_for(url, request, connections, seconds))


def by_wrk(url: str, request: Request, connections: int, seconds: int) -> Load:
    """Load by wrk, which drops at its end what is under way, at most a request on each connection."""
    seen = wrk(url, request, connections, seconds)
    if seen["refused"] or seen["broken"] or not seen["answers"] or seen["bytes"] < seen["answers"] * request.size:
        raise Unsound(f"{url}: {seen}")
    rate = seen["answers"] / (seen["microseconds"] / 1e6)
    return Load(seen["answers"], rate, seen["p50"] / 1e6, seen["p99"] / 1e6, dropped=connections)


def wrk(url: str, request: Request, connections: int, seconds: int, *paths: str) -> dict[str, int]:
    """What wrk says of a turn, whatever that was: answers, those of them that were refusals, what broke, microseconds.

    Where there are ``paths``, they are asked for in turn, of the server of ``url``."""
    options = (f"-c{connections}", f"-d{seconds}s", "--timeout=30s", "-s", str(WALK if paths else SUMMARY))
    headers = [word for name, value in request.headers.items() for word in ("-H", f"{name}: {value}")]
    command = (program("wrk"), "-t1", *options, *headers, url, "--", request.method, request.body, *paths)
    finished = subprocess.run(command, check=True, capture_output=True, start_new_session=True)
    seen: dict[str, int] = json.loads(finished.stdout.splitlines()[-1])
    return seen
