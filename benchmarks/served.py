"""A server that is measured, with what it must have counted by what the load has seen."""

import asyncio
from collections.abc import Callable
from time import perf_counter

from attrs import define, field
from attrs.validators import min_len

from benchmarks.comparison import Turn
from benchmarks.load import Unsound, listen, load
from benchmarks.processes import processor_seconds
from benchmarks.recordings import Request

Counter = Callable[[], int]


@define(eq=False)
class Served:
    """Audio at ``urls`` of one server. ``plays`` tells how often they were counted, ``fetches`` how often a source was
    asked for them.

    ``answered`` and ``asked`` are the fewest and the most plays that there can be by now, by what the load has seen."""

    name: str
    urls: tuple[str, ...] = field(validator=min_len(1))
    request: Request
    pid: int
    plays: Counter | None = None
    fetches: Counter | None = None
    is_cached: bool = False
    answered: int = 0
    asked: int = 0

    def prove(self, connections: int) -> None:
        """Warm up while every byte is looked at, and every play. Raises Unsound: some were wrong."""
        before = self.plays() if self.plays else 0
        times = max(4 * connections, len(self.urls))
        asyncio.run(listen(self.urls, self.request, connections, times))
        self.answered = self.asked = before + times
        if self.plays and (counted := self.plays()) != self.answered:
            raise Unsound(f"{self.name}: {times} plays were counted as {counted - before}")

    def measure(self, connections: int, seconds: int) -> Turn:
        """One turn of load. Raises Unsound: plays or fetches do not fit the answers."""
        fetched, used, began = self._fetched(), processor_seconds(self.pid), perf_counter()
        seen = load(self.urls, self.request, connections, seconds)
        cores = (processor_seconds(self.pid) - used) / (perf_counter() - began)
        self.answered += seen.answers
        self.asked += seen.answers + connections
        self._check_plays()
        self._check_fetches(self._fetched() - fetched, seen.answers)
        return Turn(seen, cores)

    def _fetched(self) -> int:
        return self.fetches() if self.fetches else 0

    def _check_plays(self) -> None:
        """Answers that came ≤ plays counted ≤ requests begun: of those that wrk drops at its end nobody knows."""
        if self.plays and not self.answered <= (counted := self.plays()) <= self.asked:
            raise Unsound(f"{self.name}: {counted} plays counted, {self.answered} answered, {self.asked} asked for")

    def _check_fetches(self, fetched: int, answers: int) -> None:
        """A relay asks its source every time; a cache hardly ever."""
        if self.fetches and (fetched > answers / 100 + 1 if self.is_cached else fetched < answers):
            raise Unsound(f"{self.name}: {answers} answers were fetched {fetched} times")
