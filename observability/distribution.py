"""Histograms that take a microsecond to tell: OpenTelemetry's take ten, which is too much of what a stream costs."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from attrs import define, field


@define(eq=False)
class Distribution:
    """How often a value was at most each of ``bounds``, which rise. Plain numbers, read when somebody asks.

    There is one for each combination of the ``labels``' values; ``known`` combinations are told from the start."""

    name: str
    about: str
    bounds: Sequence[float]
    labels: Sequence[str] = ()
    known: Sequence[tuple[str, ...]] = ((),)
    _counts: dict[tuple[str, ...], list[int]] = field(factory=dict, init=False)
    _sums: dict[tuple[str, ...], float] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        for of in self.known:
            self._begin(of)

    def note(self, value: float, of: tuple[str, ...] = ()) -> None:
        if of not in self._counts:
            self._begin(of)
        self._counts[of][bisect_left(self.bounds, value)] += 1
        self._sums[of] += value

    def told(self) -> Iterator[tuple[tuple[str, ...], Iterator[int], float]]:
        """Of each combination: how many were at most each bound, then how many in all; and their sum."""
        for of, counts in self._counts.items():
            yield of, accumulate(counts), self._sums[of]

    def _begin(self, of: tuple[str, ...]) -> None:
        self._counts[of], self._sums[of] = [0] * (len(self.bounds) + 1), 0.0
