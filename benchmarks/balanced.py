"""Replicas over one database, behind Debian's nginx as docs/nginx.md has it, and what a turn of them shows."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from attrs import define, frozen

from benchmarks.database_work import Work, waits
from benchmarks.durable import Postgres, rest, told
from benchmarks.load import wrk
from benchmarks.processes import (
    LOOPBACK,
    Process,
    free_port,
    processor_seconds,
    program,
    running,
    wait_until_answering,
)
from benchmarks.recordings import KB_100
from benchmarks.requests import Request
from benchmarks.seen import Unsound
from benchmarks.service import COUNTED, Service, library_clip, service

CLIPS = 100
# Nothing is logged, and no connection closed before the load closes it; all else is what docs/nginx.md says.
CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 100000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
    proxy_buffering off; proxy_next_upstream off;
    {groups}
}}
"""
GROUP = """
    upstream play_{count} {{ least_conn; {servers} keepalive 64; keepalive_requests 100000000; }}
    server {{ listen {loopback}:{port} backlog=2048; location / {{ proxy_pass http://play_{count}; }} }}"""

ALL_COUNTED = """
    SELECT (SELECT count(*) FROM plays), (SELECT sum(plays) FROM play_counts)::bigint,
           (SELECT sum(count) FROM counts WHERE counter = 'play_count' AND interval = 'hour' AND clip_id > 0)::bigint,
           (SELECT sum(count) FROM counts WHERE counter = 'play_count' AND interval = 'day' AND clip_id < 0)::bigint"""


@define(eq=False)
class Tally:
    """The fewest and the most plays that a database can have counted, by what its listeners have seen."""

    database: str
    answered: int = 0
    asked: int = 0

    def add(self, answered: int, asked: int) -> None:
        """Add what listeners saw of a turn. Raises Unsound: what is counted by now does not fit it."""
        self.answered += answered
        self.asked += asked
        rest(self.database)
        counted = int(told(self.database, COUNTED)[0])
        if not self.answered <= counted <= self.asked:
            raise Unsound(f"{counted} plays counted, {self.answered} answered, {self.asked} asked for")

    def check_sums(self) -> None:
        """Raises Unsound: a sum is not that of the plays that were written down."""
        sums = told(self.database, ALL_COUNTED)
        if len(set(sums)) != 1:
            raise Unsound(f"plays written down, their totals, and those by hour and day: {sums}")


@frozen
class Balanced:
    """So many ``services`` behind nginx at ``url``, over ``database`` of a server whose first process is ``server``."""

    url: str
    services: Sequence[Service]
    balancer: Process
    database: str
    server: int

    def turn(self, paths: Sequence[str], request: Request, connections: int, seconds: int) -> dict[str, Any]:
        """What a turn of load shows: answers a second, how long one took, what it cost whom, and who waited for what.

        Raises Unsound: an answer was no 2xx, or a connection broke."""
        first, *others = (f"{self.url}{path}" for path in paths)
        work, used, began = Work.so_far(self.database, self.server), self._processor(), perf_counter()
        with waits(self.database) as waited:
            seen = wrk(first, request, connections, seconds, *(paths if others else ()))
        if seen["refused"] or seen["broken"] or not seen["answers"]:
            raise Unsound(f"{first}: {seen}")
        rest(self.database)
        done, lasted = Work.so_far(self.database, self.server).since(work), perf_counter() - began
        cost = {name: after - used[name] for name, after in self._processor().items()} | {"database": done.processor}
        return {
            "answers": seen["answers"],
            "per_second": seen["answers"] / (seen["microseconds"] / 1e6),
            "median": seen["p50"] / 1e3,
            "p99": seen["p99"] / 1e3,
            "cost": {name: seconds / seen["answers"] * 1e6 for name, seconds in cost.items()},
            "cores": sum(cost.values()) / lasted,
            "wal": done.wal / seen["answers"],
            "waits": waited,
        }

    def _processor(self) -> dict[str, float]:
        replicas = sum(processor_seconds(each.process.pid) for each in self.services)
        return {"replicas": replicas, "balancer": processor_seconds(self.balancer.pid)}


def replicas(stack: ExitStack, folder: Path, server: Postgres, most: int) -> tuple[str, list[Service]]:
    """So many services over one database with clips, and its URL; ``stack`` ends them."""
    KB_100.write_to(folder)
    database = server.database("replicas")
    settings = {"DATABASE_URL": database, "PLAY_TRUSTED_PROXIES": LOOPBACK, "PLAY_WRITE_RATE": "off"}
    services = [
        stack.enter_context(service(folder / f"replica-{number}", [folder / KB_100.name], **settings))
        for number in range(most)
    ]
    for _ in range(CLIPS):
        services[0].add(library_clip(KB_100))
    return database, services


@contextmanager
def balancer(
    folder: Path, services: Sequence[Service], counts: Sequence[int]
) -> Iterator[tuple[Process, dict[int, str]]]:
    """nginx, and by each of ``counts`` the URL at which it balances the first so many services."""
    folder.mkdir()
    urls = {count: f"http://{LOOPBACK}:{free_port()}" for count in counts}
    groups = [
        GROUP.format(
            count=count,
            loopback=LOOPBACK,
            port=urlsplit(url).port,
            servers=" ".join(f"server {urlsplit(each.url).netloc};" for each in services[:count]),
        )
        for count, url in urls.items()
    ]
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, groups="".join(groups)))
    command = (program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf"))
    with (folder / "errors").open("wb") as errors, running(command, errors) as process:
        for url in urls.values():
            wait_until_answering(f"{url}/livez", process)
        yield process, urls
