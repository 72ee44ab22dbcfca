"""``soundverse-play migrate``: bring the schema up to date."""

from typing import Any

import click

from entrypoints.commands.options import settable, with_patience
from entrypoints.prepare import connectable, end_by_signals, one_sentence
from entrypoints.settings import load_settings
from entrypoints.whole import migrated_within


@click.command("migrate")
@settable("data")
@with_patience
def migrate_command(wait: float, **given: Any) -> None:
    """Bring the database's schema up to date."""
    end_by_signals()
    with one_sentence(), connectable(load_settings(given)) as conninfo:
        applied = migrated_within(wait, conninfo)
        click.echo("\n".join(f"Applied {name}" for name in applied) or "The schema was up to date.")
