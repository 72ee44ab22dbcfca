"""Fresh ground for services that run: a data folder, and a database."""

import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from adapters.system import new_id
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
async def client(service: Service) -> AsyncIterator[Client]:
    """Somebody who asks the service that the test module started."""
    async with client_of(service) as client:
        yield client
