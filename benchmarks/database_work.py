"""What a PostgreSQL has done, and what its backends wait for, while somebody else is measured."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from attrs import asdict, frozen
from psycopg import connect

from benchmarks.processes import processor_seconds

SECONDS_BETWEEN_LOOKS = 0.02

# Flushes are what every process has told of its own; one that is idle has told all.
DONE = """
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint,
           (SELECT sum(fsyncs)::bigint FROM pg_stat_io WHERE object = 'wal'),
           (SELECT sum(deadlocks)::bigint FROM pg_stat_database)"""

WAITING = """
    SELECT coalesce(wait_event_type, 'running'), coalesce(wait_event, ''), count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()
    GROUP BY 1, 2"""


@frozen
class Work:
    """What was done: processor seconds, bytes of the write-ahead log, flushes of it to the disk, deadlocks."""

    processor: float
    wal: int
    flushes: int
    deadlocks: int

    @classmethod
    def so_far(cls, url: str, pid: int) -> "Work":
        """Of the server whose first process is ``pid``; ``url`` is a database of it."""
        with connect(url, autocommit=True) as connection:
            [(wal, flushes, deadlocks)] = connection.execute(DONE).fetchall()
        return cls(processor_seconds(pid), wal, flushes, deadlocks)

    def since(self, before: "Work") -> "Work":
        now, then = asdict(self), asdict(before)
        return Work(**{name: now[name] - then[name] for name in now})


def first_process(folder: Path) -> int:
    """The process of PostgreSQL on ``folder`` that started all the others."""
    return int((folder / "database" / "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def waits(url: str) -> Iterator[dict[str, float]]:
    """How many backends of a database are at what, on average, while the block lasts; filled in when it ends.

    ``running`` waits for nothing, a ``Lock`` is a row or transaction of another's, an ``LWLock`` a structure in memory,
    an ``IO`` the disk."""
    found: dict[str, float] = {}
    seen, looks, is_over = Counter[str](), Counter[str](), Event()

    def look() -> None:
        with connect(url, autocommit=True) as connection:
            while not is_over.wait(SECONDS_BETWEEN_LOOKS):
                looks["all"] += 1
                for kind, event, backends in connection.execute(WAITING):
                    seen[f"{kind} {event}".strip()] += backends

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        is_over.set()
        watcher.join()
    found |= {name: round(count / looks["all"], 3) for name, count in seen.most_common()}
