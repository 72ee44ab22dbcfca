"""Everything that `benchmarks.bench` compares, running: each one process, over one PostgreSQL on a disk."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from attrs import frozen

from benchmarks.constant import constant_server
from benchmarks.durable import Postgres, check_durable, postgres, settled
from benchmarks.environments import OURS
from benchmarks.first_version.server import first_version
from benchmarks.nginx import Nginx, nginx
from benchmarks.pgbench import INSERT, UPDATE, Pgbench, pgbench
from benchmarks.processes import found_program
from benchmarks.recordings import KB_100, MB_1, Recording
from benchmarks.requests import Request, exactly
from benchmarks.served import Counter, Served
from benchmarks.service import CLIPS, COUNTED, Service, clip_at, service

COUNTED_FIRST = "SELECT coalesce(sum(play_count), 0)::bigint FROM clips"
HOT, LARGE, REMOTE, ALL = 1, 2, 3, 20  # clips, by their ids
PAGE, STATS = "/play", f"/play/{HOT}/stats"
UNLIMITED = {"PLAY_WRITE_RATE": "off"}  # one client adds more clips here than a client may


@frozen
class Contender:
    """A service over a database of its own, which tells what was written down."""

    service: Service
    database: str
    plays: Counter
    clips: Counter

    def asked(self, name: str, path: str, request: Request, written: Counter | None = None) -> Served:
        """As a subject of this name, asked for ``path``."""
        return Served(name, self.service.url + path, request, self.service.process.pid, written)


@frozen
class Web:
    """What needs nginx: the ``source`` of the remote clip, nginx as the ``limit``, and ours without a cache."""

    source: Nginx
    limit: Nginx
    cacheless: Contender


@frozen
class Stage:
    """Who is there; ``page`` and ``stats`` are constant bodies as long as ours. ``web`` is None without nginx."""

    ours: Contender
    first: Contender
    page: Served
    stats: Served
    inserting: Pgbench
    updating: Pgbench
    web: Web | None


def set_up(stack: ExitStack, folder: Path) -> Stage:
    """Start everything; ``stack`` ends it. Raises Unsound: what is committed could be lost."""
    files = folder / "files"
    files.mkdir()
    for recording in (KB_100, MB_1):
        recording.write_to(files)
    server = stack.enter_context(postgres(folder / "postgres"))
    source = stack.enter_context(nginx(folder / "source", files)) if found_program("nginx") else None
    started = partial(our, stack, folder, server, source)
    ours, first = started("ours", **UNLIMITED), their(stack, folder, server, source)
    page, stats = (constant(stack, folder / name, ours, path) for name, path in (("page", PAGE), ("stats", STATS)))
    bench = server.database("pgbench")
    check_durable(bench)
    inserting, updating = pgbench("pgbench INSERT", bench, INSERT), pgbench("pgbench UPDATE", bench, UPDATE)
    web = None
    if source is not None:
        limit = stack.enter_context(nginx(folder / "limit", files, source))
        web = Web(source, limit, started("cacheless", PLAY_CACHE_SIZE="0"))
    return Stage(ours, first, page, stats, inserting, updating, web)


def our(
    stack: ExitStack, folder: Path, server: Postgres, source: Nginx | None, name: str, **settings: str
) -> Contender:
    """Our service, as it comes but for ``settings``."""
    database, library = server.database(name), [folder / "files" / each.name for each in (KB_100, MB_1)]
    running = stack.enter_context(
        service(folder / name, library, python=OURS.python, DATABASE_URL=database, **settings)
    )
    fill(running, source, lambda recording: f"library:{recording.name}")
    check_durable(database)
    return Contender(running, database, settled(database, COUNTED), settled(database, CLIPS))


def their(stack: ExitStack, folder: Path, server: Postgres, source: Nginx | None) -> Contender:
    """The first version."""
    database = server.database("first")
    running = stack.enter_context(first_version(folder / "files", database, folder / "first.errors"))
    fill(running, source, lambda recording: recording.name)
    check_durable(database)
    return Contender(running, database, settled(database, COUNTED_FIRST), settled(database, CLIPS))


def fill(running: Service, source: Nginx | None, place: Callable[[Recording], str]) -> None:
    """Add the clips, the same to each but for where their files lie."""
    places = {LARGE: place(MB_1)} | ({REMOTE: f"{source.url}/{KB_100.name}"} if source else {})
    for number in range(1, ALL + 1):
        running.add(clip(number, places.get(number, place(KB_100))))


def clip(number: int, audio_url: str) -> dict[str, Any]:
    description = "As much as people say of a sound when they put it there for others to hear."
    return clip_at(audio_url, title=f"Noise number {number}", description=description)


def constant(stack: ExitStack, file: Path, ours: Contender, path: str) -> Served:
    """A constant body that is what ours answers now."""
    with urlopen(ours.service.url + path) as answer:
        body = answer.read()
    running = stack.enter_context(constant_server(file, body))
    return Served("constant body", running.url + path, exactly(body), running.process.pid)
