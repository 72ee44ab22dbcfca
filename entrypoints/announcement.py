"""What the service says of itself to whoever started it."""

import os
import sys
from contextlib import suppress

import click
from attrs import define, field

from entrypoints.settings import Settings
from observability.logs import log


@define
class Announcement:
    """Where the service is, where its data lie, and how to write to it: said once, on standard output.

    The write key is said last, when the service is ready to be used."""

    settings: Settings
    keys: tuple[str, ...]
    _is_begun: bool = field(default=False, init=False)

    def waits(self, reason: str) -> None:
        """It answers, and cannot be used until its database can."""
        reason = " ".join(reason.split())
        log.warning("waits for the database", reason=reason)
        if not self._is_begun:
            self._begin()
            said(f"Waiting          The database cannot be used yet: {reason}")

    def is_ready(self) -> None:
        """It can be used."""
        if not self._is_begun:
            self._begin()
        said(f"Write key        {write_key_in_words(self.settings, self.keys)}")

    def _begin(self) -> None:
        self._is_begun = True
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        said(f"Soundverse Play  http://{host}:{self.settings.port}")
        said(f"Data folder      {self.settings.data}")
        said(f"Clips and plays  {store_of(self.settings)}")


def said(text: str) -> None:
    """Say it, if somebody still reads."""
    if sys.stdout.closed:
        return
    try:
        say(text)
    except OSError as error:
        log.warning("not announced", reason=error.strerror)
        with suppress(OSError):
            sys.stdout.close()  # and with it what could not be written, which would be tried again at the end


def say(text: str) -> None:
    """Write ``text`` to standard output; a path in it goes out in the bytes it has, which need not be UTF-8."""
    click.echo(os.fsencode(text))


def store_of(settings: Settings) -> str:
    """Where clips and plays are kept, in words."""
    if settings.memory:
        return "in memory, until the service ends"
    return "in the database of DATABASE_URL" if settings.database_url else "in the data folder's own PostgreSQL"


def write_key_in_words(settings: Settings, keys: tuple[str, ...]) -> str:
    """The key that was made here; one that was set is nobody's to show."""
    if settings.write_keys:
        return "one of PLAY_WRITE_KEYS"
    return keys[0] if keys else "none; set PLAY_WRITE_KEYS to allow writing"
