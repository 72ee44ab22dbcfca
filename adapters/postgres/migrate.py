"""Brings a database up to date: by numbered SQL files, each once, in order, in a transaction of its own; and by what
only Python can make of the rows that are there."""

from hashlib import sha256
from importlib.resources import files
from random import uniform
from time import sleep
from typing import Any, LiteralString

from attrs import frozen
from psycopg import Connection, DatabaseError, OperationalError, ProgrammingError, connect
from psycopg.errors import InsufficientPrivilege, LockNotAvailable, ReadOnlySqlTransaction

from adapters.postgres.earlier_clips import cut_words
from adapters.postgres.unfit import NO_URL, DatabaseUnfitError, MigrationChangedError
from domain.errors import StoreUnavailable

# One replica migrates, the others wait: a session-level advisory lock, freed by PostgreSQL when its connection ends.
LOCK = "SELECT pg_advisory_lock(hashtext('soundverse-play migrations'))"

# For another replica's migrations; one whose machine is gone keeps its lock until the server notices.
WAIT_NO_LONGER = "SET lock_timeout = '30s'"

# Of a line that is dead: seconds, and milliseconds for what was sent and is not acknowledged.
DEADLINES: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}

# Whoever wants to change a table waits for those who read it, and all who come to read it wait behind: not for long.
BE_POLITE = "SET lock_timeout = '1s'"
TRIES = 30  # for each migration, to find a moment in which nobody uses its tables
SECONDS_BETWEEN_TRIES = (0.5, 1.5)

# Asked first, since even CREATE … IF NOT EXISTS needs a right that a service under a lesser role has not.
IS_PREPARED = "SELECT to_regclass('schema_migrations') IS NOT NULL"

PREPARE = """
    CREATE TABLE schema_migrations (
        name       text PRIMARY KEY,
        sha256     text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )"""

APPLIED = "SELECT name, sha256 FROM schema_migrations"
NOTE_DOWN = "INSERT INTO schema_migrations (name, sha256) VALUES (%(name)s, %(sha256)s)"


@frozen
class Migration:
    """One numbered file: ``0001_what_it_does.sql``."""

    name: str
    sql: LiteralString

    @property
    def sha256(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All migrations that came with this version, in order."""
    found = [file for file in files("adapters.postgres").joinpath("migrations").iterdir() if file.name.endswith(".sql")]
    return [Migration(file.name, file.read_text("utf-8")) for file in sorted(found, key=lambda file: file.name)]


def migrate(conninfo: str) -> list[str]:
    """Apply what is missing and return its names; safe from several processes at once, and while others are served.

    Clips that have no words yet are given theirs, since a file of SQL cannot cut them.

    Migrations of a later version that are already there are left alone, so that an old replica can still start.

    Raises StoreUnavailable: what may mend itself or be mended there, such as a database that is away or read-only, a
    password, a right, a table that is never free. Raises DatabaseUnfitError: what waiting does not mend, such as an
    encoding that cannot hold every text, or other tables of these names. Raises MigrationChangedError."""
    with connected(conninfo) as connection:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise DatabaseUnfitError(f"its encoding is {encoding}, which cannot hold every title; UTF8 is needed")
        try:
            connection.execute(WAIT_NO_LONGER)
            connection.execute(LOCK)
            connection.execute(BE_POLITE)
            applied = apply_missing(connection)
            cut_words(connection)
            return applied
        except (OperationalError, ReadOnlySqlTransaction, InsufficientPrivilege) as error:
            raise StoreUnavailable(first_words(error)) from error
        except DatabaseError as error:
            raise DatabaseUnfitError(first_words(error)) from error


def connected(conninfo: str) -> Connection:
    """A connection that its ``with`` closes. Raises StoreUnavailable, DatabaseUnfitError."""
    try:
        return connect(conninfo, autocommit=True, application_name="soundverse-play migrate", **DEADLINES)
    except OperationalError as error:
        raise StoreUnavailable(str(error).strip()) from error
    except ProgrammingError as error:  # its text quotes the value, and with it perhaps a password
        raise DatabaseUnfitError(NO_URL) from error


def first_words(error: DatabaseError) -> str:
    return error.diag.message_primary or str(error).strip()


def apply_missing(connection: Connection) -> list[str]:
    if connection.execute(IS_PREPARED).fetchone() == (False,):
        connection.execute(PREPARE)
    applied: dict[str, str] = dict(connection.execute(APPLIED).fetchall())
    for migration in migrations():
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationChangedError(migration.name)
    missing = [migration for migration in migrations() if migration.name not in applied]
    for migration in missing:
        apply(connection, migration)
    return [migration.name for migration in missing]


def apply(connection: Connection, migration: Migration) -> None:
    """Apply it as a whole, in one of several moments. Raises LockNotAvailable: none was quiet enough."""
    for tries_left in reversed(range(TRIES)):
        try:
            with connection.transaction():
                connection.execute(migration.sql)
                connection.execute(NOTE_DOWN, {"name": migration.name, "sha256": migration.sha256})
            return
        except LockNotAvailable:
            if not tries_left:
                raise
            sleep(uniform(*SECONDS_BETWEEN_TRIES))  # noqa: S311  # no secret, only not all at once
