"""Fresh ground for services that run: a data folder, and a database."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import psycopg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from psycopg.sql import SQL, Identifier

from adapters.system import new_id, utc_now
from tests.end_to_end.browser import CHROMIUM, FLAGS, PATIENCE, Shelf, Visit, shelf
from tests.end_to_end.clients import Client, client_of
from tests.services import Service

FreshFolder = Callable[[], Path]


@pytest.fixture(scope="session")
def fresh_folder(short_folder: Path) -> FreshFolder:
    """Makes data folders that were never used, where PostgreSQL's account can reach them."""
    return lambda: Path(tempfile.mkdtemp(dir=short_folder))


@pytest.fixture(scope="session")
def fresh_database(postgres_url: str) -> Callable[[], str]:
    """Makes databases that are empty, and tells their URLs."""

    def made() -> str:
        name = f"fresh_{new_id().hex}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return urlsplit(postgres_url)._replace(path=f"/{name}").geturl()

    return made


@pytest.fixture
def amid_a_day() -> None:
    """Listeners are told apart for a day (UTC): who counts them does not begin in its last minute."""
    now = utc_now()
    to_midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC) - now
    if to_midnight < timedelta(minutes=1):
        sleep(to_midnight.total_seconds() + 1)


@pytest.fixture
async def client(service: Service) -> AsyncIterator[Client]:
    """Somebody who asks the service that the test module started."""
    async with client_of(service) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium; tests that open pages in it run in their module's loop."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
def clips(service: Service) -> Iterator[Shelf]:
    """Clips of the test's own."""
    with shelf(service) as own:
        yield own


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, service: Service) -> AsyncIterator[Visit]:
    """A visit that has not opened a page yet. At its end no script may have failed and no policy been broken."""
    context = await browser.new_context(base_url=service.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE * 1000)
    visiting = Visit(await context.new_page())
    yield visiting
    await context.close()

    assert visiting.complaints == []
