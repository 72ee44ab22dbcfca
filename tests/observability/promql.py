"""What the service exports, and what a PromQL expression asks for."""

from collections.abc import Iterator
from pathlib import Path

import promql_parser
import yaml
from attrs import frozen
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from domain.decision import Reason
from domain.errors import AudioUnavailable, SourceFailure
from domain.ports import CacheOutcome
from observability.metrics import Metrics

REQUEST = frozenset({"http_request_method", "http_route", "http_response_status_code"})
NO_LABELS: frozenset[str] = frozenset()


def distribution(name: str, *labels: str) -> dict[str, frozenset[str]]:
    """The three names of a histogram, each with its labels."""
    kept = frozenset(labels)
    return {f"{name}_bucket": kept | {"le"}, f"{name}_sum": kept, f"{name}_count": kept}


# Each exported name and its labels, as test_exported_metrics.py finds them.
EXPORTED: dict[str, frozenset[str]] = {
    "http_server_request_duration_seconds_bucket": REQUEST | {"le"},
    "http_server_request_duration_seconds_sum": REQUEST,
    "http_server_request_duration_seconds_count": REQUEST,
    "http_server_active_requests": frozenset({"http_request_method"}),
    "play_plays_recorded_total": NO_LABELS,
    "play_plays_repeated_total": NO_LABELS,
    "play_stream_decisions_total": frozenset({"play_reason"}),
    "play_download_decisions_total": frozenset({"play_reason"}),
    "play_deliveries_lost_total": NO_LABELS,
    "play_deliveries_waiting": NO_LABELS,
    "play_store_failures_total": NO_LABELS,
    "play_streams_active": NO_LABELS,
    "play_followers_active": NO_LABELS,
    **distribution("play_stream_start_duration_seconds"),
    **distribution("play_ledger_flush_duration_seconds", "play_ledger"),
    **distribution("play_ledger_batch_size", "play_ledger"),
    **distribution("play_event_loop_delay_seconds"),
    "play_streams_sent_bytes_total": NO_LABELS,
    "play_source_failures_total": frozenset({"error_type"}),
    "play_source_resumptions_total": NO_LABELS,
    "play_cache_requests_total": frozenset({"play_cache_outcome"}),
    "db_client_connection_count": frozenset({"db_client_connection_state"}),
    "db_client_connection_pending_requests": NO_LABELS,
    "db_client_connection_max": NO_LABELS,
    "process_virtual_memory_bytes": NO_LABELS,
    "process_resident_memory_bytes": NO_LABELS,
    "process_start_time_seconds": NO_LABELS,
    "process_cpu_seconds_total": NO_LABELS,
    "process_open_fds": NO_LABELS,
    "process_max_fds": NO_LABELS,
    "target_info": frozenset({"service_name"}),
}
RULES = Path(__file__).parents[2] / "observability" / "rules.yml"
RECORDED = {
    rule["record"]: NO_LABELS for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
}
BY_PROMETHEUS = {"up": NO_LABELS}  # added to every scrape
TARGET = frozenset({"job", "instance"})  # added to every series


def exposed() -> Iterator[Metric]:
    """Every metric as `/metrics` tells it, once everything has happened."""
    metrics = Metrics(connections=lambda: {"pool_size": 2, "pool_available": 1, "pool_max": 10, "requests_waiting": 0})
    metrics.request_started("GET")
    metrics.request_ended("GET", "/play/{id}/stream", 206, 0.004)
    metrics.source_failed(AudioUnavailable("library:gone.mp3", SourceFailure.ABSENT))
    metrics.cache_asked(CacheOutcome.HIT)
    metrics.play_judged(Reason.COUNTED)
    metrics.download_judged(Reason.BOT)
    text, _ = metrics.exposition("text/plain")
    yield from text_string_to_metric_families(text.decode())


@frozen
class Question:
    """A selector in an expression: which metric, by which labels, of which job (None: of any)."""

    metric: str
    labels: frozenset[str]
    job: str | None


def questions(expression: str) -> list[Question]:
    """Every selector of ``expression``. Raises ValueError: it is not PromQL."""
    found: list[Question] = []

    def note(expr: promql_parser.Expr) -> bool:
        if isinstance(expr, promql_parser.VectorSelector):
            matchers = expr.matchers.matchers
            job = next((matcher.value for matcher in matchers if matcher.name == "job"), None)
            found.append(Question(expr.name or "", frozenset(matcher.name for matcher in matchers), job))
        return True

    promql_parser.walk(promql_parser.parse(expression), note)
    return found


def selectors(expression: str) -> list[str]:
    """What ``expression`` asks for, each by itself and as it is at a moment."""
    found: list[str] = []

    def note(expr: promql_parser.Expr) -> bool:
        if isinstance(expr, promql_parser.VectorSelector):
            found.append(expr.prettify())
        return True

    promql_parser.walk(promql_parser.parse(expression), note)
    return found


def grouped_by(expression: str) -> frozenset[str]:
    """The labels that the aggregations of ``expression`` keep."""
    kept: set[str] = set()

    def note(expr: promql_parser.Expr) -> bool:
        if isinstance(expr, promql_parser.AggregateExpr) and expr.modifier is not None:
            kept.update(expr.modifier.labels)
        return True

    promql_parser.walk(promql_parser.parse(expression), note)
    return frozenset(kept)


def faults(expression: str) -> Iterator[str]:
    """What is asked for in ``expression`` and never exported, in words."""
    known = EXPORTED | BY_PROMETHEUS | RECORDED
    asked = questions(expression)
    for question in asked:
        if question.metric not in known:
            yield f"{question.metric} is not exported"
        elif strange := question.labels - known[question.metric] - TARGET:
            yield f"{question.metric} has no label {', '.join(sorted(strange))}"
        if question.job != "soundverse-play":
            yield f"{question.metric} is asked of every job"
    labels = TARGET.union(*(known.get(question.metric, NO_LABELS) for question in asked))
    if strange := grouped_by(expression) - labels:
        yield f"nothing in it has the label {', '.join(sorted(strange))}"
