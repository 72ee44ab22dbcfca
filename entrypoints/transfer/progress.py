"""How far an export or an import is, on standard error: a bar on a terminal, else a line now and then."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

import click
from attrs import define, field
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

SECONDS_BETWEEN_LINES = 10.0


class Meter(Protocol):
    """Is told of each that is done."""

    def advance(self) -> None: ...


@define
class Lines:
    """A line every few seconds, for logs and pipes."""

    what: str
    total: int | None
    done: int = field(default=0, init=False)
    _next: float = field(factory=lambda: monotonic() + SECONDS_BETWEEN_LINES, init=False)

    def advance(self) -> None:
        self.done += 1
        if monotonic() >= self._next:
            self._next = monotonic() + SECONDS_BETWEEN_LINES
            click.echo(f"{self.what}: {self.done}{'' if self.total is None else f' of {self.total}'}", err=True)


@define
class Bar:
    """A bar of rich's."""

    progress: Progress
    task: TaskID

    def advance(self) -> None:
        self.progress.advance(self.task)


class Silence:
    """Says nothing."""

    def advance(self) -> None:
        """Nothing is said."""


@contextmanager
def metered(what: str, total: int | None, is_quiet: bool) -> Iterator[Meter]:
    """A meter while the block lasts, of ``total`` if that is known."""
    console = Console(stderr=True)
    if is_quiet:
        yield Silence()
    elif not console.is_terminal:
        yield Lines(what, total)
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console) as progress:
            yield Bar(progress, progress.add_task(what, total=total))
