"""What a benchmark has found, as Markdown for people and JSON for programs."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.comparison import Comparison, Ratio, Turn

RESULTS = Path(__file__).with_name("results")
VERDICTS = {None: "", True: "met", False: "missed"}


def machine() -> dict[str, Any]:
    """Where and when it was measured, and how busy the machine was before with other things."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def markdown(comparisons: Sequence[Comparison], where: dict[str, Any]) -> str:
    """Two tables: what each subject did, and the ratios with their targets."""
    size, align = (" | MB/s", "|--:") if any(comparison.size for comparison in comparisons) else ("", "")
    return "\n".join(
        [
            f"{measured_on(where)} Medians of the turns.",
            "",
            f"| work | subject | answers/s | min–max{size} | median ms | p99 ms | cores busy |",
            f"|---|---|--:|--:{align}|--:|--:|--:|",
            *(subject_row(each, name) for each in comparisons for name in each.turns),
            "",
            "| work | ratio | median | min–max | target | |",
            "|---|---|--:|--:|--:|---|",
            *(ratio_row(each, ratio) for each in comparisons for ratio in each.ratios()),
        ]
    )


def measured_on(where: dict[str, Any]) -> str:
    """What `machine` tells, in words."""
    place = f"{where['cores']} cores ({where['processor']}), load before {where['load_before']}"
    return f"{where['measured_at']}: {place}, Linux {where['kernel']}, Python {where['python']}."


def subject_row(comparison: Comparison, name: str) -> str:
    seen = medians(comparison.turns[name])
    rates = [turn.load.per_second for turn in comparison.turns[name]]
    megabytes = f"| {seen['per_second'] * comparison.size / 1e6:,.0f} " if comparison.size else ""
    return (
        f"| {comparison.work} | {name} | {seen['per_second']:,.0f} | {min(rates):,.0f}–{max(rates):,.0f} {megabytes}"
        f"| {seen['median'] * 1e3:.2f} | {seen['p99'] * 1e3:.2f} | {seen['cores']:.2f} |"
    )


def ratio_row(comparison: Comparison, ratio: Ratio) -> str:
    target = "" if ratio.target.ratio is None else f"≥ {ratio.target.ratio}"
    spread = f"{min(ratio.turns):.2f}–{max(ratio.turns):.2f}"
    return (
        f"| {comparison.work} | {ratio.subject} / {ratio.limit} | {ratio.median:.2f} "
        f"| {spread} | {target} | {VERDICTS[ratio.is_met]} |"
    )


def medians(turns: Sequence[Turn]) -> dict[str, float]:
    """Of all that was seen in a subject's turns, each by itself; seconds, and answers per second."""
    seen = {name: median(getattr(turn.load, name) for turn in turns) for name in ("per_second", "median", "p99")}
    return seen | {"cores": median(turn.cores for turn in turns)}


def as_json(comparisons: Sequence[Comparison], where: dict[str, Any]) -> dict[str, Any]:
    return {"machine": where, "comparisons": [comparison_json(each) for each in comparisons]}


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "work": comparison.work,
        "bytes": comparison.size,
        "connections": comparison.connections,
        "subjects": {
            name: medians(turns) | {"turns": [turn.load.per_second for turn in turns]}
            for name, turns in comparison.turns.items()
        },
        "ratios": [
            {
                "of": ratio.subject,
                "to": ratio.limit,
                "median": ratio.median,
                "min": min(ratio.turns),
                "max": max(ratio.turns),
                "target": ratio.target.ratio,
                "met": ratio.is_met,
                "p99": {"median": ratio.p99, "target": ratio.target.p99, "met": ratio.is_p99_met},
            }
            for ratio in comparison.ratios()
        ],
    }


def write_json(name: str, found: dict[str, Any]) -> Path:
    """Keep what was found as ``results/NAME.json``; where that is."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return file
