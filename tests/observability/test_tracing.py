"""Traces tell where a request's time went, by the names of OpenTelemetry; where they are off, nothing is in the way."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, MutableMapping, Sequence
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
from dependency_injector.providers import Object
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import Receive, Scope, Send
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from entrypoints.container import in_memory
from entrypoints.settings import Settings
from observability.requests import RequestTelemetry
from observability.tracing import Tracing, flushes_spanned, spanned, traced_requests, tracing_to
from tests.entrypoints.edge import RAIN, Edge, an_edge
from tests.upstream import Request, upstream

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
WITHIN_A_STREAM = {"catalogue find", "audio open", "ledger record"}


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(kept: InMemorySpanExporter) -> Tracing:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return Tracing(provider)


@pytest.fixture
async def edge(tmp_path: Path, tracing: Tracing) -> AsyncIterator[Edge]:
    made = an_edge(tmp_path, tracing=Object(tracing))
    async with made.client:
        yield made


def by_name(spans: Sequence[ReadableSpan]) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans}


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


async def test_a_stream_is_a_span_with_one_for_each_step_to_its_audio(edge: Edge, kept: InMemorySpanExporter) -> None:
    clip = await edge.added()
    kept.clear()
    await edge.client.get(clip["stream_url"], headers={"range": "bytes=0-9"})
    spans = by_name(kept.get_finished_spans())

    request = spans["GET /play/{id}/stream"]
    assert request.kind is SpanKind.SERVER
    assert attributes(request) == {
        "http.request.method": "GET",
        "http.route": "/play/{id}/stream",
        "http.response.status_code": 206,
    }
    within = {name for name, span in spans.items() if span.parent == request.get_span_context()}
    assert within == WITHIN_A_STREAM


async def test_the_trace_of_whoever_asks_goes_on(edge: Edge, kept: InMemorySpanExporter) -> None:
    await edge.client.get("/play", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    [span] = kept.get_finished_spans()

    assert span.parent is not None
    assert f"{span.parent.trace_id:032x} {span.parent.span_id:016x}" == f"{TRACE} {PARENT}"


@pytest.mark.parametrize("sent", ["", "00-x", f"00-{'0' * 32}-{PARENT}-01", "\xff", "x" * 5_000])
async def test_what_names_no_trace_begins_a_new_one(edge: Edge, kept: InMemorySpanExporter, sent: str) -> None:
    await edge.asked("GET", "/play", headers=[(b"traceparent", sent.encode("latin-1"))])
    [span] = kept.get_finished_spans()

    assert span.parent is None


async def test_a_trace_is_named_in_the_log(edge: Edge, kept: InMemorySpanExporter) -> None:
    seen: list[str] = []

    def note(_logger: object, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        seen.append(str(line.get("trace_id")))
        return line

    with capture_logs([merge_contextvars, note]):
        await edge.client.get("/play")
    [span] = kept.get_finished_spans()

    assert seen == [f"{span.get_span_context().trace_id:032x}"]  # type: ignore[union-attr]


async def test_a_failure_is_told_by_its_kind_and_without_the_signature_of_an_address(
    edge: Edge, kept: InMemorySpanExporter
) -> None:
    clip, signed = await edge.added(), AudioLocation("https://audio.test/rain.wav?signature=secret")
    edge.sounds.failing[RAIN] = AudioUnavailable(signed, SourceFailure.REFUSED)
    await edge.client.get(clip["stream_url"])
    spans = by_name(kept.get_finished_spans())

    assert attributes(spans["audio open"])["error.type"] == "AudioUnavailable"
    assert spans["GET /play/{id}/stream"].status.status_code is StatusCode.ERROR
    assert "secret" not in "".join(span.to_json() for span in spans.values())


async def test_nothing_that_a_client_makes_up_names_a_span(edge: Edge, kept: InMemorySpanExporter) -> None:
    await edge.asked("X" * 100, "/play")
    await edge.asked("GET", "/nowhere/" + "x" * 100)

    assert [span.name for span in kept.get_finished_spans()] == ["_OTHER /play", "GET"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
async def test_probes_are_no_spans(edge: Edge, kept: InMemorySpanExporter, path: str) -> None:
    await edge.client.get(path)

    assert kept.get_finished_spans() == ()


async def test_deliveries_that_are_written_down_are_a_trace_of_their_own(
    edge: Edge, kept: InMemorySpanExporter
) -> None:
    clip = await edge.added()
    await edge.client.get(clip["stream_url"])
    await edge.container.delivery_queue().settled()

    assert by_name(kept.get_finished_spans())["ledger flush deliveries"].parent is None


def test_a_flush_of_plays_is_a_trace_of_its_own_that_lasts_as_long(
    tracing: Tracing, kept: InMemorySpanExporter
) -> None:
    told: list[int] = []
    flushed = flushes_spanned(lambda count, _: told.append(count), tracing, "ledger flush plays")
    begun = time_ns()
    with tracing.tracer.start_as_current_span("whoever happened to wait first"):
        flushed(7, 0.5)
    span = by_name(kept.get_finished_spans())["ledger flush plays"]

    assert (told, attributes(span), span.parent) == ([7], {"play.ledger.batch.size": 7}, None)
    assert 0.5e9 <= (span.end_time or 0) - (span.start_time or 0) <= 0.5e9 + time_ns() - begun


async def test_where_nothing_is_traced_nothing_stands_around_what_would_be(tmp_path: Path) -> None:
    container = in_memory(Settings(data=tmp_path), ())
    target = object()

    assert container.tracing() is None
    assert spanned(target, None, find="catalogue find") is target
    assert container.stream_clip().catalogue is container.catalogue()
    assert isinstance(container.app(), RequestTelemetry)


async def test_spans_are_sent_to_the_collector_when_the_service_ends() -> None:
    async def taken(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()

    async def answers(_scope: Scope, _receive: Receive, _send: Send) -> None: ...

    async def nothing(*_messages: Any) -> Any: ...

    async with upstream(taken) as collector:
        app = traced_requests(answers, tracing_to(f"http://127.0.0.1:{collector.port}/"))
        await app({"type": "http", "method": "GET", "path": "/play", "headers": []}, nothing, nothing)
        await app({"type": "lifespan"}, nothing, nothing)  # returns when the service ends

        assert [(sent.method, sent.target) for sent in collector.requests] == [("POST", "/v1/traces")]


class Never(Sampler):
    """Wants no span, and remembers which it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def should_sample(
        self, parent_context: object, trace_id: int, name: str, *more: Any, **named: Any
    ) -> SamplingResult:
        self.asked.append(name)
        return SamplingResult(Decision.DROP)

    def get_description(self) -> str:
        return "never"


async def test_a_request_that_is_not_to_be_traced_costs_no_span_for_its_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.delivery_queue.SECONDS_TO_GATHER", 3_600)  # it is a trace of its own, and comes later
    sampler = Never()
    edge = an_edge(tmp_path, tracing=Object(Tracing(TracerProvider(sampler, shutdown_on_exit=False))))
    async with edge.client:
        clip = await edge.added()
        sampler.asked.clear()
        await edge.client.get(clip["stream_url"])

        assert sampler.asked == ["GET"]


def test_a_service_without_the_extra_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "observability.otlp", None)
    with capture_logs() as said:
        assert tracing_to("http://127.0.0.1:4318") is None

    assert re.search(r"soundverse-play\[tracing\]", said[0]["event"])
