"""Who talks to a running service: an app with an HTTP client, and listeners who do as they please with a connection."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import ClientSession, ClientTimeout, TCPConnector
from attrs import frozen

from tests.end_to_end.processes import PATIENCE, awake
from tests.services import Service

TRIES = 10
SMALL_BUFFER = 16 * 1024  # bytes the system keeps for a listener who does not read


@frozen
class Client:
    """An app that knows a service's write key."""

    service: Service
    session: ClientSession

    async def clips(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._json("/play?limit=100")
        return found

    async def add(self, audio_url: str, **said: object) -> int:
        """Add a clip; its id. While the database is busy, again and again."""
        for _ in range(TRIES):
            status, answer = await self.offer(audio_url, **said)
            if status != 503:
                break
            await asyncio.sleep(1)
        assert status == 201, answer
        return int(answer["id"])

    async def offer(self, audio_url: str, **said: object) -> tuple[int, dict[str, Any]]:
        """Ask for a clip to be added; the answer's status and body."""
        body = orjson.dumps({"title": "A clip", "genre": "Test", "duration": 1.5, "audio_url": audio_url, **said})
        headers = {"authorization": f"Bearer {self.service.write_key}", "content-type": "application/json"}
        async with self.session.post("/play", data=body, headers=headers) as response:
            return response.status, orjson.loads(await response.read())

    async def plays(self, clip: int) -> int:
        return int((await self._json(f"/play/{clip}/stats"))["play_count"])

    async def metric(self, name: str) -> float:
        """The sum of a metric over all of its labels; 0 while it has none."""
        async with self.session.get("/metrics") as response:
            lines = (await response.text()).splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    async def is_at_rest(self) -> bool:
        """Whether nobody is being answered but who asks this."""
        return await self.metric("http_server_active_requests") == 1 and await self.metric("play_streams_active") == 0

    async def _json(self, path: str) -> Any:
        for _ in range(TRIES):
            async with self.session.get(path) as response:
                status, answer = response.status, await response.read()
            if status != 503:
                break
            await asyncio.sleep(1)
        assert status == 200, answer
        return orjson.loads(answer)


@asynccontextmanager
async def client_of(service: Service) -> AsyncIterator[Client]:
    """A client whose every request has a connection of its own, so that the service holds none for it in between."""
    connector = TCPConnector(limit=0, force_close=True)
    async with ClientSession(service.url, connector=connector, timeout=ClientTimeout(total=120)) as session:
        yield Client(service, session)


async def streamed(
    client: Client,
    clip: int,
    refused: Counter[int],
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The audio. Who is told that the database is busy tries again, as any player would.

    Such are counted in ``refused``: whether they were written down nobody knows, if the answer came too late."""
    for _ in range(TRIES):
        async with client.session.get(f"/play/{clip}/stream", params=params, headers=headers) as response:
            if response.status != 503:
                assert response.status == 200
                return await response.read()
            refused[clip] += 1
            await asyncio.sleep(float(response.headers["retry-after"]))
    raise AssertionError("the service was busy again and again")


@frozen
class Listening:
    """An answer whose head was read, and whose body is still to be."""

    status: int
    headers: dict[str, str]
    reader: asyncio.StreamReader

    async def body(self) -> bytes:
        """As many bytes as were announced. Raises IncompleteReadError: there were fewer."""
        return await self.reader.readexactly(int(self.headers["content-length"]))


@asynccontextmanager
async def listening(service: Service, clip: int, *, play: str = "", seek: int = 0) -> AsyncIterator[Listening]:
    """A stream asked for once, on a connection of its own that is dropped when the block ends, whatever is unread.

    Raises ConnectionError, IncompleteReadError: the service ended before it had answered."""
    address = urlsplit(service.url)
    ours = socket.socket()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    ours.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(ours, (address.hostname, address.port))
    except BaseException:
        ours.close()
        raise
    reader, writer = await asyncio.open_connection(sock=ours, limit=SMALL_BUFFER)
    try:
        query = f"?play={play}" if play else ""
        part = f"Range: bytes={seek}-\r\n" if seek else ""
        writer.write(f"GET /play/{clip}/stream{query} HTTP/1.1\r\nHost: {address.netloc}\r\n{part}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in head[1:] if line)
        yield Listening(int(head[0].split()[1]), {name.lower(): value.strip() for name, _, value in fields}, reader)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def comes_true(condition: Callable[[], Awaitable[bool]], within: float = PATIENCE) -> bool:
    """Whether ``condition`` comes true within so many seconds in which the machine was awake."""
    deadline = awake() + within
    while not await condition():
        if awake() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True
