"""Writes what can be looked up, ``docs/reference``, from the code: ``make reference``."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
from attrs import Attribute, fields
from prometheus_client.metrics_core import Metric

from domain.decision import Reason
from domain.errors import SourceFailure
from domain.ports import CacheOutcome
from entrypoints.cli import COMMANDS, command
from entrypoints.settings import Settings, variable_of, written
from tests.observability.promql import EXPORTED, exposed
from tests.services import HOUSE

FOLDER = HOUSE / "docs/reference"
BY_MAKE = "<!-- Written by `make reference` from the code: change that instead. -->"
DATA = "the user's data folder; `/var/lib/soundverse-play` for root"  # who starts it decides
VALUES: dict[str, type[StrEnum]] = {
    "play_reason": Reason,
    "error_type": SourceFailure,
    "play_cache_outcome": CacheOutcome,
}

SETTINGS = """\
Each is an environment variable. `soundverse-play settings` shows all with their present values; a name that is none, or
a value that cannot be, stops the start with a sentence. Times are seconds, sizes bytes; lists are separated by commas;
a variable that is empty sets nothing. Where a command has an option for it, the option wins.
"""

METRICS = """\
`GET /metrics` tells these, as Prometheus reads them. Each process tells of itself alone, so every replica is asked, and
sums are Prometheus's to make. No label's value comes from a client. The three series of a histogram end in `_bucket`,
`_sum` and `_count`. What to look at when: the [runbook](../runbook.md).
"""

COMMAND_LINE = "What `--help` says of each command. Without one, the service starts.\n"


def settings() -> Iterator[str]:
    yield from (
        "# Settings",
        BY_MAKE,
        SETTINGS + "\n" + table(("variable", "default", ""), (setting(field) for field in fields(Settings))),
    )


def setting(field: "Attribute[Any]") -> Sequence[str]:
    default = "" if field.name == "data" else written(field.default)
    about = field.metadata["about"]
    secret = " A secret: shown to nobody." if field.metadata["secret"] else ""
    return f"`{variable_of(field)}`", DATA if field.name == "data" else default and f"`{default}`", about + secret


def metrics() -> Iterator[str]:
    yield from (
        "# Metrics",
        BY_MAKE,
        METRICS + "\n" + table(("metric", "kind", "labels", ""), (metric(family) for family in told())),
    )
    for label, values in VALUES.items():
        yield f"Values of `{label}`: {', '.join(f'`{value}`' for value in values)}."


def told() -> Iterator[Metric]:
    """Every metric, by name; those of the process last."""
    yield from sorted(exposed(), key=lambda metric: (metric.name.startswith(("process", "target")), metric.name))


def metric(family: Metric) -> Sequence[str]:
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels = EXPORTED.get(name) or EXPORTED.get(f"{name}_count") or frozenset()
    return f"`{name}`", family.type, ", ".join(f"`{label}`" for label in sorted(labels)), family.documentation


def command_line() -> Iterator[str]:
    yield from ("# Commands", BY_MAKE, COMMAND_LINE.rstrip())
    for name in COMMANDS:
        context = click.Context(command(name), info_name=f"soundverse-play {name}", terminal_width=100)
        yield from (f"## {name}", f"```text\n{command(name).get_help(context)}\n```")


def table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    marks = ("---",) * len(head)
    return "\n".join(f"| {' | '.join(map(cell, row))} |" for row in (head, marks, *rows))


def cell(text: str) -> str:
    return text.replace("|", r"\|")


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "settings.md": settings, "metrics.md": metrics, "commands.md": command_line,
}  # fmt: skip


def pages() -> Iterator[tuple[Path, str]]:
    """Each file, and what it shall say."""
    for name, paragraphs in PAGES.items():
        yield FOLDER / name, "\n\n".join(paragraphs()) + "\n"


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text)
