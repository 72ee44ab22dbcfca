"""``soundverse-play seed``: put the sample clips in, here or into a service elsewhere."""

import asyncio
from typing import Any

import click

from entrypoints.commands.options import first_key, settable, with_patience
from entrypoints.prepare import connectable, end_by_signals, one_sentence, stop
from entrypoints.remote_seed import RemoteCatalogue, RemoteSeedError, samples_at, seed_remotely
from entrypoints.settings import Settings, load_settings
from entrypoints.whole import migrated_within, seeded, wired

WHILE_IT_RUNS = "End it first; or name its address by --url and a write key by --key."


@click.command("seed")
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
    with one_sentence(WHILE_IT_RUNS):
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
