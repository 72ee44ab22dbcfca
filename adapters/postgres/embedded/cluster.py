"""A cluster: PostgreSQL's folder with the database ``play``. It is there as a whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path

from adapters.postgres.embedded.account import Account
from adapters.postgres.embedded.binaries import Binaries

NAME = "play"  # the database, and its only user
INITDB = (
    *("--username", NAME, "--encoding", "UTF8", "--locale", "C"),
    *("--auth-local", "trust", "--auth-host", "reject"),  # whoever may enter the socket's folder is whom we trust
    *("--data-checksums", "--no-instructions"),
)
UNFINISHED = "database.new-"


def ensure_cluster(database: Path, binaries: Binaries, account: Account, *, durable: bool) -> None:
    """Make the cluster unless it is there; one that was interrupted was never there.

    Raises EmbeddedPostgresError: initdb failed. ``durable=False`` lets a test skip waiting for the disk."""
    if (database / "PG_VERSION").exists():
        return
    for left_behind in database.parent.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left_behind, ignore_errors=True)  # its initdb may still be dying; what stays goes the next time
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=database.parent))
    try:
        account.take(unfinished)
        initialise(unfinished, binaries, account, durable=durable)
        unfinished.rename(database)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    sync(database.parent)


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
