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

LARGEST_HEAD = 64 * 1024  # bytes of a request's line and fields
NO_HTTP = Problem(HTTPStatus.BAD_REQUEST, "This is no HTTP request, or its method is none.")
HEAD_TOO_LARGE = Problem(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The head of a request has at most {LARGEST_HEAD} bytes."
)
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
        held, self._held = self._held, []
        if held and not self._transport.is_closing():  # whoever left meanwhile gets nothing
            self._transport.writelines(held)


class HeadTooLarge(Exception):
    """A request's fields are more than `LARGEST_HEAD`."""


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, whose refusals are problem details too: unknown methods, and what is no HTTP at all.

    A head takes no more than `LARGEST_HEAD`, however it is sent: uvicorn would take in one that never ends."""

    _head_bytes = 0
    _is_amid_head = False

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes, self._is_amid_head = 0, True

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > LARGEST_HEAD:
            raise HeadTooLarge  # the parser ends with it, and uvicorn asks for the refusal
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_amid_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_amid_head and not self.transport.is_closing():
            self._head_bytes += len(data)  # also of a field that has no end
            if self._head_bytes > LARGEST_HEAD:
                self._refuse(HEAD_TOO_LARGE)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP only
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # whoever sends waits until the system has taken it all
        self.transport = cast("asyncio.Transport", Corked(transport, self.loop))

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's signature
        self._refuse(HEAD_TOO_LARGE if self._head_bytes > LARGEST_HEAD else NO_HTTP)

    def _refuse(self, problem: Problem) -> None:
        refusal = problem.response()
        lines = [f"HTTP/1.1 {problem.status.value} {problem.status.phrase}".encode(), b"connection: close"]
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
        reset_contextvars=True,  # what the log says of one request, it must not say of the next of its connection
        proxy_headers=False,  # whom to believe, `ClientAddress` knows; uvicorn believes all that is on this machine
        server_header=False,
        timeout_graceful_shutdown=round(linger),
        ws="none",
    )
    keep_freed_memory()
    server = Server(config, ready, draining)
    server.run(sockets=[bound])
    if not server.started:
        raise SystemExit(1)
