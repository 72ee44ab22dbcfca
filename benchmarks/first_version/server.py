"""Runs the first version's stack: one uvicorn process, on a database and a media folder that it is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.environments import FIRST_VERSION
from benchmarks.processes import LOOPBACK, free_port, running, wait_until_answering
from benchmarks.service import Service, environment

HERE = Path(__file__).parent


@contextmanager
def first_version(media: Path, database: str, errors: Path) -> Iterator[Service]:
    """The first version over ``media`` and ``database``, whose table it makes. It was installed before.

    uvicorn as it comes with uvloop and httptools, but without its access log, and its errors in the file ``errors``."""
    port = free_port()
    uvicorn = (FIRST_VERSION.python, "-m", "uvicorn", "--app-dir", str(HERE), "app:app", "--no-access-log")
    command = (*uvicorn, "--host", LOOPBACK, "--port", str(port))
    variables = environment(MEDIA=str(media), DATABASE_URL=database)
    with errors.open("wb") as log, running(command, log, variables=variables) as process:
        url = f"http://{LOOPBACK}:{port}"
        wait_until_answering(f"{url}/play", process)
        yield Service(url, process)
