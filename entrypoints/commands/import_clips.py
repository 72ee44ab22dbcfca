"""``soundverse-play import``: put an export back."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import click

from entrypoints.commands.options import quietly, settable, with_patience
from entrypoints.container import Container
from entrypoints.prepare import connectable, end_by_signals, migrated_within, one_sentence, stop, wired
from entrypoints.settings import Settings, load_settings
from entrypoints.transfer.ending import ended_by_signals
from entrypoints.transfer.line_reader import lines_of
from entrypoints.transfer.progress import metered
from entrypoints.transfer.restore import Foresight, NoExportError, Restoration
from entrypoints.transfer.tally import Tally

Work = Callable[[Container, Event], Awaitable[None]]


class EndedError(Exception):
    """A signal ended it before all was done; the text says so, in a sentence."""


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--dry-run", "is_dry", is_flag=True, help="Only tell what would become of each; nothing is changed.")
@settable("data")
@with_patience
@quietly
def import_command(path: Path, is_dry: bool, wait: float, is_quiet: bool, **given: Any) -> None:
    """Put back what `soundverse-play export` wrote: PATH ends in .jsonl.

    Clips get the ids that they had, so that their addresses stay, and their counts. A clip that is there already is
    left as it is, and none gets an id that another has: to have all of it, import before the first start. Audio files
    are copied apart, into the media folder.

    Exit code 0: all is in. 1: something was refused, or it was ended before; it can be run again.
    """
    end_by_signals()
    with one_sentence(), told_at_the_end() as tally:
        settings = load_settings(given)

        async def put_back(container: Container, ended: Event) -> None:
            transfer = container.transfer()
            with path.open("rb") as file, metered("Lines", lines_in(path), is_quiet) as meter:
                target = Foresight(transfer) if is_dry else transfer
                await Restoration(target, tally, meter).run(lines_of(file), ended)

        work_here(settings, wait, put_back)


def lines_in(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in lines_of(file))


def work_here(settings: Settings, wait: float, work: Work) -> None:
    """Work on this machine's service; a signal ends it in order, and then exits with code 1."""
    with connectable(settings) as conninfo:
        migrated_within(wait, conninfo)
        container = wired(settings, conninfo, ())

        async def run(ended: Event) -> None:
            async with container.store():
                await work(container, ended)

        with ended_by_signals() as ended:
            asyncio.run(run(ended))
    if ended.is_set():
        raise EndedError("Ended before all was in; run it again for the rest.")


@contextmanager
def told_at_the_end() -> Iterator[Tally]:
    """A tally that is told however the block ends, if anything was begun; exit code 1 unless all of it is in."""
    tally = Tally()
    try:
        yield tally
    except (NoExportError, EndedError) as error:
        tell(tally)
        stop(str(error))
    except BaseException:
        tell(tally)
        raise
    click.echo("\n".join(tally.lines()))
    if tally.refused:
        sys.exit(1)


def tell(tally: Tally) -> None:
    if tally.is_begun:
        click.echo("\n".join(tally.lines()))
