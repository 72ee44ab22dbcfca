"""The PostgreSQL of a benchmark: the service's own, on a disk, with a database for each who is measured."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter, sleep
from typing import LiteralString
from urllib.parse import urlsplit

from attrs import frozen
from psycopg import connect
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from adapters.postgres.embedded import embedded_postgres
from benchmarks.seen import Unsound

CONNECTIONS = {"max_connections": "300"}  # the first version keeps 128; all else is as the service starts it
MEMORY = ("tmpfs", "ramfs")
QUIET = 0.25  # seconds in which nothing is written; the service gathers deliveries for less
PATIENCE = 60.0  # seconds
PAGE = bytes(8192)  # what PostgreSQL writes at once

WRITTEN_SO_FAR = "SELECT pg_current_wal_insert_lsn()"

# Its own connection tells the server's settings; that no role and no database overrides them, the catalogue.
VOLATILE = """
    SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting <> 'on'
    UNION ALL SELECT array_to_string(setconfig, ', ') FROM pg_db_role_setting
    UNION ALL SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relpersistence <> 'p'"""


@frozen
class Postgres:
    """A running server; ``url`` is its first database."""

    url: str

    def database(self, name: str) -> str:
        """Make a database; its URL."""
        with connect(self.url, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """PostgreSQL on ``folder``, as the service starts its own. Raises Unsound: that is no disk."""
    kind = subprocess.run(("stat", "-f", "-c", "%T", str(folder.parent)), check=True, capture_output=True, text=True)
    if kind.stdout.strip() in MEMORY:
        raise Unsound(f"{folder.parent} is memory, where nothing is durable")
    with embedded_postgres(folder, settings=CONNECTIONS) as url:
        yield Postgres(url)


def told(url: str, statement: LiteralString) -> TupleRow:
    """The first row that the database answers; empty if there is none."""
    with connect(url, autocommit=True) as connection:
        return connection.execute(statement).fetchone() or ()


def settled(url: str, statement: LiteralString) -> Callable[[], int]:
    """A count by ``statement`` once everything is written down. It raises Unsound: that does not end."""

    def count() -> int:
        rest(url)
        return int(told(url, statement)[0])

    return count


def rest(url: str) -> None:
    """Return when nobody has written anything on the server for a while: neither what wrk dropped, nor what is left for
    later, shall burden the next turn. Raises Unsound: that does not end."""
    deadline, before, now = monotonic() + PATIENCE, None, told(url, WRITTEN_SO_FAR)
    while before != now:
        if monotonic() > deadline:
            raise Unsound(f"{urlsplit(url).path}: the server still writes, {PATIENCE} s after the load ended")
        sleep(QUIET)
        before, now = now, told(url, WRITTEN_SO_FAR)


def check_durable(url: str) -> None:
    """Raises Unsound: something that is committed there could be lost."""
    volatile = told(url, VOLATILE)
    if volatile:
        raise Unsound(f"{urlsplit(url).path}: {volatile[0]}: what is committed could be lost")


def flush_seconds(folder: Path) -> float:
    """How long the disk below ``folder`` takes to keep a page, which bounds the commits of one after another."""
    taken = []
    with (folder / "flushed").open("wb", buffering=0) as file:
        for _ in range(100):
            file.write(PAGE)
            began = perf_counter()
            os.fdatasync(file.fileno())
            taken.append(perf_counter() - began)
    return median(taken)
