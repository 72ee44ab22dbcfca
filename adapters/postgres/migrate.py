"""Brings a database's schema up to date by numbered SQL files, each once, in order, in a transaction of its own."""

from hashlib import sha256
from importlib.resources import files
from typing import LiteralString

from attrs import frozen
from psycopg import Connection, DatabaseError, OperationalError, ProgrammingError, connect

from domain.errors import StoreUnavailable

# One replica migrates, the others wait: a session-level advisory lock, freed by PostgreSQL when its connection ends.
LOCK = "SELECT pg_advisory_lock(hashtext('soundverse-play migrations'))"

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


class MigrationChangedError(Exception):
    """A file that was applied to this database reads differently now; a landed migration never changes."""


def migrations() -> list[Migration]:
    """All migrations that came with this version, in order."""
    found = [file for file in files("adapters.postgres").joinpath("migrations").iterdir() if file.name.endswith(".sql")]
    return [Migration(file.name, file.read_text("utf-8")) for file in sorted(found, key=lambda file: file.name)]


def migrate(conninfo: str) -> list[str]:
    """Apply what is missing and return its names; safe from several processes at once.

    Migrations of a later version that are already there are left alone, so that an old replica can still start.

    Raises StoreUnavailable: there is no database, it cannot hold every text, or it refused: its user may not change it,
    it is read-only, it has tables of these names. Raises MigrationChangedError: nothing was applied."""
    with connected(conninfo) as connection:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreUnavailable(f"its encoding is {encoding}, which cannot hold every title; UTF8 is needed")
        try:
            connection.execute(LOCK)
            return apply_missing(connection)
        except DatabaseError as error:
            raise StoreUnavailable(error.diag.message_primary or str(error).strip()) from error


def connected(conninfo: str) -> Connection:
    """A connection that its ``with`` closes. Raises StoreUnavailable."""
    try:
        return connect(conninfo, autocommit=True, connect_timeout=5, application_name="soundverse-play migrate")
    except OperationalError as error:
        raise StoreUnavailable(str(error).strip()) from error
    except ProgrammingError as error:  # its text quotes the value, and with it perhaps a password
        raise StoreUnavailable("DATABASE_URL is not the URL of a PostgreSQL database") from error


def apply_missing(connection: Connection) -> list[str]:
    if connection.execute(IS_PREPARED).fetchone() == (False,):
        connection.execute(PREPARE)
    applied: dict[str, str] = dict(connection.execute(APPLIED).fetchall())
    for migration in migrations():
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationChangedError(migration.name)
    missing = [migration for migration in migrations() if migration.name not in applied]
    for migration in missing:
        with connection.transaction():
            connection.execute(migration.sql)
            connection.execute(NOTE_DOWN, {"name": migration.name, "sha256": migration.sha256})
    return [migration.name for migration in missing]
