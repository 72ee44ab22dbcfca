"""``soundverse-play serve``: start the service."""

from functools import partial
from typing import Any

import click

from entrypoints.announcement import Announcement
from entrypoints.commands.options import settable
from entrypoints.preparation import Preparation
from entrypoints.prepare import connectable, end_by_signals, migrated, one_sentence, wired, write_keys_of
from entrypoints.server import Leave, listening_socket, serve
from entrypoints.settings import load_settings
from observability.logs import set_up_logs


@click.command("serve")
@settable("host", "port", "data", "memory")
def serve_command(**given: Any) -> None:
    """Start the service (what happens without a command)."""
    end_by_signals()
    with one_sentence():
        settings = load_settings(given)
        set_up_logs(settings.log_level)
        # The port is bound first: that it is taken shall be known before a database is started.
        with listening_socket(settings.host, settings.port) as bound, connectable(settings) as conninfo:
            keys = write_keys_of(settings)
            announcement = Announcement(settings, keys)
            preparation = Preparation(partial(migrated, conninfo), announcement.waits, announcement.is_ready)
            container = wired(settings, conninfo, keys, preparation)
            leave = Leave(settings.drain_grace, settings.shutdown_timeout)
            serve(container.app(), bound, leave, container.draining(), lambda: preparation.is_hopeless)
            if preparation.failure is not None:
                raise preparation.failure
