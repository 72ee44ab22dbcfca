"""How a PostgreSQL of our own is started, as a direct child."""

from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import Popen
from time import monotonic, sleep
from urllib.parse import quote

from attrs import frozen

from adapters.postgres.embedded.account import Account, EmbeddedPostgresError, last_lines
from adapters.postgres.embedded.binaries import Binaries
from adapters.postgres.embedded.cluster import NAME
from adapters.postgres.embedded.ending import end, end_predecessor, until
from adapters.postgres.embedded.folders import PORT

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

    def start_again(self, is_wanted: Callable[[], bool]) -> Popen[bytes]:
        """The same after one that was killed, which left much behind. Raises EmbeddedPostgresError, OSError."""
        end_predecessor(self.database)
        for left_behind in self.sockets.iterdir():
            left_behind.unlink()
        return self.start(is_wanted)

    def start(self, is_wanted: Callable[[], bool]) -> Popen[bytes]:
        """PostgreSQL, ready. Raises EmbeddedPostgresError: it ended, or was ended for being late or unwanted."""
        log = self._log()
        patience = monotonic() + TO_LET_GO
        while True:
            before = log.stat().st_size
            process = self._launched(log, is_wanted)
            if process.poll() is None:
                return process
            said = log.read_bytes()[before:].decode(errors="replace")
            if monotonic() > patience or not is_wanted() or not any(reason in said for reason in STILL_HELD):
                raise EmbeddedPostgresError(f"PostgreSQL did not start; {log} ends with:\n{last_lines(said)}")
            sleep(0.05)

    def _launched(self, log: Path, is_wanted: Callable[[], bool]) -> Popen[bytes]:
        """PostgreSQL, either ready or ended."""
        with log.open("ab") as output:
            process = self.account.start(self.binaries.postgres, *self._arguments(), log=output)
        try:
            until(lambda: process.poll() is not None or not is_wanted() or self._is_ready(process.pid), TO_START)
        except BaseException:
            end(process.send_signal, lambda: process.poll() is not None)
            raise
        if not is_wanted() or not self._is_ready(process.pid):
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
