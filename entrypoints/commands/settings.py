"""``soundverse-play settings``: show what can be set."""

import click

from entrypoints.announcement import say
from entrypoints.prepare import one_sentence
from entrypoints.settings import described, load_settings


@click.command("settings")
def settings_command() -> None:
    """Show every setting: its variable, its value now, and what it does."""
    with one_sentence():
        say(described(load_settings({})))
