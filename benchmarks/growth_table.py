"""Tells `benchmarks.growth` in Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.report import measured_on


def tables(found: Mapping[str, Any]) -> str:
    """One table over the clips and one over the plays."""
    told = [measured_on(found["machine"])]
    for unit, axis in found["axes"].items():
        told.append("\n".join(table(unit, axis, found["connections"])))
    return "\n\n".join(told)


def table(unit: str, axis: Mapping[str, Any], connections: int) -> Iterator[str]:
    sizes = [f"{size:,}" for size in axis["sizes"]]
    heads = (
        [f"{size} {unit}: ms" for size in sizes] + [f"{size}: µs" for size in sizes] + [f"{size}: /s" for size in sizes]
    )
    yield f"| request, at one connection (ms) and {connections} (µs of processors, answers/s) | {' | '.join(heads)} |"
    yield f"|---|{'--:|' * len(heads)}"
    for name, costs in axis["requests"].items():
        alone = [f"{cost['alone']:.2f}" for cost in costs]
        used = [f"{cost['service']:,.0f} + {cost['database']:,.0f}" for cost in costs]
        rates = [f"{cost['per_second']:,.0f}{refused(cost['refused'])}" for cost in costs]
        yield f"| {name} | {' | '.join(alone + used + rates)} |"


def refused(share: float) -> str:
    return f" ({share:.0%} refused)" if share else ""
