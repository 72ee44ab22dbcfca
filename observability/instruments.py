"""What is counted and timed. All are plain numbers, which `observability.exposition` tells when somebody reads."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from attrs import define, field

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

PoolStats = Callable[[], Mapping[str, int]]
"""The database's connections: ``pool_size`` now, ``pool_available`` of them idle, at most ``pool_max``, and
``requests_waiting`` for one; a key that is missing is 0."""


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

    def __init__(self) -> None:
        self.all: list[Distribution] = []

        def made(name: str, about: str, bounds: Sequence[float], **labelled: Sequence[object]) -> Distribution:
            distribution = Distribution(name, about, bounds, **labelled)  # type: ignore[arg-type]  # labels by name, as `Distribution` takes them
            self.all.append(distribution)
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
