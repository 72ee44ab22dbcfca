"""A client that reads every byte: it proves what is measured, and makes the load on machines without wrk.

HTTP/1.1 over kept connections by asyncio's streams, one request at a time on each."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from urllib.parse import urlsplit

from attrs import frozen

from benchmarks.requests import Request
from benchmarks.seen import Load, Unsound, seen

LIMIT = 256 * 1024  # bytes that are read ahead on a connection
BEFORE_MEASURED = 4  # times that each connection asks to prove what it gets


@frozen
class Connection:
    """A connection to the server of a request, which is sent as ``text`` each time."""

    url: str
    request: Request
    text: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self) -> bytes:
        """Ask once; the body. Raises Unsound: it was of another status, too short, or cut."""
        self.writer.write(self.text)
        try:
            status, fields = parsed(await self.reader.readuntil(b"\r\n\r\n"))
            body = await self._body(fields)
        except asyncio.IncompleteReadError as error:
            raise Unsound(f"{self.url}: the answer was cut: {error}") from error
        if status != self.request.status or len(body) < self.request.size:
            raise Unsound(f"{self.url}: status {status}, {len(body)} bytes: {body[:200]!r}")
        return body

    async def _body(self, fields: Mapping[str, str]) -> bytes:
        if "content-length" in fields:
            return await self.reader.readexactly(int(fields["content-length"]))
        if fields.get("transfer-encoding") == "chunked":
            return b"".join([chunk async for chunk in self._chunks()])
        raise Unsound(f"{self.url}: nobody can tell where the answer ends")

    async def _chunks(self) -> AsyncIterator[bytes]:
        """RFC 9112 §7.1; what follows the last chunk is not looked at."""
        while size := int((await self.reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            yield await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readuntil(b"\r\n")


@asynccontextmanager
async def connected(url: str, request: Request) -> AsyncIterator[Connection]:
    """A connection while the block lasts."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=LIMIT)
    try:
        yield Connection(url, request, written(url, request), reader, writer)
    finally:
        writer.transport.abort()


def written(url: str, request: Request) -> bytes:
    """The request as it is sent."""
    address, body = urlsplit(url), request.body.encode()
    target = f"{address.path}?{address.query}" if address.query else address.path
    fields = {"Host": address.netloc, **request.headers} | ({"Content-Length": str(len(body))} if body else {})
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def parsed(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and fields of an answer, the fields' names in lower case."""
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    fields = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in fields}


async def prove(url: str, request: Request, connections: int) -> int:
    """Ask a few times on each of so many connections, and look at every byte; how often it was asked.

    Raises Unsound: an answer was of another status, or not right."""

    async def few() -> None:
        async with connected(url, request) as connection:
            for _ in range(BEFORE_MEASURED):
                if not request.is_right(body := await connection.ask()):
                    raise Unsound(f"{url}: not the right {len(body)} bytes: {body[:200]!r}")

    await asyncio.gather(*(few() for _ in range(connections)))
    return BEFORE_MEASURED * connections


async def ask_for(url: str, request: Request, connections: int, seconds: float) -> Load:
    """Ask for so long, and wait for what is under way then. Raises Unsound: an answer was of another status, or cut."""
    taken: list[float] = []
    began = perf_counter()

    async def listen() -> None:
        async with connected(url, request) as connection:
            while (asked := perf_counter()) < began + seconds:
                await connection.ask()
                taken.append(perf_counter() - asked)

    await asyncio.gather(*(listen() for _ in range(connections)))
    return seen(taken, perf_counter() - began)
