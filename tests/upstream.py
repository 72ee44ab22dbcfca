"""A web server for tests that says exactly what it is told to, byte by byte, however wrong."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from attrs import Factory, define, frozen

from adapters.audio.remote.http import HttpAudio
from adapters.audio.remote.patience import Patience
from adapters.audio.remote.public_address import gate
from domain.byte_range import FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.ports import AudioSource


@frozen
class Request:
    """What a client asked; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]


Answer = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
PATIENT = Patience(connect=60, first_byte=60, skip=60, stall=60)
SOON = 9.0  # seconds; less than it takes an idle client to let a connection go by itself


@define(eq=False)
class Upstream:
    """A server on the loopback. ``requests`` is what it was asked so far, ``connections`` how many are open now."""

    port: int
    answer: Answer
    requests: list[Request] = Factory(list)
    connections: int = 0
    accepted: int = 0

    def url(self, target: str = "/clip") -> AudioLocation:
        return AudioLocation(f"http://127.0.0.1:{self.port}{target}")

    async def all_let_go(self, within: float = SOON) -> bool:
        """Whether no connection is open, at the latest ``within`` so many seconds."""
        return await soon(lambda: self.connections == 0, within)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.accepted += 1
        answering: asyncio.Task[None] | None = None
        ahead = b""
        try:
            while request := await next_request(reader, ahead):
                self.requests.append(request)
                answering = asyncio.ensure_future(as_task(self.answer(request, writer)))
                coming = asyncio.ensure_future(what_comes(reader))
                await asyncio.wait((answering, coming), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    await cancelled(coming)
                elif not coming.result():
                    break
                ahead = b"" if coming.cancelled() else coming.result()
                await asyncio.wait((answering,))
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a client that leaves is what some tests are about
        finally:
            if answering is not None:
                await cancelled(answering)
            self.connections -= 1
            writer.close()


async def as_task(answer: Awaitable[object]) -> None:
    with suppress(ConnectionError):
        await answer


async def what_comes(reader: asyncio.StreamReader) -> bytes:
    """A byte of the next request, which a quick client begins as soon as it has its answer; none if it leaves."""
    with suppress(ConnectionError):
        return await reader.read(1)
    return b""


async def cancelled(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait((task,))


async def soon(condition: Callable[[], bool], within: float = SOON) -> bool:
    """Whether ``condition`` comes true within so many seconds."""
    deadline = asyncio.get_running_loop().time() + within
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.005)
    return True


async def next_request(reader: asyncio.StreamReader, ahead: bytes) -> Request | None:
    """The next request of a connection, which begins with ``ahead``, once it is there; None when the client is done."""
    try:
        head = (ahead + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    method, target, _ = head.split("\r\n")[0].split(" ")
    fields = (line.split(":", 1) for line in head.split("\r\n")[1:] if line)
    headers = {name.lower(): value.strip() for name, value in fields}
    await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers)


@asynccontextmanager
async def upstream(answer: Answer) -> AsyncIterator[Upstream]:
    """A running server, which ends with the block."""
    tasks: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        task = asyncio.ensure_future(running._converse(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    running = Upstream(server.sockets[0].getsockname()[1], answer)
    try:
        yield running
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)  # aborted transports close their sockets now


@asynccontextmanager
async def remote_audio(patience: Patience | None = None) -> AsyncIterator[HttpAudio]:
    """An HTTP source that may go to the loopback, and gives up its connections with the block."""
    source = HttpAudio(gate(["127.0.0.0/8"]), patience or PATIENT)
    try:
        yield source
    finally:
        await source.close()


async def failure_of(
    source: AudioSource, location: AudioLocation, requested: RequestedRange | None = None
) -> SourceFailure:
    """Why ``source`` does not open ``location``."""
    with pytest.raises(AudioUnavailable) as refused:
        await source.open(location, requested)
    assert refused.value.location == location
    return refused.value.failure


def head(status: int, **headers: object) -> bytes:
    """A status line and header fields; ``content_type`` is written Content-Type."""
    fields = "".join(f"{name.replace('_', '-').title()}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} As Told\r\n{fields}\r\n".encode("latin-1")


def saying(*pieces: bytes, then_close: bool = False) -> Answer:
    """An answer of exactly these bytes, whatever is asked."""

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then_close:
            writer.close()

    return answer


def serving(content: bytes, content_type: str = "audio/mpeg") -> Answer:
    """The honest answer: ``content``, or the part that is asked for."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(honest_answer(content, content_type, request.headers.get("range")))
        await writer.drain()

    return answer


def honest_answer(content: bytes, content_type: str, asked: str | None) -> bytes:
    if asked is None:
        return head(200, content_type=content_type, content_length=len(content)) + content
    first, _, last = asked.removeprefix("bytes=").partition("-")
    requested = FromTo(int(first), int(last) if last else None) if first else Suffix(int(last))
    try:
        part = requested.within(len(content))
    except RangeNotSatisfiable:
        return head(416, content_range=f"bytes */{len(content)}", content_length=0)
    told = f"bytes {part.first}-{part.last}/{len(content)}"
    selected = content[part.first : part.last + 1]
    return head(206, content_type=content_type, content_range=told, content_length=len(selected)) + selected


def ignoring_ranges(content: bytes, content_type: str = "audio/mpeg") -> Answer:
    """The whole ``content`` with its length, whatever part is asked for."""
    return saying(head(200, content_type=content_type, content_length=len(content)), content)


def chunked(content: bytes, content_type: str = "audio/mpeg", piece: int = 10_000) -> Answer:
    """The whole ``content`` without telling its length, whatever part is asked for."""
    pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
    framed = (f"{len(data):x}\r\n".encode() + data + b"\r\n" for data in pieces)
    return saying(head(200, content_type=content_type, transfer_encoding="chunked"), *framed, b"0\r\n\r\n")


def reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


def pausing(*pieces: bytes) -> Answer:
    """Says this, and then nothing more, for longer than any test waits."""

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await asyncio.sleep(60)

    return answer


def redirecting(content: bytes, targets: dict[str, str], status: int = 302) -> Answer:
    """Leads from target to target, and gives ``content`` where that ends."""
    served = serving(content)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target in targets:
            writer.write(head(status, location=targets[request.target], content_length=0))
        else:
            await served(request, writer)

    return answer
