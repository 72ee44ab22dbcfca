"""The HTTP server: uvicorn on a socket that was bound before anything else was started."""

import asyncio
import socket
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from entrypoints.memory import keep_freed_memory, search_less_for_garbage
from entrypoints.web.problems import Problem

LARGE = 16 * 1024  # bytes that need not wait for more


class Corked:
    """A transport that sends what is written in one turn of the loop together: a head and its body, in one packet.

    Large pieces go at once, with what came before them, so that the writer learns soon that it must wait."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop, self._held = transport, loop, list[bytes]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not data:
            return
        self._held.append(data)
        if len(data) >= LARGE:
            self._uncork()
        elif len(self._held) == 1:
            self._loop.call_soon(self._uncork)

    def close(self) -> None:
        self._uncork()
        self._transport.close()

    def _uncork(self) -> None:
        if self._held:
            held, self._held = self._held, []
            self._transport.writelines(held)


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, whose refusals are problem details too: unknown methods, and what is no HTTP at all."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # whoever sends waits until the system has taken it all
        self.transport = cast("asyncio.Transport", Corked(transport, self.loop))

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        refusal = Problem(HTTPStatus.BAD_REQUEST, "This is no HTTP request, or its method is none.").response()
        lines = [b"HTTP/1.1 400 Bad Request", b"connection: close"]
        lines += [b"%b: %b" % header for header in refusal.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(refusal.body)]))
        self.transport.close()


class Server(uvicorn.Server):
    """uvicorn that says when it is ready, and when it was told to end."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], draining: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._draining = draining

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            search_less_for_garbage()
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._draining()
        super().handle_exit(sig, frame)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that takes connections already. Raises OSError: the address is taken, or is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2_048)
    except OSError as error:
        reason = (error.strerror or "").partition(" (while")[0]  # behind it create_server repeats the address
        raise OSError(error.errno, reason, f"{host}:{port}") from error


def serve(
    app: ASGIApp, bound: socket.socket, linger: float, ready: Callable[[], None], draining: Callable[[], None]
) -> None:
    """Answer on ``bound`` until SIGINT or SIGTERM, then let streams go on for ``linger`` seconds.

    Raises SystemExit: with code 1 if the application could not start, which it has logged."""
    config = uvicorn.Config(
        app,
        access_log=False,
        http=Protocol,
        lifespan="on",
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=round(linger),
        ws="none",
    )
    keep_freed_memory()
    server = Server(config, ready, draining)
    server.run(sockets=[bound])
    if not server.started:
        raise SystemExit(1)
