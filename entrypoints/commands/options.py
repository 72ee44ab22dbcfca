"""Options that several commands have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from attrs import fields

from entrypoints.settings import Settings, variable_of


def settable(*names: str) -> Callable[[Any], Any]:
    """Options for the settings of these names, with their own help."""

    def decorate(command: Any) -> Any:
        for name in reversed(names):
            field = getattr(fields(Settings), name)
            about = f"{field.metadata['about']} [{variable_of(field)}]"
            kind: dict[str, Any] = (
                {"is_flag": True, "default": None}
                if field.type is bool
                else {"metavar": "FOLDER" if field.type is Path else name.upper()}
            )
            command = click.option(f"--{name}", name, help=about, **kind)(command)
        return command

    return decorate


with_patience = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to go on trying while the database is away.",
)


def first_key(settings: Settings) -> str:
    """The key to write with where none was given, so that it need not be seen in a list of processes."""
    if not settings.write_keys:
        raise click.UsageError("--url needs --key, or PLAY_WRITE_KEYS.")
    return settings.write_keys[0]


quietly = click.option("-q", "--quiet", "is_quiet", is_flag=True, help="Do not tell how far it is.")
