"""What Prometheus reads: every instrument by its name, in OpenTelemetry's conventions, observed when somebody reads.

Nothing else imports this, since loading OpenTelemetry takes long; `Metrics.exposition` does when it is first asked."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import define
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from domain.decision import Reason
from observability.distribution import Distribution
from observability.instruments import Distributions, Numbers, PoolStats

Observe = Callable[[CallbackOptions], Iterable[Observation]]

# Name, unit, what it tells, and its key in `Numbers.counts`: of what only grows, and of what also shrinks.
GROWING = (
    ("play.deliveries.lost", "{delivery}", "Deliveries that could not be written down.", "lost"),
    ("play.store.failures", "{failure}", "Statements that the database did not answer.", "store"),
    ("play.streams.sent", "By", "Bytes of audio sent.", "bytes"),
    ("play.source.resumptions", "{resumption}", "Sources that were taken up where they broke.", "resumed"),
)
PRESENT = (
    ("play.deliveries.waiting", "{delivery}", "Deliveries that wait to be written down.", "waiting"),
    ("play.streams.active", "{stream}", "Streams under way.", "streams"),
    ("play.followers.active", "{follower}", "Followers of the play counts.", "followers"),
)


class Exposition:
    """All metrics, on a registry of its own, so that two services in one process do not share counters."""

    def __init__(self, numbers: Numbers, distributions: Distributions, connections: PoolStats | None) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        for each_one in distributions.all:
            self._registry.register(Histogram(each_one))
        reader = PrometheusMetricReader(scope_info_enabled=False, registry=self._registry)
        resource = Resource({"service.name": "soundverse-play"})
        provider = MeterProvider([reader], resource, AlwaysOffExemplarFilter(), shutdown_on_exit=False)
        meter = provider.get_meter("soundverse-play")
        observe_numbers(meter, numbers)
        if connections is not None:
            observe_connections(meter, connections)

    def text(self, accept: str) -> tuple[bytes, str]:
        """All metrics in the form that an Accept header wants, and its content type."""
        try:
            encode, content_type = choose_encoder(accept)
        except TypeError:  # how prometheus_client meets a version that is no number
            encode, content_type = choose_encoder("")
        return encode(self._registry), content_type


@define(eq=False)
class Histogram(Collector):
    """A distribution as Prometheus has it."""

    told: Distribution

    def collect(self) -> Iterator[HistogramMetricFamily]:
        told = self.told
        family = HistogramMetricFamily(told.name, told.about, labels=told.labels)
        edges = [*map(floatToGoString, told.bounds), "+Inf"]
        for of, counts, total in told.told():
            family.add_metric(of, list(zip(edges, counts, strict=True)), total)
        yield family


def observe_numbers(meter: Meter, numbers: Numbers) -> None:
    for name, unit, about, key in GROWING:
        meter.create_observable_counter(name, [one(numbers.counts, key)], unit, about)
    for name, unit, about, key in PRESENT:
        meter.create_observable_up_down_counter(name, [one(numbers.counts, key)], unit, about)
    for name, unit, about, reason in (
        ("play.plays.recorded", "{play}", "Plays written down.", Reason.COUNTED),
        ("play.plays.repeated", "{play}", "Plays that were written down before.", Reason.REPEAT),
    ):
        meter.create_observable_counter(name, [one(numbers.plays, reason)], unit, about)
    about_plays = "Requests to stream, by why they are a play or not."
    about_downloads = "Deliveries that were written down, by why they are a download or not."
    for name, unit, about, counts, label in (
        ("play.stream.decisions", "{request}", about_plays, numbers.plays, "play.reason"),
        ("play.download.decisions", "{delivery}", about_downloads, numbers.downloads, "play.reason"),
        ("play.source.failures", "{failure}", "Audio that could not be had.", numbers.failures, "error.type"),
        ("play.cache.requests", "{request}", "Audio asked of the cache.", numbers.cached, "play.cache.outcome"),
    ):
        meter.create_observable_counter(name, [each(counts, label)], unit, about)
    active = [each(numbers.active, "http.request.method")]
    meter.create_observable_up_down_counter("http.server.active_requests", active, "{request}", "Requests under way.")


def one(counts: Counter[str], key: str) -> Observe:
    return lambda _options: [Observation(counts[key])]


def each(counts: Mapping[str, int], label: str) -> Observe:
    return lambda _options: [Observation(count, {label: value}) for value, count in counts.items()]


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
