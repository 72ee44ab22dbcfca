"""Draws `benchmarks.growth`: what each request costs over the clips and over the plays, as an SVG with no library."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil, floor, log10
from typing import Any
from xml.sax.saxutils import escape

from attrs import frozen

TITLE = "What a request costs as the catalogue and the ledger grow"
WIDTH, HEIGHT = 1140, 860
PLOT_WIDTH, PLOT_HEIGHT, LEFT, TOP = 250, 310, (70, 640), (90, 490)
BESIDE = 24  # from where a line ends to its name
LINE_HEIGHT = 16
TICKS = (1, 2, 5)

STYLE = """
    .ground { fill: #ffffff } text { fill: #1b2230 } .soft { fill: #566074; font-size: 12px } .bold { font-weight: 650 }
    .grid { stroke: #d5dae3 } .edge { stroke: #8a94a6 } .line { fill: none; stroke-width: 2 }
    .name { font-size: 12.5px } .to { stroke-width: .8; opacity: .6 }
    .list { stroke: #2563c4 } .search { stroke: #0b7a65 } .one { stroke: #8a3fb0 }
    .all { stroke: #97600a } .writing { stroke: #c2371b } circle { stroke: none }
    .name.list, circle.list { fill: #2563c4; stroke: none } .name.search, circle.search { fill: #0b7a65; stroke: none }
    .name.one, circle.one { fill: #8a3fb0; stroke: none } .name.all, circle.all { fill: #97600a; stroke: none }
    .name.writing, circle.writing { fill: #c2371b; stroke: none }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #10141c } text { fill: #e8ecf4 } .soft { fill: #a5b0c3 } .grid { stroke: #2b3342 }
      .edge { stroke: #6f7b90 } .list { stroke: #7fb0ff } .search { stroke: #4fd0b5 } .one { stroke: #d29bf0 }
      .all { stroke: #e2b04a } .writing { stroke: #ff8f73 } .name.list, circle.list { fill: #7fb0ff }
      .name.search, circle.search { fill: #4fd0b5 } .name.one, circle.one { fill: #d29bf0 }
      .name.all, circle.all { fill: #e2b04a } .name.writing, circle.writing { fill: #ff8f73 }
    }"""
KINDS = {"list": "list", "search": "search", "stats": "all", "a": "one", "its": "one"}  # by a name's first word
WRITING = ("a play", "a clip added")

Cost = Mapping[str, float]
Measure = Callable[[Cost], float]


@frozen
class Panel:
    """One diagram: where it stands, what its axes tell, and the exponents of ten between which values lie."""

    title: str
    left: int
    top: int
    sizes: Sequence[int]
    unit: str
    decades: tuple[int, int]

    def across(self, size: int) -> float:
        """Where a size stands on its logarithmic axis."""
        first, last = log10(self.sizes[0]), log10(self.sizes[-1])
        return self.left + PLOT_WIDTH * (log10(size) - first) / (last - first)

    def up(self, value: float) -> float:
        """Where a value stands on its logarithmic axis."""
        low, high = self.decades
        return self.top + PLOT_HEIGHT * (high - log10(value)) / (high - low)


def picture(found: Mapping[str, Any]) -> str:
    """The whole picture of what `benchmarks.growth` has found."""
    measures: tuple[tuple[str, Measure], ...] = (
        ("one connection: median ms", lambda cost: cost["alone"]),
        (
            f"{found['connections']} connections: µs of processors an answer",
            lambda cost: cost["service"] + cost["database"],
        ),
    )
    drawn = [
        line
        for (title, measure), top in zip(measures, TOP, strict=True)
        for line in row(title, measure, top, found["axes"])
    ]
    about = "Four diagrams with logarithmic axes; the tables beside tell the same figures."
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'aria-labelledby="title about" font-family="system-ui, sans-serif" font-size="14">',
            f'  <title id="title">{TITLE}</title>',
            f'  <desc id="about">{about}</desc>',
            f"  <style>{STYLE}\n  </style>",
            f'  <rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="14"/>',
            f'  <text class="bold" x="30" y="38" font-size="18">{TITLE}</text>',
            *drawn,
            "</svg>\n",
        )
    )


def row(title: str, measure: Measure, top: int, axes: Mapping[str, Any]) -> Iterator[str]:
    """Two diagrams of one measure on one scale: over the clips, and over the plays."""
    values = [measure(cost) for axis in axes.values() for costs in axis["requests"].values() for cost in costs]
    decades = (floor(log10(min(values))), ceil(log10(max(values))))
    for (unit, axis), left in zip(axes.items(), LEFT, strict=True):
        panel = Panel(title, left, top, axis["sizes"], unit, decades)
        yield from frame(panel)
        yield from lines(panel, {name: [measure(cost) for cost in costs] for name, costs in axis["requests"].items()})


def frame(panel: Panel) -> Iterator[str]:
    """The axes, what they tell, and a grid of 1, 2 and 5 times each power of ten."""
    right, bottom = panel.left + PLOT_WIDTH, panel.top + PLOT_HEIGHT
    yield f'  <text class="bold" x="{panel.left}" y="{panel.top - 14}">{escape(panel.title)}</text>'
    for value in ticks(panel.decades):
        height = panel.up(value)
        yield f'  <path class="grid" d="M{panel.left} {height:.1f}H{right}"/>'
        yield f'  <text class="soft" text-anchor="end" x="{panel.left - 8}" y="{height + 4:.1f}">{value:,g}</text>'
    for size in panel.sizes:
        place = panel.across(size)
        yield f'  <path class="edge" d="M{place:.1f} {panel.top}V{bottom + 5}"/>'
        told = f"{size:,} {panel.unit}"
        yield f'  <text class="soft" text-anchor="middle" x="{place:.1f}" y="{bottom + 20}">{told}</text>'


def ticks(decades: tuple[int, int]) -> list[float]:
    low, high = decades
    steps = TICKS if high - low < 4 else (1,)
    return [step * 10.0**decade for decade in range(low, high) for step in steps] + [10.0**high]


def lines(panel: Panel, requests: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A line for each request, and at its end its name, all names apart from each other."""
    ends = {name: panel.up(values[-1]) for name, values in requests.items()}
    beside, right = apart(ends, panel.top, panel.top + PLOT_HEIGHT), panel.left + PLOT_WIDTH
    for name, values in requests.items():
        kind = "writing" if name in WRITING else KINDS[name.split(",")[0].split()[0]]
        points = [(panel.across(size), panel.up(value)) for size, value in zip(panel.sizes, values, strict=True)]
        yield f'  <path class="line {kind}" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'
        yield from (f'  <circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
        yield f'  <path class="to {kind}" d="M{right + 5} {ends[name]:.1f}L{right + BESIDE - 4} {beside[name]:.1f}"/>'
        told = f"{escape(name)}: {values[-1]:,.3g}" if values[-1] < 1_000 else f"{escape(name)}: {values[-1]:,.0f}"
        yield f'  <text class="name {kind}" x="{right + BESIDE}" y="{beside[name] + 4:.1f}">{told}</text>'


def apart(wanted: Mapping[str, float], top: float, bottom: float) -> dict[str, float]:
    """Heights near those that are wanted, in their order, each a line below the one before, none below ``bottom``."""
    found: dict[str, float] = {}
    last = top - LINE_HEIGHT
    for place, name in enumerate(sorted(wanted, key=wanted.__getitem__)):
        lowest = bottom - LINE_HEIGHT * (len(wanted) - 1 - place)
        found[name] = last = max(last + LINE_HEIGHT, min(wanted[name], lowest))
    return found
