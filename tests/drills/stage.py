"""What drills take place on: a PostgreSQL, two replicas over it, and a real nginx before them, all processes."""

import asyncio
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from attrs import evolve, frozen
from psycopg.sql import SQL, Identifier

from adapters.system import new_id
from benchmarks.processes import LOOPBACK, free_port
from tests.end_to_end.clients import client_of
from tests.end_to_end.test_gateway import REPLICA, gateway_before
from tests.end_to_end.test_killed import Database
from tests.services import Service, running_service

AS_IT_IS: dict[str, str] = {}
SETTINGS = REPLICA | {"PLAY_ACCEL_REDIRECT": ""}  # the replicas send every byte themselves


@frozen
class Stage:
    """A PostgreSQL at ``url``, and a folder for what a drill needs."""

    folder: Path
    server: Database
    url: str
    _thread: ThreadPoolExecutor  # of PostgreSQL, which ends with the thread that started it

    def fresh_folder(self) -> Path:
        """A folder that every account may enter."""
        made = Path(tempfile.mkdtemp(dir=self.folder))
        made.chmod(0o755)
        return made

    def fresh_database(self) -> str:
        """The URL of an empty database."""
        name = f"drill_{new_id().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    async def close_server(self) -> None:
        """Clear away what is left of a PostgreSQL, beside the load."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self.server.close)

    async def start_server(self) -> None:
        """Start it again at the same address, beside the load."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self.server.start)


@frozen
class Cluster:
    """Two replicas with a folder each, a gateway, and the database of both."""

    replicas: tuple[Service, Service]
    gateway: Service
    database: str
    folders: tuple[Path, Path]

    async def add(self, name: str, content: bytes) -> int:
        """Put a file into the media of both, and its clip into the catalogue; the clip's id."""
        for folder in self.folders:
            (folder / "media").mkdir(exist_ok=True)
            (folder / "media" / name).write_bytes(content)
        return await self.add_clip(f"library:{name}")

    async def add_clip(self, audio_url: str) -> int:
        async with client_of(self.gateway) as client:
            return await client.add(audio_url)


@contextmanager
def stage() -> Iterator[Stage]:
    """A place for drills, which leaves nothing behind."""
    with (
        tempfile.TemporaryDirectory(prefix="play-drill-", ignore_cleanup_errors=True) as made,
        ThreadPoolExecutor(1) as thread,
    ):
        folder = Path(made)
        folder.chmod(0o755)
        server = Database(folder / "postgres")
        try:
            yield Stage(folder, server, thread.submit(server.start).result(), thread)
        finally:
            thread.submit(server.close).result()


@contextmanager
def cluster(
    stage: Stage,
    one: dict[str, str] = AS_IT_IS,
    two: dict[str, str] = AS_IT_IS,
    *,
    folders: tuple[Path, ...] = (),
) -> Iterator[Cluster]:
    """Two replicas, with settings of their own, behind a gateway, over an empty database."""
    first, second = folders or (stage.fresh_folder(), stage.fresh_folder())
    database, port = stage.fresh_database(), free_port()
    # On loopback the system would take megabytes off for a listener who does not read, and no slow one be a burden.
    door = f"{LOOPBACK}:{port} sndbuf=64k"
    with (
        running_service("--data", str(first), DATABASE_URL=database, **SETTINGS | one) as replica,
        running_service("--data", str(second), DATABASE_URL=database, **SETTINGS | two) as other,
        gateway_before((replica, other), first / "media", stage.fresh_folder(), listen=door) as gateway,
    ):
        front = evolve(gateway, url=f"http://{LOOPBACK}:{port}")
        yield Cluster((replica, other), front, database, (first, second))
