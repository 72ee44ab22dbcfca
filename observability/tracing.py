"""Traces, or none. Wherever they are off, what is traced is itself, nothing stands around it, and nothing is loaded."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from attrs import frozen
from starlette.types import ASGIApp

from observability.logs import log

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

Target = TypeVar("Target")
Flushed = Callable[[int, float], None]


@frozen
class Tracing:
    """Who makes spans, and who sends them off."""

    provider: "TracerProvider"

    @property
    def tracer(self) -> "Tracer":
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
    if tracing is None:
        return target
    from observability.spans import Spanned  # noqa: PLC0415  # only who traces waits for it

    return cast("Target", Spanned(target, tracing.tracer, spans))


def flushes_spanned(flushed: Flushed, tracing: Tracing | None, name: str) -> Flushed:
    """``flushed``, each of which is a span too; itself where nothing is traced."""
    if tracing is None:
        return flushed
    from observability.spans import in_span  # noqa: PLC0415  # only who traces waits for it

    return in_span(flushed, tracing.tracer, name)


def traced_requests(app: ASGIApp, tracing: Tracing | None) -> ASGIApp:
    """``app``, each request of which is a span; itself where nothing is traced."""
    if tracing is None:
        return app
    from observability.spans import TracedRequests  # noqa: PLC0415  # only who traces waits for it

    return TracedRequests(app, tracing.provider, tracing.tracer)
