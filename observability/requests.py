"""Pure ASGI middleware that times each request, gives it an id, and writes one log line about it."""

import re
from collections.abc import Callable
from time import perf_counter
from uuid import UUID

import structlog
from attrs import define, frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from observability.logs import log
from observability.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"  # what OpenTelemetry calls a method that nobody knows
UNMATCHED = ""
NOT_LOGGED = frozenset({"/livez", "/readyz", "/health", "/metrics"})
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@define
class Answer:
    """What became known of a response while it was sent."""

    status: int = 500


@frozen
class RequestTelemetry:
    """Wraps the whole service, so that a defect's 500 is seen too. ``new_id`` names those that come without an id."""

    app: ASGIApp
    metrics: Metrics
    new_id: Callable[[], UUID]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        method = scope["method"] if scope["method"] in METHODS else OTHER
        request_id = self._request_id(scope)
        answer, began = Answer(), perf_counter()

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        self.metrics.request_started(method)
        structlog.contextvars.bind_contextvars(request_id=request_id.decode())
        try:
            await self.app(scope, receive, send_named)
        finally:
            seconds = perf_counter() - began
            route = getattr(scope.get("route"), "path", UNMATCHED)
            self.metrics.request_ended(method, route, answer.status, seconds)
            if route not in NOT_LOGGED:
                line = {"method": method, "path": scope["path"], "route": route, "status": answer.status}
                log.info("request", **line, seconds=round(seconds, 6))
        return None

    def _request_id(self, scope: Scope) -> bytes:
        """The client's X-Request-Id where it is a plain one, so that a trace goes on; a new one otherwise."""
        sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        return sent if REQUEST_ID.fullmatch(sent) else self.new_id().hex.encode()
