"""Pure ASGI middleware that times each request, gives it an id, and writes one log line about it."""

import re
from asyncio import CancelledError
from collections.abc import Callable
from time import perf_counter
from uuid import UUID

import structlog
from attrs import define, frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from observability.event_loop import delays_told
from observability.logs import log
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


@define
class Answer:
    """What became known of a response while it was sent: its status, and whether its first audio was handed over."""

    status: int | None = None
    is_begun: bool = False


@frozen
class RequestTelemetry:
    """Wraps the whole service, so that a defect's 500 is seen too. ``new_id`` names those that come without an id."""

    app: ASGIApp
    metrics: Metrics
    new_id: Callable[[], UUID]

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
        answer, began, given_up = Answer(), perf_counter(), DEFECT

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
                await send(message)
                return
            await send(message)
            if not answer.is_begun:
                answer.is_begun = True
                self._begun(scope, answer, perf_counter() - began)

        self.metrics.request_started(method)
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        try:
            await self.app(scope, receive, send_named)
        except CancelledError:  # the service ends, and had no time to wait for this
            given_up = UNANSWERED
            raise
        finally:
            self._over(scope, method, answer.status or given_up, perf_counter() - began)

    def _begun(self, scope: Scope, answer: Answer, seconds: float) -> None:
        if scope["method"] == "GET" and answer.status in AUDIO and route_of(scope).endswith(STREAM):
            self.metrics.stream_answered(seconds)

    def _over(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = route_of(scope)
        self.metrics.request_ended(method, route, status, seconds)
        if route not in NOT_LOGGED:
            line = {"method": method, "path": scope["path"], "route": route, "status": status}
            log.info("request", **line, seconds=round(seconds, 6))

    def _request_id(self, scope: Scope) -> bytes:
        """The client's X-Request-Id where it is a plain one, so that a trace goes on; a new one otherwise."""
        sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        return sent if REQUEST_ID.fullmatch(sent) else self.new_id().hex.encode()


def route_of(scope: Scope) -> str:
    """The route that was found for a request, as it is written; a label must not come from a client."""
    path: str = getattr(scope.get("route"), "path", UNMATCHED)
    return path
