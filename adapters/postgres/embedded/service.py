"""A PostgreSQL of our own: made at first use, kept running while the block lasts, and gone after it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from adapters.postgres.embedded.account import EmbeddedPostgresError, account_for
from adapters.postgres.embedded.binaries import binaries_for, within_reach
from adapters.postgres.embedded.cluster import ensure_cluster
from adapters.postgres.embedded.ending import end_predecessor
from adapters.postgres.embedded.folders import locked, open_to, socket_folder
from adapters.postgres.embedded.keeper import Keeper
from adapters.postgres.embedded.server import SETTINGS, Server


@contextmanager
def embedded_postgres(
    folder: Path,
    binaries: Path | None = None,
    *,
    settings: Mapping[str, str] = {},
    tell: Callable[[str], None] = lambda _said: None,
) -> Iterator[str]:
    """Run a PostgreSQL of our own on ``folder``/database while the block lasts; yields its URL, a Unix socket's.

    ``binaries`` is an installation or its ``bin``; without it an installed wheel's are used. ``settings`` go over ours.
    What was committed is there again however the process ends, and PostgreSQL ends with it. One that ends before is
    started again at the same address, and ``tell`` is told, in another thread.

    Raises EmbeddedPostgresError: it cannot be had, and nothing is left running.
    """
    with ExitStack() as leaving:
        try:
            server = leaving.enter_context(prepared(folder.resolve(), binaries, settings))
            keeper = Keeper(server, tell)
            leaving.callback(keeper.end)
            keeper.start()
        except OSError as error:
            raise EmbeddedPostgresError(f"The data folder {folder} cannot be used: {error}.") from error
        yield server.url


@contextmanager
def prepared(home: Path, given: Path | None, settings: Mapping[str, str]) -> Iterator[Server]:
    """Everything but the running: the data folder is ours, the cluster is there, and no earlier server holds it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = home / "database"
    with locked(home):
        account = account_for(database)
        open_to(account, home)
        binaries = within_reach(binaries_for(database, given), account, home / "binaries")
        ensure_cluster(database, binaries, account, durable=settings.get("fsync") != "off")
        end_predecessor(database)
        with socket_folder(home, account) as sockets:
            yield Server(database, sockets, binaries, account, {**SETTINGS, **settings})
