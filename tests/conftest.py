"""The grounds that tests stand on: a real PostgreSQL, two worlds to keep promises in, and a service that runs."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from adapters.postgres.embedded import embedded_postgres
from adapters.postgres.migrate import migrate
from tests.services import HOUSE, Service, running_service
from tests.worlds import World, in_memory, in_postgres

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# No time is measured: on a machine that stands still for a while that says nothing of the strategies.
settings.register_profile(
    "house",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("house")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """With SKIPS_FAIL set, a test that was skipped for want of a Debian program fails the run: CI installs them."""
    if report.skipped and "needs Debian's" in str(report.longrepr) and os.environ.get("SKIPS_FAIL"):
        report.outcome = "failed"


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder that every account of this machine may enter: pytest's own may not be, and PostgreSQL is not root."""
    folder = Path(tempfile.mkdtemp(prefix="play-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_url(short_folder: Path) -> Iterator[str]:
    """The embedded PostgreSQL, with our schema, for the whole run; not durable, so that it is quick."""
    with embedded_postgres(short_folder / "postgres", settings=QUICK) as url:
        migrate(url)
        yield url


@pytest.fixture(params=["memory", "postgres"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Each of the worlds in turn, empty."""
    if request.param == "memory":
        yield in_memory()
    else:
        async with in_postgres(request.getfixturevalue("postgres_url")) as postgres:
            yield postgres


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One real service in memory, with the six samples, for tests that leave the clips of others alone."""
    with running_service("--memory", "--data", str(tmp_path_factory.mktemp("data"))) as running:
        yield running


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """What people install who do not check us out."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=HOUSE, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return zipfile.ZipFile(built)
