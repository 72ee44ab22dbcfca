"""Runs the first version's stack: one uvicorn process, on a database and a media folder that it is given."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from attrs import frozen

from benchmarks.processes import LOOPBACK, Process, free_port, running, wait_until_answering
from benchmarks.service import environment

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
ENVIRONMENT = HERE / ".venv"
INSTALLED = ENVIRONMENT / "requirements.txt"  # what was wholly installed there


@frozen
class FirstVersion:
    """The first version, answering at ``url``."""

    url: str
    process: Process

    def stream_url(self, clip: int) -> str:
        return f"{self.url}/play/{clip}/stream"


def install() -> None:
    """Have its virtual environment; that takes a while, the first time and after each change of what it needs."""
    if INSTALLED.exists() and INSTALLED.read_bytes() == REQUIREMENTS.read_bytes():
        return
    print("installing the first version's stack", file=sys.stderr, flush=True)
    rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run((sys.executable, "-m", "venv", ENVIRONMENT), check=True)
    pip = (ENVIRONMENT / "bin/python", "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check")
    subprocess.run((*pip, "install", "--no-deps", "--requirement", REQUIREMENTS), check=True)
    INSTALLED.write_bytes(REQUIREMENTS.read_bytes())


@contextmanager
def first_version(media: Path, database: str, errors: Path) -> Iterator[FirstVersion]:
    """The first version over ``media`` and ``database``, whose table it makes. It was installed before.

    No access log, uvloop and httptools: the best that uvicorn can do."""
    port = free_port()
    uvicorn = (str(ENVIRONMENT / "bin/python"), "-m", "uvicorn", "--app-dir", str(HERE), "app:app", "--no-access-log")
    command = (*uvicorn, "--log-level", "warning", "--host", LOOPBACK, "--port", str(port), "--backlog", "2048")
    variables = environment(MEDIA=str(media), DATABASE_URL=database.replace("postgresql:", "postgresql+psycopg2:"))
    with errors.open("wb") as log, running(command, log, variables=variables) as process:
        url = f"http://{LOOPBACK}:{port}"
        wait_until_answering(f"{url}/docs", process)
        yield FirstVersion(url, process)
