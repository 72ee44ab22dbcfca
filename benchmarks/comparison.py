"""A comparison: several subjects do the same work in turns, A B A B …, and each turn gives a ratio."""

from collections.abc import Sequence
from statistics import median
from typing import Protocol

from attrs import Factory, define, field, frozen
from attrs.validators import ge, min_len

from benchmarks.load import Load


class Subject(Protocol):
    """Who is measured."""

    @property
    def name(self) -> str: ...

    def prove(self, connections: int) -> None:
        """Warm up, and look at everything that is done. Raises Unsound: some of it was wrong."""

    def measure(self, connections: int, seconds: int) -> "Turn":
        """Do the work for so long. Raises Unsound: what was done does not fit what was seen."""


@frozen
class Turn:
    """What one turn of a subject has shown: the load's view, and how many processor cores the subject kept busy."""

    load: Load
    cores: float


@frozen
class Target:
    """A promise: the ratio of ``subject`` to ``limit`` is at least ``ratio``; None promises only to tell it."""

    subject: str
    limit: str
    ratio: float | None = None


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
    """The same work for all ``subjects``, so many ``connections`` at once.

    ``size`` is the bytes of an answer, 0 where it is not bytes that are compared."""

    work: str
    connections: int = field(validator=ge(1))
    subjects: Sequence[Subject]
    targets: Sequence[Target] = ()
    size: int = 0
    turns: dict[str, list[Turn]] = Factory(dict)

    def prove(self) -> None:
        """Have every subject proved before any is measured. Raises Unsound."""
        for subject in self.subjects:
            subject.prove(self.connections)
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
