"""The tables of `benchmarks.bench`, short enough for the README."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

from benchmarks.comparison import Comparison, Ratio
from benchmarks.measures import Measure
from benchmarks.report import VERDICTS, medians
from benchmarks.rows import FIRST

RATES = """\
| work | at once | ours/s | first/s | × (min–max) | target | limit/s | × (min–max) | target | p99 ms, ours / first | |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""
MEASURES = """\
| what | ours | beside | × (min–max) | target |
|---|--:|--:|--:|--:|"""


def rates(comparisons: Sequence[Comparison]) -> str:
    """A row for each subject of which something is promised: beside the first version, and beside its limit."""
    return "\n".join([RATES, *(row for comparison in comparisons for row in rows(comparison))])


def rows(comparison: Comparison) -> Iterator[str]:
    for name in dict.fromkeys(target.subject for target in comparison.targets):
        ratios = [ratio for ratio in comparison.ratios() if ratio.subject == name]
        first = next((ratio for ratio in ratios if ratio.limit == FIRST), None)
        limit = next((ratio for ratio in ratios if ratio.limit != FIRST), None)
        work = comparison.work + name.partition("ours")[2]  # "ours, kept" is work of its own
        cells = [work, str(comparison.connections), answers(comparison, name)]
        cells += beside(comparison, first, "") + beside(comparison, limit, limit.limit if limit else "")
        yield f"| {' | '.join(cells + slowest(comparison, first))} |"


def beside(comparison: Comparison, ratio: Ratio | None, named: str) -> list[str]:
    """The cells about another subject, which is told by name where it is not always the same."""
    if ratio is None:
        return ["", "", ""]
    rate = f"{named} {answers(comparison, ratio.limit)}".strip()
    target = "" if ratio.target.ratio is None else f"≥ {ratio.target.ratio:g} {VERDICTS[ratio.is_met]}"
    return [rate, spread(ratio.turns), target]


def slowest(comparison: Comparison, first: Ratio | None) -> list[str]:
    """The cells about the slowest answers."""
    if first is None:
        return ["", ""]
    ours, their = (medians(comparison.turns[name])["p99"] * 1e3 for name in (first.subject, first.limit))
    target = "" if first.target.p99 is None else f"≤ {first.target.p99:g} × {VERDICTS[first.is_p99_met]}"
    return [f"{written(ours)} / {written(their)} = {first.p99:.2f}", target]


def answers(comparison: Comparison, name: str) -> str:
    return written(medians(comparison.turns[name])["per_second"])


def spread(ratios: Sequence[float]) -> str:
    return f"**{written(median(ratios))}** ({written(min(ratios))}–{written(max(ratios))})"


def written(number: float) -> str:
    """Three digits that say something, and no more."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def measured(measures: Sequence[Measure]) -> str:
    return "\n".join([MEASURES, *map(measure_row, measures)])


def measure_row(measure: Measure) -> str:
    ours, verdict = f"{written(median(measure.ours))} {measure.unit}", VERDICTS[measure.is_met]
    if not measure.beside:
        return f"| {measure.what} | {ours} | | | ≤ {measure.most:g} {measure.unit} {verdict} |"
    beside = f"{written(median(measure.beside))} {measure.unit}"
    return f"| {measure.what} | {ours} | {beside} | {spread(measure.ratios)} | ≤ {measure.most:g} {verdict} |"


def measure_json(measure: Measure) -> dict[str, Any]:
    return {
        "what": measure.what,
        "unit": measure.unit,
        "ours": measure.ours,
        "beside": measure.beside,
        "ratios": measure.ratios,
        "at_most": measure.most,
        "met": measure.is_met,
    }


def in_words(machine: dict[str, Any]) -> str:
    """When, where, how and amid what it was measured."""
    nginx = "" if machine["has_nginx"] else " There is no nginx here, so what it limits and what it relays is left out."
    return (
        f"`{machine['command']}`, {machine['measured_at']}, {machine['seconds'] / 60:.1f} minutes: {machine['cores']} "
        f"cores ({machine['processor']}), Linux {machine['kernel']}, Python {machine['python']}; load by "
        f"{machine['load_by']}. Others kept {machine['cores_of_others']:.2f} cores busy meanwhile, the disk keeps a "
        f"page in {machine['flush_seconds'] * 1e3:.2f} ms, and {machine['plays_a_commit']:.1f} plays "
        f"shared a commit.{nginx}"
    )


def missed(comparisons: Sequence[Comparison], measures: Sequence[Measure]) -> list[str]:
    """What was promised and not kept, in words."""
    ratios = [(each, ratio) for each in comparisons for ratio in each.ratios()]
    named = [(f"{each.work} at {each.connections}", ratio) for each, ratio in ratios]
    return [
        *(f"{work}: {r.subject} / {r.limit} {r.median:.2f}" for work, r in named if r.is_met is False),
        *(f"{work}: p99 {r.subject} / {r.limit} {r.p99:.2f}" for work, r in named if r.is_p99_met is False),
        *(measure.what for measure in measures if not measure.is_met),
    ]
