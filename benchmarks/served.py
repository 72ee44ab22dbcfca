"""A server that is measured, with what it must have written down by what the load has seen."""

from collections.abc import Callable
from time import perf_counter

import uvloop
from attrs import define

from benchmarks.client import prove
from benchmarks.comparison import Turn
from benchmarks.load import load
from benchmarks.processes import processor_seconds
from benchmarks.requests import Request
from benchmarks.seen import Unsound

Counter = Callable[[], int]


@define(eq=False)
class Served:
    """Who answers ``request`` at ``url``. ``written`` tells how often that was written down (a play, a clip),
    ``fetches`` how often a source was asked for it.

    ``answered`` and ``asked`` are the fewest and the most that can be written by now, by what the load has seen."""

    name: str
    url: str
    request: Request
    pid: int
    written: Counter | None = None
    fetches: Counter | None = None
    is_cached: bool = False
    answered: int = 0
    asked: int = 0

    def prove(self, connections: int) -> None:
        """Warm up while every byte is looked at, and all that is written. Raises Unsound: some was wrong."""
        before = self.written() if self.written else 0
        times = uvloop.run(prove(self.url, self.request, connections))
        self.answered = self.asked = before + times
        self._check_written()

    def measure(self, connections: int, seconds: int) -> Turn:
        """One turn of load. Raises Unsound: what was written or fetched does not fit the answers."""
        fetched, used, began = self._fetched(), processor_seconds(self.pid), perf_counter()
        seen = load(self.url, self.request, connections, seconds)
        cores = (processor_seconds(self.pid) - used) / (perf_counter() - began)
        self.answered += seen.answers
        self.asked += seen.answers + seen.dropped
        self._check_written()
        self._check_fetches(self._fetched() - fetched, seen.answers)
        return Turn(seen, cores)

    def _fetched(self) -> int:
        return self.fetches() if self.fetches else 0

    def _check_written(self) -> None:
        """Answers that came ≤ written ≤ requests begun: of those that wrk drops at its end nobody knows."""
        if self.written and not self.answered <= (written := self.written()) <= self.asked:
            raise Unsound(f"{self.url}: {written} written down, {self.answered} answered, {self.asked} asked for")

    def _check_fetches(self, fetched: int, answers: int) -> None:
        """A relay asks its source every time; a cache hardly ever."""
        if self.fetches and (fetched > answers / 100 + 1 if self.is_cached else fetched < answers):
            raise Unsound(f"{self.url}: {answers} answers were fetched {fetched} times")
