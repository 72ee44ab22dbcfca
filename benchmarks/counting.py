"""Who streams and counts in `benchmarks.plays`: the service with batches and without, and the first version."""

from contextlib import ExitStack
from pathlib import Path
from typing import LiteralString

from attrs import frozen
from psycopg import connect

from benchmarks.durable import Postgres, postgres, rest, told
from benchmarks.first_version.server import first_version
from benchmarks.load import Unsound
from benchmarks.recordings import KB_100, Request
from benchmarks.served import Served
from benchmarks.service import MODULE, service

SERVICE, ALONE, FIRST = "service", "service, a transaction each", "first version"
ASKED = Request(KB_100, first_bytes=100)
CLIPS = 100

COUNTED = "SELECT coalesce(sum(plays), 0)::bigint FROM play_counts"
COUNTED_FIRST = "SELECT coalesce(sum(play_count), 0)::bigint FROM clips"
WRITTEN = "SELECT count(*), count(DISTINCT xmin::text) FROM plays"
ADD_FIRST = """
    INSERT INTO clips (title, file, media_type, play_count)
    SELECT 'Clip ' || number, %s, 'audio/wav', 0 FROM generate_series(1, %s) AS number"""


@frozen
class Counting:
    """Somebody who streams and counts: clips at ``urls``, a database of its own, and how that tells all plays."""

    name: str
    urls: tuple[str, ...]
    pid: int
    database: str
    counted: LiteralString

    def plays(self) -> int:
        """All plays so far, once everything is written down. Raises Unsound: that does not end."""
        rest(self.database)
        return self.plays_now()

    def plays_now(self) -> int:
        return int(told(self.database, self.counted)[0])

    def of(self, clips: int) -> Served:
        """As a subject, with so many of its clips."""
        return Served(self.name, self.urls[:clips], ASKED, self.pid, self.plays)


def starting(stack: ExitStack, folder: Path) -> tuple[Counting, Counting, Counting]:
    """Start all three; ``stack`` ends it."""
    media = folder / "media"
    media.mkdir()
    KB_100.write_to(media)
    server = stack.enter_context(postgres(folder / "postgres"))
    return (
        ours(stack, folder, server, SERVICE),
        ours(stack, folder, server, ALONE),
        theirs(stack, folder, server),
    )


def ours(stack: ExitStack, folder: Path, server: Postgres, name: str) -> Counting:
    """The service, with batches or without."""
    place, module = {SERVICE: ("shared", MODULE), ALONE: ("alone", "benchmarks.alone")}[name]
    database, library = server.database(place), [folder / "media" / KB_100.name]
    started = stack.enter_context(service(folder / place, library, module=module, DATABASE_URL=database))
    clips = [started.add(f"library:{KB_100.name}") for _ in range(CLIPS)]
    return Counting(name, tuple(map(started.stream_url, clips)), started.process.pid, database, COUNTED)


def theirs(stack: ExitStack, folder: Path, server: Postgres) -> Counting:
    """The first version."""
    database = server.database("first")
    started = stack.enter_context(first_version(folder / "media", database, folder / "first.errors"))
    with connect(database, autocommit=True) as connection:
        connection.execute(ADD_FIRST, (KB_100.name, CLIPS))
    urls = tuple(map(started.stream_url, range(1, CLIPS + 1)))
    return Counting(FIRST, urls, started.process.pid, database, COUNTED_FIRST)


def plays_a_commit(ours: Counting) -> float:
    """How many plays shared a commit. Raises Unsound: the plays written down are not those that were counted."""
    written, commits = told(ours.database, WRITTEN)
    if written != ours.plays():
        raise Unsound(f"{ours.name}: {written} plays written down, {ours.plays()} counted")
    return float(written / commits)


def commits_shared(shared: Counting, alone: Counting) -> dict[str, float]:
    """How many plays shared a commit, by name. Raises Unsound: it was not as it is told."""
    if (each_alone := plays_a_commit(alone)) != 1.0:
        raise Unsound(f"{alone.name}: {each_alone} plays shared a commit")
    return {SERVICE: plays_a_commit(shared), ALONE: each_alone, FIRST: 1.0}
