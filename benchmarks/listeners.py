"""Listeners who hear a stream on a connection of their own, as slowly as they please."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from urllib.parse import urlsplit

from benchmarks.seen import Unsound

SPEED = 50_000  # bytes a second
SIP = SPEED // 5  # what a listener reads at once, five times a second
SMALL_BUFFER = 16 * 1024  # bytes that the system keeps for a listener: more would hide how slow it is


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[asyncio.StreamReader]:
    """A stream that was asked for, on a connection of its own with a small buffer. Raises Unsound: it was refused."""
    address = urlsplit(url)
    ours = socket.socket()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    ours.setblocking(False)
    await asyncio.get_running_loop().sock_connect(ours, (address.hostname, address.port))
    reader, writer = await asyncio.open_connection(sock=ours, limit=SMALL_BUFFER)
    try:
        writer.write(f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise Unsound(f"{url}: {head!r}")
        yield reader
    finally:
        writer.transport.abort()


async def first_byte(url: str) -> float:
    """The seconds from the wish to listen to the first byte of the audio, connecting included."""
    began = perf_counter()
    async with listening(url) as reader:
        await reader.readexactly(1)
        return perf_counter() - began


async def listen_slowly(url: str, until: float) -> int:
    """Hear ``url`` at `SPEED` until the loop's clock says so; how many bytes came.

    Raises IncompleteReadError: it was cut short."""
    clock = asyncio.get_running_loop().time
    heard, began = 0, clock()
    async with listening(url) as reader:
        while clock() < until:
            heard += len(await reader.readexactly(SIP))
            await asyncio.sleep(began + heard / SPEED - clock())
    return heard
