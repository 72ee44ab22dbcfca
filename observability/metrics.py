"""The Telemetry port in OpenTelemetry, read by Prometheus. Names follow OpenTelemetry's semantic conventions."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter

from attrs import define, field
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from domain.decision import Reason
from domain.errors import AudioUnavailable
from domain.ports import CacheOutcome
from observability.distribution import Distribution
from observability.logs import log

# Seconds.
DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0]
STARTS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0]  # 0.3: what rules.yml promises
FLUSHES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0]
DELAYS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5]
BATCHES = [2.0**power for power in range(11)]  # plays or deliveries
LEDGERS = PLAYS, DELIVERIES = (("plays",), ("deliveries",))

Labels = tuple[str, ...]
PoolStats = Callable[[], Mapping[str, int]]
"""The database's connections: ``pool_size`` now, ``pool_available`` of them idle, at most ``pool_max``, and
``requests_waiting`` for one; a key that is missing is 0."""


@define
class Metrics:
    """Every instrument, on a registry of its own, so that two services in one process do not share counters.

    All are plain numbers, observed when somebody reads: a record of OpenTelemetry's costs ten microseconds.
    No label comes from a client, so their number is bounded.
    """

    connections: PoolStats | None = None
    _registry: CollectorRegistry = field(factory=CollectorRegistry, init=False)
    _counts: Counter[str] = field(factory=Counter, init=False)
    _failures: Counter[str] = field(factory=Counter, init=False)
    _cached: Counter[str] = field(factory=Counter, init=False)
    _loss_logged_at: float = field(default=-1.0, init=False)
    _plays: Counter[str] = field(factory=Counter, init=False)
    _downloads: Counter[str] = field(factory=Counter, init=False)
    _active: Counter[str] = field(factory=Counter, init=False)
    _durations: Distribution = field(init=False)
    _starts: Distribution = field(init=False)
    _flushes: Distribution = field(init=False)
    _batches: Distribution = field(init=False)
    _delays: Distribution = field(init=False)

    def __attrs_post_init__(self) -> None:
        ProcessCollector(registry=self._registry)
        self._make_distributions()
        reader = PrometheusMetricReader(scope_info_enabled=False, registry=self._registry)
        resource = Resource({"service.name": "soundverse-play"})
        provider = MeterProvider([reader], resource, AlwaysOffExemplarFilter(), shutdown_on_exit=False)
        meter = provider.get_meter("soundverse-play")
        self._observe_requests_and_plays(meter)
        if self.connections is not None:
            observe_connections(meter, self.connections)

    def _make_distributions(self) -> None:
        def made(
            name: str, about: str, bounds: list[float], labels: Sequence[str] = (), known: Sequence[Labels] = ((),)
        ) -> Distribution:
            distribution = Distribution(name, about, bounds, labels, known)
            self._registry.register(distribution)
            return distribution

        self._durations = made(
            "http_server_request_duration_seconds",
            "From the request's head to the response's last byte.",
            DURATIONS,
            ("http_request_method", "http_response_status_code", "http_route"),
            (),
        )
        self._starts = made(
            "play_stream_start_duration_seconds",
            "From a stream's request to the first byte of audio that was handed over.",
            STARTS,
        )
        of_a_ledger = (("play_ledger",), LEDGERS)
        self._flushes = made(
            "play_ledger_flush_duration_seconds", "How long writing down a batch took.", FLUSHES, *of_a_ledger
        )
        self._batches = made("play_ledger_batch_size", "What was written down together.", BATCHES, *of_a_ledger)
        self._delays = made("play_event_loop_delay_seconds", "How late a callback of the event loop has run.", DELAYS)

    def _observe_requests_and_plays(self, meter: Meter) -> None:
        def one(name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
            return lambda _options: [Observation(self._counts[name])]

        def each(counts: Mapping[str, int], label: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
            return lambda _options: [Observation(count, {label: value}) for value, count in counts.items()]

        def of(counts: Mapping[str, int], reason: Reason) -> Callable[[CallbackOptions], Iterable[Observation]]:
            return lambda _options: [Observation(counts[reason])]

        meter.create_observable_counter(
            "play.plays.recorded", [of(self._plays, Reason.COUNTED)], "{play}", "Plays written down."
        )
        meter.create_observable_counter(
            "play.plays.repeated", [of(self._plays, Reason.REPEAT)], "{play}", "Plays that were written down before."
        )
        meter.create_observable_counter(
            "play.stream.decisions",
            [each(self._plays, "play.reason")],
            "{request}",
            "Requests to stream, by why they are a play or not.",
        )
        meter.create_observable_counter(
            "play.download.decisions",
            [each(self._downloads, "play.reason")],
            "{delivery}",
            "Deliveries that were written down, by why they are a download or not.",
        )
        meter.create_observable_counter(
            "play.deliveries.lost", [one("lost")], "{delivery}", "Deliveries that could not be written down."
        )
        meter.create_observable_up_down_counter(
            "play.deliveries.waiting", [one("waiting")], "{delivery}", "Deliveries that wait to be written down."
        )
        meter.create_observable_counter(
            "play.store.failures", [one("store")], "{failure}", "Statements that the database did not answer."
        )
        meter.create_observable_up_down_counter(
            "play.streams.active", [one("streams")], "{stream}", "Streams under way."
        )
        meter.create_observable_counter("play.streams.sent", [one("bytes")], "By", "Bytes of audio sent.")
        meter.create_observable_counter(
            "play.source.failures", [each(self._failures, "error.type")], "{failure}", "Audio that could not be had."
        )
        meter.create_observable_counter(
            "play.source.resumptions", [one("resumed")], "{resumption}", "Sources that were taken up where they broke."
        )
        meter.create_observable_counter(
            "play.cache.requests", [each(self._cached, "play.cache.outcome")], "{request}", "Audio asked of the cache."
        )
        meter.create_observable_up_down_counter(
            "http.server.active_requests",
            [each(self._active, "http.request.method")],
            "{request}",
            "Requests under way.",
        )

    # the Telemetry port

    def play_judged(self, reason: Reason) -> None:
        self._plays[reason.value] += 1

    def download_judged(self, reason: Reason) -> None:
        self._downloads[reason.value] += 1

    def deliveries_lost(self, count: int) -> None:
        """Counts all, and logs at most once a second how many there are by now."""
        self._counts["lost"] += count
        if perf_counter() - self._loss_logged_at >= 1:
            self._loss_logged_at = perf_counter()
            log.warning("deliveries lost", since_start=self._counts["lost"])

    def deliveries_waiting(self, count: int) -> None:
        self._counts["waiting"] = count

    def deliveries_flushed(self, count: int, seconds: float) -> None:
        self._flushed(DELIVERIES, count, seconds)

    def source_failed(self, error: AudioUnavailable) -> None:
        """Counts the failure by its kind and logs the location, less a query that may hold a signature."""
        self._failures[error.failure.value] += 1
        log.warning("source failed", failure=error.failure.value, location=error.location.partition("?")[0])

    def source_resumed(self) -> None:
        self._counts["resumed"] += 1

    def cache_asked(self, outcome: CacheOutcome) -> None:
        self._cached[outcome.value] += 1

    def stream_started(self) -> None:
        self._counts["streams"] += 1

    def bytes_sent(self, count: int) -> None:
        self._counts["bytes"] += count

    def stream_ended(self) -> None:
        self._counts["streams"] -= 1

    # the database's adapter

    def plays_flushed(self, count: int, seconds: float) -> None:
        self._flushed(PLAYS, count, seconds)

    def store_failed(self) -> None:
        self._counts["store"] += 1

    # requests and the event loop, told by `observability.requests`

    def request_started(self, method: str) -> None:
        self._active[method] += 1

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        self._active[method] -= 1
        self._durations.note(seconds, (method, str(status), route))

    def stream_answered(self, seconds: float) -> None:
        """A listener was handed the first audio so long after asking."""
        self._starts.note(seconds)

    def loop_delayed(self, seconds: float) -> None:
        self._delays.note(seconds)

    def _flushed(self, ledger: Labels, count: int, seconds: float) -> None:
        self._batches.note(count, ledger)
        self._flushes.note(seconds, ledger)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics in the form that an Accept header wants, and its content type."""
        try:
            encode, content_type = choose_encoder(accept)
        except TypeError:  # how prometheus_client meets a version that is no number
            encode, content_type = choose_encoder("")
        return encode(self._registry), content_type


def observe_connections(meter: Meter, connections: PoolStats) -> None:
    def by_state(_options: CallbackOptions) -> Iterable[Observation]:
        stats = connections()
        idle = stats.get("pool_available", 0)
        yield Observation(stats.get("pool_size", 0) - idle, {"db.client.connection.state": "used"})
        yield Observation(idle, {"db.client.connection.state": "idle"})

    meter.create_observable_up_down_counter(
        "db.client.connection.count", [by_state], "{connection}", "Connections to the database."
    )
    meter.create_observable_up_down_counter(
        "db.client.connection.pending_requests",
        [lambda _options: [Observation(connections().get("requests_waiting", 0))]],
        "{request}",
        "Requests that wait for a connection.",
    )
    meter.create_observable_up_down_counter(
        "db.client.connection.max",
        [lambda _options: [Observation(connections().get("pool_max", 0))]],
        "{connection}",
        "Most connections allowed.",
    )
