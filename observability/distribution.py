"""Histograms that take a microsecond to tell: OpenTelemetry's take ten, which is too much of what a stream costs."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from attrs import define, field
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


@define(eq=False)
class Distribution(Collector):
    """How often a value was at most each of ``bounds``, which rise. Plain integers, read when somebody asks.

    With a ``label``, one for each of its ``kinds``, all of which are told from the start."""

    name: str
    about: str
    bounds: Sequence[float]
    label: str | None = None
    kinds: Sequence[str] = ("",)
    _counts: dict[str, list[int]] = field(init=False)
    _sums: dict[str, float] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._counts = {kind: [0] * (len(self.bounds) + 1) for kind in self.kinds}
        self._sums = dict.fromkeys(self.kinds, 0.0)

    def note(self, value: float, kind: str = "") -> None:
        self._counts[kind][bisect_left(self.bounds, value)] += 1
        self._sums[kind] += value

    def collect(self) -> Iterator[HistogramMetricFamily]:
        family = HistogramMetricFamily(self.name, self.about, labels=[self.label] if self.label else [])
        edges = [*map(floatToGoString, self.bounds), "+Inf"]
        for kind, counts in self._counts.items():
            buckets = list(zip(edges, accumulate(counts), strict=True))
            family.add_metric([kind] if self.label else [], buckets, self._sums[kind])
        yield family
