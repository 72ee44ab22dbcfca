"""The PostgreSQL of a benchmark: the service's own, on a disk, with a database for each who is measured."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import LiteralString
from urllib.parse import urlsplit

from attrs import frozen
from psycopg import connect
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from adapters.postgres.embedded import embedded_postgres
from benchmarks.load import Unsound

CONNECTIONS = {"max_connections": "150"}  # the first version keeps 64; all else is as the service starts it
MEMORY = ("tmpfs", "ramfs")
PAGE = bytes(8192)  # what PostgreSQL writes at once

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
