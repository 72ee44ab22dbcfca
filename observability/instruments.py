"""Every instrument by its name. All are plain numbers, observed when somebody reads."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import define, field
from opentelemetry.metrics import CallbackOptions, Meter, Observation
from prometheus_client import CollectorRegistry

from domain.decision import Reason
from observability.distribution import Distribution

# Seconds.
DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0]
STARTS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0]  # 0.3: what rules.yml promises
FLUSHES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0]
DELAYS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5]
BATCHES = [2.0**power for power in range(11)]  # plays or deliveries

PLAYS, DELIVERIES = ("plays",), ("deliveries",)
REQUEST = ("http_request_method", "http_response_status_code", "http_route")
LEDGERS = {"labels": ("play_ledger",), "known": (PLAYS, DELIVERIES)}

Observe = Callable[[CallbackOptions], Iterable[Observation]]
PoolStats = Callable[[], Mapping[str, int]]
"""The database's connections: ``pool_size`` now, ``pool_available`` of them idle, at most ``pool_max``, and
``requests_waiting`` for one; a key that is missing is 0."""

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


@define(eq=False)
class Numbers:
    """What happened so far, by kind, and what there is now."""

    counts: Counter[str] = field(factory=Counter)
    failures: Counter[str] = field(factory=Counter)
    cached: Counter[str] = field(factory=Counter)
    plays: Counter[str] = field(factory=Counter)
    downloads: Counter[str] = field(factory=Counter)
    active: Counter[str] = field(factory=Counter)


class Distributions:
    """What is told of how long things took, and how many were taken together."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def made(name: str, about: str, bounds: Sequence[float], **labelled: Sequence[object]) -> Distribution:
            distribution = Distribution(name, about, bounds, **labelled)  # type: ignore[arg-type]  # labels by name, as `Distribution` takes them
            registry.register(distribution)
            return distribution

        about = "From the request's head to the response's last byte."
        self.durations = made("http_server_request_duration_seconds", about, DURATIONS, labels=REQUEST, known=())
        about = "From a stream's request to the first byte of audio that was handed over."
        self.starts = made("play_stream_start_duration_seconds", about, STARTS)
        about = "How long writing down a batch took."
        self.flushes = made("play_ledger_flush_duration_seconds", about, FLUSHES, **LEDGERS)
        self.batches = made("play_ledger_batch_size", "What was written down together.", BATCHES, **LEDGERS)
        about = "How late a callback of the event loop has run."
        self.delays = made("play_event_loop_delay_seconds", about, DELAYS)


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
