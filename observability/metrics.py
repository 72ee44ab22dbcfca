"""The Telemetry port in plain numbers, told in OpenTelemetry's words, read by Prometheus."""

from asyncio import to_thread
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING

from attrs import define, field

from domain.decision import Reason
from domain.errors import AudioUnavailable
from domain.location import AudioLocation
from domain.ports import CacheOutcome
from observability.instruments import DELIVERIES, PLAYS, Distributions, Numbers, PoolStats
from observability.logs import log

if TYPE_CHECKING:
    from observability.exposition import Exposition


@define
class Metrics:
    """Every instrument.

    All are plain numbers, observed when somebody reads: a record of OpenTelemetry's costs ten microseconds.
    No label comes from a client, so their number is bounded.
    """

    connections: PoolStats | None = None
    _numbers: Numbers = field(factory=Numbers, init=False)
    _distributions: Distributions = field(factory=Distributions, init=False)
    _exposition: "Exposition | None" = field(default=None, init=False)
    _loss_logged_at: float = field(default=-1.0, init=False)

    # the Telemetry port

    def play_judged(self, reason: Reason) -> None:
        self._numbers.plays[reason.value] += 1

    def download_judged(self, reason: Reason) -> None:
        self._numbers.downloads[reason.value] += 1

    def deliveries_lost(self, count: int) -> None:
        """Counts all, and logs at most once a second how many there are by now."""
        self._numbers.counts["lost"] += count
        if perf_counter() - self._loss_logged_at >= 1:
            self._loss_logged_at = perf_counter()
            log.warning("deliveries lost", since_start=self._numbers.counts["lost"])

    def deliveries_waiting(self, count: int) -> None:
        self._numbers.counts["waiting"] = count

    def deliveries_flushed(self, count: int, seconds: float) -> None:
        self._flushed(DELIVERIES, count, seconds)

    def source_failed(self, error: AudioUnavailable) -> None:
        """Counts the failure by its kind and logs the location, less a query that may hold a signature."""
        self._numbers.failures[error.failure.value] += 1
        log.warning("source failed", failure=error.failure.value, location=error.location.partition("?")[0])

    def upload_left(self, location: AudioLocation, reason: str) -> None:
        log.warning("uploaded audio not removed", location=location, reason=reason)

    def source_resumed(self) -> None:
        self._numbers.counts["resumed"] += 1

    def cache_asked(self, outcome: CacheOutcome) -> None:
        self._numbers.cached[outcome.value] += 1

    def stream_started(self) -> None:
        self._numbers.counts["streams"] += 1

    def bytes_sent(self, count: int) -> None:
        self._numbers.counts["bytes"] += count

    def stream_ended(self) -> None:
        self._numbers.counts["streams"] -= 1

    # the adapter that tells live counts

    def followers(self, count: int) -> None:
        self._numbers.counts["followers"] = count

    # the database's adapter

    def plays_flushed(self, count: int, seconds: float) -> None:
        self._flushed(PLAYS, count, seconds)

    def store_failed(self) -> None:
        self._numbers.counts["store"] += 1

    # requests and the event loop, told by `observability.requests`

    def request_started(self, method: str) -> None:
        self._numbers.active[method] += 1

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        self._numbers.active[method] -= 1
        self._distributions.durations.note(seconds, (method, str(status), route))

    def stream_answered(self, seconds: float) -> None:
        """A listener was handed the first audio so long after asking."""
        self._distributions.starts.note(seconds)

    def loop_delayed(self, seconds: float) -> None:
        self._distributions.delays.note(seconds)

    def _flushed(self, ledger: tuple[str], count: int, seconds: float) -> None:
        self._distributions.batches.note(count, ledger)
        self._distributions.flushes.note(seconds, ledger)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics in the form that an Accept header wants, and its content type."""
        if self._exposition is None:
            from observability.exposition import Exposition  # noqa: PLC0415  # a start does not wait for it

            self._exposition = Exposition(self._numbers, self._distributions, self.connections)
        return self._exposition.text(accept)

    async def exposed(self, accept: str) -> tuple[bytes, str]:
        """The same for who must not keep others waiting: what it needs is loaded beside them, the first time."""
        if self._exposition is None:
            await to_thread(import_module, "observability.exposition")
        return self.exposition(accept)
