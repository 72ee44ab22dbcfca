"""The service, from a database to connect to until it was told to end."""

import socket
from collections.abc import Callable
from functools import partial

from entrypoints.announcement import Announcement
from entrypoints.preparation import Preparation
from entrypoints.server import Leave, serve
from entrypoints.settings import Settings
from entrypoints.whole import migrated, wired, write_keys_of


def run(settings: Settings, bound: socket.socket, conninfo: str, is_told_to_end: Callable[[], bool]) -> None:
    """Answer on ``bound`` until told to end, in order, or at once if that was so already.

    Raises what no waiting mends, and SystemExit."""
    keys = write_keys_of(settings)
    announcement = Announcement(settings, keys)
    preparation = Preparation(partial(migrated, conninfo), announcement.waits, announcement.is_ready)
    container = wired(settings, conninfo, keys, preparation)
    leave = Leave(settings.drain_grace, settings.shutdown_timeout)
    serve(container.app(), bound, leave, container.draining(), lambda: preparation.is_hopeless or is_told_to_end())
    if preparation.failure is not None:
        raise preparation.failure
