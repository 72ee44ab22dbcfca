"""The command line: ``soundverse-play [serve] | migrate | seed | settings | key``."""

import asyncio
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
from attrs import fields

from entrypoints.announcement import Announcement, say
from entrypoints.preparation import Preparation
from entrypoints.prepare import (
    connectable,
    end_by_signals,
    migrated,
    migrated_within,
    one_sentence,
    seeded,
    stop,
    wired,
    write_keys_of,
)
from entrypoints.remote_seed import RemoteCatalogue, RemoteSeedError, samples_at, seed_remotely
from entrypoints.server import Leave, listening_socket, serve
from entrypoints.settings import Settings, described, load_settings, variable_of
from entrypoints.web.keys import NAMED_DIGEST
from entrypoints.write_key import new_write_key
from observability.logs import set_up_logs


class ServeByDefault(click.Group):
    """A group whose command is ``serve`` where none is named, so that ``soundverse-play --port 9000`` serves."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help", "--version")):
            args = ["serve", *args]
        return super().parse_args(context, args)


def settable(*names: str) -> Callable[[Any], Any]:
    """Options for the settings of these names, with their own help."""

    def decorate(command: Any) -> Any:
        for name in reversed(names):
            field = getattr(fields(Settings), name)
            about = f"{field.metadata['typed-settings']['help']} [{variable_of(field)}]"
            kind: dict[str, Any] = (
                {"is_flag": True, "default": None}
                if field.type is bool
                else {"metavar": "FOLDER" if field.type is Path else name.upper()}
            )
            command = click.option(f"--{name}", name, help=about, **kind)(command)
        return command

    return decorate


@click.group(cls=ServeByDefault, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="soundverse-play")
def main() -> None:
    """A catalogue of sound clips that people list, stream and add to, where every play is counted exactly.

    Without a command the service starts, on a PostgreSQL of its own unless DATABASE_URL names one. `soundverse-play
    serve --help` shows what can be chosen on the command line, `soundverse-play settings` all that can be set.
    """


@main.command("serve")
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
            serve(container.app(), bound, leave, container.health().drain, lambda: preparation.is_hopeless)
            if preparation.failure is not None:
                raise preparation.failure


with_patience = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to go on trying while the database is away.",
)


@main.command("migrate")
@settable("data")
@with_patience
def migrate_command(wait: float, **given: Any) -> None:
    """Bring the database's schema up to date."""
    end_by_signals()
    with one_sentence(), connectable(load_settings(given)) as conninfo:
        applied = migrated_within(wait, conninfo)
        click.echo("\n".join(f"Applied {name}" for name in applied) or "The schema was up to date.")


@main.command("seed")
@settable("data")
@with_patience
@click.option("--url", metavar="URL", help="Put them into the service at this address instead, over its API.")
@click.option("--key", metavar="KEY", help="A write key of that service; without it, the first of PLAY_WRITE_KEYS.")
@click.option(
    "--audio-base", metavar="URL", help="Where that service fetches their files; without it, from its media folder."
)
def seed_command(url: str | None, key: str | None, audio_base: str | None, wait: float, **given: Any) -> None:
    """Put in those of the six sample clips that never were in.

    With --url: those that are not in. Their files must lie in that service's media folder, or below --audio-base.
    """
    end_by_signals()
    if url is None and (key is not None or audio_base is not None):
        raise click.UsageError("--key and --audio-base are for the service at --url.")
    with one_sentence():
        settings = load_settings(given)
        added = (
            seeded_here(settings, wait) if url is None else seeded_there(url, key or first_key(settings), audio_base)
        )
        click.echo(f"Sample clips added: {added}")


def seeded_here(settings: Settings, wait: float) -> int:
    """Put the samples into this machine's service; how many were added."""
    with connectable(settings) as conninfo:
        migrated_within(wait, conninfo)
        return asyncio.run(seeded(wired(settings, conninfo, ())))


def seeded_there(url: str, key: str, audio_base: str | None) -> int:
    """Put the samples into the service at ``url``; how many were added."""
    try:
        return seed_remotely(RemoteCatalogue(url, key), samples_at(audio_base))
    except RemoteSeedError as error:
        stop(str(error))


def first_key(settings: Settings) -> str:
    """The key to write with where none was given, so that it need not be seen in a list of processes."""
    if not settings.write_keys:
        raise click.UsageError("--url needs --key, or PLAY_WRITE_KEYS.")
    return settings.write_keys[0]


@main.command("settings")
def settings_command() -> None:
    """Show every setting: its variable, its value now, and what it does."""
    with one_sentence():
        say(described(load_settings({})))


@main.command("key")
@click.argument("name", default="reader")
def key_command(name: str) -> None:
    """Make a key, and its NAME:SHA256 for PLAY_READ_KEYS, PLAY_WRITE_KEYS or PLAY_METRICS_KEY.

    The key is for who shall have it, and is kept nowhere; NAME is what the log says of who used it."""
    key = new_write_key()
    line = f"{name}:{sha256(key.encode()).hexdigest()}"
    if not NAMED_DIGEST.fullmatch(line):
        raise click.BadParameter("must be 1 to 64 letters, digits, dots, dashes and underscores", param_hint="NAME")
    say(f"Key      {key}")
    say(f"Setting  {line}")
