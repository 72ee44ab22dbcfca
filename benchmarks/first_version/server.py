"""Runs the first version's stack: one uvicorn process, on a database and a media folder that it is given."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from benchmarks.processes import LOOPBACK, free_port, running, wait_until_answering
from benchmarks.service import Service, environment

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
ENVIRONMENT = HERE / ".venv"
INSTALLED = ENVIRONMENT / "requirements.txt"  # what was wholly installed there


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
def first_version(media: Path, database: str, errors: Path) -> Iterator[Service]:
    """The first version over ``media`` and ``database``, whose table it makes. It was installed before.

    uvicorn as it comes with uvloop and httptools, but without its access log, and its errors in the file ``errors``."""
    port = free_port()
    uvicorn = (str(ENVIRONMENT / "bin/python"), "-m", "uvicorn", "--app-dir", str(HERE), "app:app", "--no-access-log")
    command = (*uvicorn, "--host", LOOPBACK, "--port", str(port))
    variables = environment(MEDIA=str(media), DATABASE_URL=database)
    with errors.open("wb") as log, running(command, log, variables=variables) as process:
        url = f"http://{LOOPBACK}:{port}"
        wait_until_answering(f"{url}/play", process)
        yield Service(url, process)
