"""``soundverse-play import``: take audio files in, or put an export back."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from domain.clip import ClipOffer
from entrypoints.announcement import say
from entrypoints.commands.options import first_key, quietly, settable, with_patience
from entrypoints.prepare import NO_DATABASE, end_by_signals, one_sentence, stop
from entrypoints.remote_seed import RemoteCatalogue, RemoteSeedError
from entrypoints.settings import load_settings
from entrypoints.transfer.folder_import import ImportStopped
from entrypoints.transfer.imports import Import
from entrypoints.transfer.on_this_machine import EndedError, work_here, worked
from entrypoints.transfer.restore import NoExportError
from entrypoints.transfer.tally import Tally
from entrypoints.whole import wired

WHILE_IT_RUNS = "End it first; or, for audio files, name its address by --url and a write key by --key."


@click.command("import")
@click.argument("path", metavar="FOLDER|FILE", type=click.Path(path_type=Path, exists=True, resolve_path=True))
@click.option("--genre", help="The genre of files that tell none; without it, the name of their folder.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag for all of them; may be given several times.")
@click.option("--url", metavar="URL", help="Take them into the service at this address instead, over its API.")
@click.option("--key", metavar="KEY", help="A write key of that service; without it, the first of PLAY_WRITE_KEYS.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Only tell what would become of each; nothing is changed.")
@settable("data")
@with_patience
@quietly
def import_command(path: Path, url: str | None, key: str | None, wait: float, **given: Any) -> None:
    """Take in the audio files below FOLDER, or put back what `soundverse-play export` wrote, a FILE.jsonl.

    A file is taken in once, whatever it is called and however often this is run: what has the same bytes is there
    already. It tells its title, genre and description itself; without a title, its name is the title. Hidden files,
    symbolic links and what is not named like audio are left out. One audio FILE is taken in as a folder of it would be.

    An export brings clips back under the ids that they had, so that their addresses stay, and with their counts. A
    clip that is there already is left as it is, and none gets an id that another has: to have all of it, import before
    the first start. Audio files are not in it: copy the media folder.

    Exit code 0: all is in. 1: something was refused, or it was ended before; it can be run again.
    """
    end_by_signals()
    is_export, said = path.suffix == ".jsonl", offered(given.pop("genre"), given.pop("tags"))
    refuse_what_does_not_fit(is_export, said, url, key)
    with one_sentence(WHILE_IT_RUNS), told_at_the_end() as tally:
        begun = Import(path, said, tally, given.pop("is_dry"), given.pop("is_quiet"))
        settings = load_settings(given)
        if url is not None:
            catalogue = RemoteCatalogue(url, key or first_key(settings))
            worked(partial(begun.files_there, catalogue, wired(settings, NO_DATABASE, ())))
        else:
            work_here(settings, wait, begun.lines if is_export else begun.files_here)


def offered(genre: str | None, tags: tuple[str, ...]) -> ClipOffer:
    """What is said of every file. Raises UsageError: that cannot be said of a clip."""
    try:
        return ClipOffer(genre=genre, tags=tags)
    except ValueError as error:
        raise click.UsageError(f"What --genre and --tag say {error}.") from error


def refuse_what_does_not_fit(is_export: bool, said: ClipOffer, url: str | None, key: str | None) -> None:
    """Raises UsageError."""
    if is_export and (url is not None or said != ClipOffer()):
        raise click.UsageError("--genre, --tag and --url are for audio files; an export is put back on this machine.")
    if url is None and key is not None:
        raise click.UsageError("--key is for the service at --url.")


@contextmanager
def told_at_the_end() -> Iterator[Tally]:
    """A tally that is told however the block ends, if anything was begun; exit code 1 unless all of it is in."""
    tally = Tally()
    try:
        yield tally
    except (NoExportError, ImportStopped, EndedError, RemoteSeedError) as error:
        tell(tally)
        stop(str(error))
    except BaseException:
        tell(tally)
        raise
    say("\n".join(tally.lines()))
    if tally.refused:
        sys.exit(1)


def tell(tally: Tally) -> None:
    if tally.is_begun:
        say("\n".join(tally.lines()))
