"""The HTTP server: uvicorn on a socket that was bound before anything else was started."""

import asyncio
import signal
import socket
from collections.abc import Callable
from time import monotonic
from types import FrameType

import uvicorn
from attrs import frozen
from starlette.types import ASGIApp

from entrypoints.memory import keep_freed_memory, search_less_for_garbage
from entrypoints.protocol import Protocol
from observability.logs import log

SECONDS_TO_CUT = 0.5
SECONDS_IDLE = 75  # longer than proxies keep theirs, so that none sends into a connection that just closes


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
    written down is written down even then. It also ends as soon as it ``must_end``."""

    def __init__(
        self, config: uvicorn.Config, leave: Leave, draining: Callable[[], None], must_end: Callable[[], bool]
    ) -> None:
        super().__init__(config)
        self._leave, self._draining, self._must_end = leave, draining, must_end
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
        self.should_exit = self.should_exit or is_time or self._must_end()
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
            await asyncio.sleep(0.02)  # in a loop, since uvicorn has no event to wait for
        if late := set(state.tasks):
            log.warning("requests cut", count=len(late))
            for task in late:
                task.cancel()
            await asyncio.wait(late, timeout=SECONDS_TO_CUT)


def serve(
    app: ASGIApp, bound: socket.socket, leave: Leave, draining: Callable[[], None], must_end: Callable[[], bool]
) -> None:
    """Answer on ``bound`` until SIGINT or SIGTERM, or until it is hopeless, and end in order.

    Raises SystemExit: with code 1 if the application could not start, which it has logged."""
    config = uvicorn.Config(
        app,
        access_log=False,
        http=Protocol,
        lifespan="on",
        log_config=None,
        timeout_keep_alive=SECONDS_IDLE,
        reset_contextvars=True,  # what the log says of one request, it must not say of the next of its connection
        proxy_headers=False,  # whom to believe, `ClientAddress` knows; uvicorn believes all that is on this machine
        server_header=False,
        ws="none",
    )
    keep_freed_memory()
    server = Server(config, leave, draining, must_end)
    server.run(sockets=[bound])
    if not server.started:
        raise SystemExit(1)
