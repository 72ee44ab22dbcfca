"""``soundverse-play serve``: start the service."""

from typing import Any

import click

from entrypoints.commands.options import settable
from entrypoints.listening import listening_socket
from entrypoints.loading import loaded_beside
from entrypoints.prepare import connectable, end_by_signals, one_sentence
from entrypoints.settings import load_settings
from observability.logs import set_up_logs


@click.command("serve")
@settable("host", "port", "data", "memory")
def serve_command(**given: Any) -> None:
    """Start the service (what happens without a command)."""
    is_told_to_end = end_by_signals()
    with one_sentence():
        settings = load_settings(given)
        set_up_logs(settings.log_level)
        # The port is bound first: that it is taken shall be known before a database is started.
        with (
            listening_socket(settings.host, settings.port) as bound,
            loaded_beside("entrypoints.running"),
            connectable(settings) as conninfo,
        ):
            from entrypoints.running import run  # noqa: PLC0415  # most of it, loaded while PostgreSQL starts

            run(settings, bound, conninfo, is_told_to_end)
