"""A cluster: PostgreSQL's folder with the database ``play``. It is there as a whole or not at all."""

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.binaries import Binaries
from adapters.postgres.embedded.ending import until

NAME = "play"  # the database, and its only user
INITDB = (
    *("--username", NAME, "--encoding", "UTF8", "--locale", "C"),
    *("--auth-local", "trust", "--auth-host", "reject"),  # whoever may enter the socket's folder is whom we trust
    *("--data-checksums", "--no-instructions"),
)
UNFINISHED = "database.new-"
TO_DIE = 2.0  # seconds for an initdb that was killed; what it leaves even then goes at a later start


def ensure_cluster(database: Path, binaries: Binaries, account: Account, *, durable: bool) -> None:
    """Make the cluster unless it is there; one that was interrupted was never there.

    Raises EmbeddedPostgresError: initdb failed. ``durable=False`` lets a test skip waiting for the disk."""
    for left_behind in database.parent.glob(f"{UNFINISHED}*"):
        until(partial(removed, left_behind), TO_DIE)
    if (database / "PG_VERSION").exists():
        return
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=database.parent))
    try:
        account.take(unfinished)
        initialise(unfinished, binaries, account, durable=durable)
        unfinished.rename(database)
    except BaseException:
        until(partial(removed, unfinished), TO_DIE)
        raise
    sync(database.parent)


def removed(folder: Path) -> bool:
    """Remove ``folder`` unless an initdb that is dying still writes there; whether it is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def initialise(folder: Path, binaries: Binaries, account: Account, *, durable: bool) -> None:
    account.run(binaries.initdb, "-D", str(folder), *INITDB, *(() if durable else ("--no-sync",)))
    single = ("--single", "-D", str(folder), "-c", "exit_on_error=on", "-c", f"fsync={'on' if durable else 'off'}")
    account.run(binaries.postgres, *single, "postgres", standard_input=f"CREATE DATABASE {NAME}\n")


def sync(folder: Path) -> None:
    """Wait until the names in ``folder`` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
