"""The HTTP server: uvicorn on a socket that was bound before anything else was started."""

import asyncio
import signal
import socket
from collections.abc import Callable
from http import HTTPStatus
from time import monotonic
from types import FrameType
from typing import Any, cast

import uvicorn
from attrs import frozen
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from entrypoints.memory import keep_freed_memory, search_less_for_garbage
from entrypoints.web.problems import Problem
from observability.logs import log

LARGEST_HEAD = 64 * 1024  # bytes of a request's line and fields
NO_HTTP = Problem(HTTPStatus.BAD_REQUEST, "This is no HTTP request, or its method is none.")
HEAD_TOO_LARGE = Problem(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The head of a request has at most {LARGEST_HEAD} bytes."
)
SECONDS_TO_CUT = 0.5
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


@frozen
class Leave:
    """How long a service that was told to end still works, in seconds.

    For ``grace`` it goes on taking connections, so that balancers see that it is not ready and send nobody new; then
    streams under way may go on for ``linger``."""

    grace: float
    linger: float


class Server(uvicorn.Server):
    """uvicorn that ends in order: it tells ``draining`` at once, takes its leave, and has the application close.

    Whoever tells it twice does not want to wait, nor does who types Ctrl-C: no balancer is told by that. What is to be
    written down is written down even then. It also ends as soon as ``is_hopeless``."""

    def __init__(
        self, config: uvicorn.Config, leave: Leave, draining: Callable[[], None], is_hopeless: Callable[[], bool]
    ) -> None:
        super().__init__(config)
        self._leave, self._draining, self._is_hopeless = leave, draining, is_hopeless
        self._closing_at: float | None = None  # once it was told to end
        self._is_hurried = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            search_less_for_garbage()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._closing_at is not None:
            self._is_hurried = self.should_exit = True
            return
        self._draining()
        super().handle_exit(sig, frame)
        grace = self._leave.grace if self.started and sig == signal.SIGTERM else 0.0
        self._closing_at = monotonic() + grace
        self.should_exit = grace == 0.0

    async def on_tick(self, counter: int) -> bool:
        is_time = self._closing_at is not None and monotonic() >= self._closing_at
        self.should_exit = self.should_exit or is_time or self._is_hopeless()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for bound in sockets or []:
            bound.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()  # after the answer under way, if there is one
        await self._last_streams()
        await self.lifespan.shutdown()

    async def _last_streams(self) -> None:
        """Wait until all are over or their time is, and cut the rest."""
        deadline = monotonic() + self._leave.linger
        state = self.server_state
        while (state.connections or state.tasks) and not self._is_hurried and monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # uvicorn has no event to wait for
        if late := set(state.tasks):
            log.warning("requests cut", count=len(late))
            for task in late:
                task.cancel()
            await asyncio.wait(late, timeout=SECONDS_TO_CUT)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that takes connections already. Raises OSError: the address is taken, or is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2_048)
    except OSError as error:
        reason = (error.strerror or "").partition(" (while")[0]  # behind it create_server repeats the address
        raise OSError(error.errno, reason, f"{host}:{port}") from error


def serve(
    app: ASGIApp, bound: socket.socket, leave: Leave, draining: Callable[[], None], is_hopeless: Callable[[], bool]
) -> None:
    """Answer on ``bound`` until SIGINT or SIGTERM, or until it is hopeless, and end in order.

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
        ws="none",
    )
    keep_freed_memory()
    server = Server(config, leave, draining, is_hopeless)
    server.run(sockets=[bound])
    if not server.started:
        raise SystemExit(1)
