"""Spans: where a request's time went, for who collects them. `observability.tracing` loads this where somebody does."""

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import time_ns
from typing import Any

import structlog
from attrs import frozen
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from observability.requests import METHODS, NOT_LOGGED, OTHER, route_of

CONTEXT = (b"traceparent", b"tracestate")  # W3C Trace Context
NANOSECONDS = 1e9


class Spanned:
    """Stands for ``target``: what is not to be a span, it answers itself."""

    def __init__(self, target: object, tracer: Tracer, spans: dict[str, str]) -> None:
        self._target = target
        for method, name in spans.items():
            setattr(self, method, within_span(tracer, name, getattr(target, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


def within_span(tracer: Tracer, name: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def spanning(*arguments: Any, **named: Any) -> Any:
        around = get_current_span()
        if around.get_span_context().is_valid and not around.is_recording():  # nobody will see this trace
            return await method(*arguments, **named)
        with span_of(tracer, name):
            return await method(*arguments, **named)

    return spanning


@contextmanager
def span_of(
    tracer: Tracer, name: str, context: Context | None = None, kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[Span]:
    """A span, of whose errors only the kind is told: a location may hold a signature."""
    with tracer.start_as_current_span(
        name, context, kind, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


def in_span(flushed: Callable[[int, float], None], tracer: Tracer, name: str) -> Callable[[int, float], None]:
    """``flushed``, each of which is a span too, in a trace of its own, since many requests share it."""

    def flushed_and_spanned(count: int, seconds: float) -> None:
        flushed(count, seconds)
        began = time_ns() - round(seconds * NANOSECONDS)
        tracer.start_span(name, Context(), attributes={"play.ledger.batch.size": count}, start_time=began).end()

    return flushed_and_spanned


@frozen
class TracedRequests:
    """Pure ASGI middleware that makes a span of each request but probes, in the client's trace if it names one."""

    app: ASGIApp
    provider: TracerProvider
    tracer: Tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in NOT_LOGGED:
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            try:
                await self.app(scope, receive, send)
            finally:
                await to_thread(self.provider.shutdown)  # it sends what is left, and may wait for the collector
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["method"] in METHODS else OTHER
        told = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in CONTEXT}
        context = TraceContextTextMapPropagator().extract(told, Context()) if told else Context()
        with span_of(self.tracer, method, context, SpanKind.SERVER) as span:
            structlog.contextvars.bind_contextvars(trace_id=format_trace_id(span.get_span_context().trace_id))

            async def send_noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            try:
                await self.app(scope, receive, send_noted)
            finally:
                span.update_name(f"{method} {route_of(scope)}".rstrip())
                span.set_attributes({"http.request.method": method, "http.route": route_of(scope)})
