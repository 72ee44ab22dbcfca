"""A comparison: several subjects do the same work in turns, A B A B …, and each turn gives a ratio."""

from collections.abc import Sequence
from statistics import median
from typing import Protocol

from attrs import Factory, define, field, frozen
from attrs.validators import ge, min_len

from benchmarks.seen import Load


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
    """A promise: ``subject`` does at least ``ratio`` times as much as ``limit``, and its slowest answers (p99) take at
    most ``p99`` times as long; None promises only to tell it."""

    subject: str
    limit: str
    ratio: float | None = None
    p99: float | None = None


@frozen
class Ratio:
    """How many times as much as ``limit`` a subject did, turn by turn, and how many times as long its slowest answers
    took; what is promised of it is in ``target``."""

    subject: str
    limit: str
    turns: tuple[float, ...] = field(validator=min_len(1))
    p99s: tuple[float, ...] = field(validator=min_len(1))
    target: Target

    @property
    def median(self) -> float:
        return median(self.turns)

    @property
    def p99(self) -> float:
        return median(self.p99s)

    @property
    def is_met(self) -> bool | None:
        return None if self.target.ratio is None else self.median >= self.target.ratio

    @property
    def is_p99_met(self) -> bool | None:
        return None if self.target.p99 is None else self.p99 <= self.target.p99


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
        """Of all that is promised; or, where nothing is, of every subject but the last, to the last."""
        *names, limit = [subject.name for subject in self.subjects]
        return [self._ratio(target) for target in self.targets or [Target(name, limit) for name in names]]

    def _ratio(self, target: Target) -> Ratio:
        turns = list(zip(self.turns[target.subject], self.turns[target.limit], strict=True))
        rates = tuple(one.load.per_second / two.load.per_second for one, two in turns)
        p99s = tuple(one.load.p99 / two.load.p99 for one, two in turns)
        return Ratio(target.subject, target.limit, rates, p99s, target)
