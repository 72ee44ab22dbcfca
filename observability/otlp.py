"""Sends spans by OTLP over HTTP. Only this file knows the exporter, which is an extra; importing it takes a while."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def provider_to(endpoint: str) -> TracerProvider:
    """A provider whose spans a thread of its own sends to the collector at ``endpoint``; whoever has it shuts it down.

    What else is to be set, OpenTelemetry reads itself, such as OTEL_TRACES_SAMPLER and OTEL_EXPORTER_OTLP_HEADERS."""
    provider = TracerProvider(resource=Resource.create({"service.name": "soundverse-play"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    return provider
