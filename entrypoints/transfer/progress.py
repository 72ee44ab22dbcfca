"""How far an export or an import is, on standard error: a bar on a terminal, else a line now and then."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import repeat
from time import monotonic
from typing import Protocol

import click
from attrs import define, field

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
    """A bar of click's."""

    advance: Callable[[], None]


class Silence:
    """Says nothing."""

    def advance(self) -> None:
        """Nothing is said."""


@contextmanager
def metered(what: str, total: int | None, is_quiet: bool) -> Iterator[Meter]:
    """A meter while the block lasts, of ``total`` if that is known."""
    if is_quiet:
        yield Silence()
    elif not sys.stderr.isatty():
        yield Lines(what, total)
    else:
        began = monotonic()
        steps = repeat(None) if total is None else repeat(None, total)
        with click.progressbar(
            steps, total, what, file=sys.stderr, show_pos=True, item_show_func=lambda _: time_since(began)
        ) as bar:
            yield Bar(partial(bar.update, 1))


def time_since(began: float) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=round(monotonic() - began)))
