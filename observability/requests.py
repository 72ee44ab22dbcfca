"""Pure ASGI middleware that times each request, gives it an id, and writes one log line about it."""

import re
from asyncio import CancelledError
from collections.abc import Callable
from itertools import count
from time import perf_counter
from uuid import UUID

import structlog
from attrs import frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from observability.event_loop import delays_told
from observability.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"  # what OpenTelemetry calls a method that nobody knows
UNMATCHED = ""
NOT_LOGGED = frozenset({"/livez", "/readyz", "/health", "/metrics"})
STREAM = "/stream"  # how the routes of streams end
AUDIO = frozenset({200, 206})
UNANSWERED = 499  # nginx's number for a client that left: the request was given up before anything was answered
DEFECT = 500
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@frozen
class RequestTelemetry:
    """Wraps the whole service, so that a defect's 500 is seen too. ``tell`` writes the line of each; ``new_id`` names
    those that come without an id."""

    app: ASGIApp
    metrics: Metrics
    tell: Callable[..., None]
    new_id: Callable[[], bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            async with delays_told(self.metrics.loop_delayed):
                await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["method"] in METHODS else OTHER
        request_id = self._request_id(scope)
        status, is_begun, began, given_up = None, False, perf_counter(), DEFECT

        async def send_named(message: Message) -> None:
            nonlocal status, is_begun
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
                await send(message)
                return
            await send(message)
            if not is_begun:
                is_begun = True
                if method == "GET" and status in AUDIO and route_of(scope).endswith(STREAM):
                    self.metrics.stream_answered(perf_counter() - began)

        self.metrics.request_started(method)
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        try:
            await self.app(scope, receive, send_named)
        except CancelledError:  # the service ends, and had no time to wait for this
            given_up = UNANSWERED
            raise
        finally:
            self._over(scope, method, status or given_up, perf_counter() - began)

    def _over(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = route_of(scope)
        self.metrics.request_ended(method, route, status, seconds)
        if route not in NOT_LOGGED:
            path = scope["path"]
            self.tell(method=method, path=path, route=route, status=status, seconds=round(seconds, 6))

    def _request_id(self, scope: Scope) -> bytes:
        """The client's X-Request-Id where it is a plain one, so that a trace goes on; a new one otherwise."""
        for name, sent in scope["headers"]:
            if name == b"x-request-id" and REQUEST_ID.fullmatch(sent):
                return bytes(sent)
        return self.new_id()


def ids_after(drawn: UUID) -> Callable[[], bytes]:
    """What names requests by 32 hexadecimal digits each: the random half of what a process has drawn, and a number."""
    half, numbers = drawn.hex[16:].encode(), count(1)
    return lambda: b"%b%016x" % (half, next(numbers))


def route_of(scope: Scope) -> str:
    """The route that was found for a request, as it is written; a label must not come from a client."""
    path: str = getattr(scope.get("route"), "path", UNMATCHED)
    return path
