"""``soundverse-play export``: write catalogue and counts as JSON Lines."""

import asyncio
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from entrypoints.commands.options import quietly, settable, with_patience
from entrypoints.prepare import connectable, end_by_signals, one_sentence
from entrypoints.settings import Settings, load_settings
from entrypoints.transfer.export import export, opened_to_write
from entrypoints.transfer.progress import metered
from entrypoints.whole import migrated_within, wired

WHILE_IT_RUNS = "End it first; only over a PostgreSQL of DATABASE_URL the service may go on meanwhile."


@click.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@settable("data")
@with_patience
@quietly
def export_command(file: Path | None, wait: float, is_quiet: bool, **given: Any) -> None:
    """Write catalogue and counts as JSON Lines, into FILE or to standard output.

    A line a clip, removed ones too, since what was counted of them is in the sums of all: what is said of it, its
    counters in all, and by day. Over a PostgreSQL of DATABASE_URL the service may go on meanwhile: each clip is as it
    was when its line was written. Its own PostgreSQL serves one at a time: end the service first.

    Not in it: audio files (copy the media folder too), counts by the hour, single plays, keys. For a backup that has
    all of it, see docs/backup.md.
    """
    end_by_signals()
    with one_sentence(WHILE_IT_RUNS):
        clips = exported(load_settings(given), file, wait, is_quiet)
        click.echo(f"Clips exported: {clips}", err=file is None)


def exported(settings: Settings, file: Path | None, wait: float, is_quiet: bool) -> int:
    """Write it; how many clips it has."""
    opened = nullcontext(sys.stdout.buffer) if file is None else opened_to_write(file)
    with connectable(settings) as conninfo, opened as target, metered("Clips exported", None, is_quiet) as meter:
        migrated_within(wait, conninfo)
        container = wired(settings, conninfo, ())

        async def run() -> int:
            async with container.store():
                return await export(container.transfer(), container.clock(), target, meter.advance)

        return asyncio.run(run())
