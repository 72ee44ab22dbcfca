"""Traces: where a request's time went. Wherever they are off, what is traced is itself and nothing stands around it."""

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import time_ns
from typing import TYPE_CHECKING, Any, TypeVar, cast

import structlog
from attrs import frozen
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from observability.logs import log
from observability.requests import METHODS, NOT_LOGGED, OTHER, route_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

Target = TypeVar("Target")
Flushed = Callable[[int, float], None]

CONTEXT = (b"traceparent", b"tracestate")  # W3C Trace Context
NANOSECONDS = 1e9


@frozen
class Tracing:
    """Who makes spans, and who sends them off."""

    provider: "TracerProvider"

    @property
    def tracer(self) -> Tracer:
        return self.provider.get_tracer("soundverse-play")


def tracing_to(endpoint: str | None) -> Tracing | None:
    """Tracing to the collector at ``endpoint``; None where there is none, or the extra ``tracing`` is not installed."""
    if endpoint is None:
        return None
    try:
        from observability.otlp import provider_to  # noqa: PLC0415  # an extra
    except ImportError as error:
        log.warning("traces are not sent; they need pip install 'soundverse-play[tracing]'", reason=str(error))
        return None
    return Tracing(provider_to(endpoint))


def spanned(target: Target, tracing: Tracing | None, **spans: str) -> Target:
    """``target``, each call of whose methods is a span, by the names of ``spans``; itself where nothing is traced."""
    return target if tracing is None else cast("Target", Spanned(target, tracing.tracer, spans))


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


def flushes_spanned(flushed: Flushed, tracing: Tracing | None, name: str) -> Flushed:
    """``flushed``, each of which is a span too, in a trace of its own, since many requests share it."""
    if tracing is None:
        return flushed
    tracer = tracing.tracer

    def flushed_and_spanned(count: int, seconds: float) -> None:
        flushed(count, seconds)
        began = time_ns() - round(seconds * NANOSECONDS)
        tracer.start_span(name, Context(), attributes={"play.ledger.batch.size": count}, start_time=began).end()

    return flushed_and_spanned


def traced_requests(app: ASGIApp, tracing: Tracing | None) -> ASGIApp:
    return app if tracing is None else TracedRequests(app, tracing, tracing.tracer)


@frozen
class TracedRequests:
    """Pure ASGI middleware that makes a span of each request but probes, in the client's trace if it names one."""

    app: ASGIApp
    tracing: Tracing
    tracer: Tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in NOT_LOGGED:
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            try:
                await self.app(scope, receive, send)
            finally:
                await to_thread(self.tracing.provider.shutdown)  # it sends what is left, and may wait for the collector
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
