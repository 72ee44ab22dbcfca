"""A comparison: several subjects do the same work in turns, A B A B …, and each turn gives a ratio."""

import asyncio
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter

from attrs import Factory, define, field, frozen
from attrs.validators import ge, min_len

from benchmarks.load import Load, Unsound, listen, load
from benchmarks.processes import processor_seconds
from benchmarks.recordings import Recording

Counter = Callable[[], int]


@define(eq=False)
class Subject:
    """Who is measured at one address. ``plays`` tells how often it counted, ``fetches`` how often it asked its source.

    ``answered`` and ``asked`` are the fewest and the most plays that there can be by now, by what the load has seen."""

    name: str
    url: str
    pid: int
    plays: Counter | None = None
    fetches: Counter | None = None
    is_cached: bool = False
    answered: int = 0
    asked: int = 0

    def prove(self, recording: Recording, connections: int) -> None:
        """Warm up while every byte is looked at, and every play. Raises Unsound: some were wrong."""
        before = self.plays() if self.plays else 0
        times = 4 * connections
        asyncio.run(listen(self.url, connections, times, recording.digest()))
        self.answered = self.asked = before + times
        if self.plays and self.plays() != self.answered:
            raise Unsound(f"{self.name}: {times} plays were counted as {self.plays() - before}")

    def measure(self, connections: int, seconds: int) -> "Turn":
        """One turn of load. Raises Unsound: plays or fetches do not fit the answers."""
        fetched, used, began = self._fetched(), processor_seconds(self.pid), perf_counter()
        seen = load(self.url, connections, seconds)
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


@frozen
class Turn:
    """What one turn of a subject has shown: the load's view, and how many processor cores the subject kept busy."""

    load: Load
    cores: float


@frozen
class Target:
    """A promise: the ratio of ``subject`` to ``limit`` is at least ``ratio``."""

    subject: str
    limit: str
    ratio: float


@frozen
class Ratio:
    """How many times as much as ``limit`` a subject did, turn by turn; ``target`` None where nothing is promised."""

    subject: str
    limit: str
    turns: tuple[float, ...] = field(validator=min_len(1))
    target: float | None = None

    @property
    def median(self) -> float:
        return median(self.turns)

    @property
    def is_met(self) -> bool | None:
        return None if self.target is None else self.median >= self.target


@define(eq=False)
class Comparison:
    """The same work for all ``subjects``: ``recording`` over so many ``connections``."""

    work: str
    recording: Recording
    connections: int = field(validator=ge(1))
    subjects: Sequence[Subject]
    targets: Sequence[Target] = ()
    turns: dict[str, list[Turn]] = Factory(dict)

    def prove(self) -> None:
        """Have every subject proved before any is measured. Raises Unsound."""
        for subject in self.subjects:
            subject.prove(self.recording, self.connections)
            self.turns[subject.name] = []

    def round(self, seconds: int) -> None:
        """Give each subject a turn of so many seconds. Raises Unsound."""
        for subject in self.subjects:
            self.turns[subject.name].append(subject.measure(self.connections, seconds))

    def ratios(self) -> list[Ratio]:
        """Of every subject but the last, which is the limit, to it; then those that are promised of others."""
        limit = self.subjects[-1].name
        promised = {(target.subject, target.limit): target.ratio for target in self.targets}
        names = [subject.name for subject in self.subjects]
        pairs = dict.fromkeys([*((name, limit) for name in names[:-1]), *promised])
        known = [pair for pair in pairs if set(pair) <= set(names)]
        return [Ratio(name, other, self._ratio(name, other), promised.get((name, other))) for name, other in known]

    def _ratio(self, name: str, other: str) -> tuple[float, ...]:
        turns = zip(self.turns[name], self.turns[other], strict=True)
        return tuple(one.load.per_second / two.load.per_second for one, two in turns)
