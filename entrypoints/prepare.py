"""What every command stands on: a database, its schema, the keys, and sentences instead of tracebacks."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import NoReturn

import click

from adapters.postgres.embedded import DataInUseError, EmbeddedPostgresError, embedded_postgres
from adapters.postgres.migrate import MigrationChangedError, migrate
from adapters.postgres.pool import DatabaseUnfitError
from domain.errors import AudioRefused, DurationUnknown, StoreUnavailable
from entrypoints.container import Container, in_memory
from entrypoints.preparation import Preparation, pauses
from entrypoints.samples import put_in_place, seed
from entrypoints.settings import Settings, SettingsError
from entrypoints.write_key import new_write_key, write_key_of
from observability.logs import log

NO_DATABASE = ""  # what stands for a conninfo where everything is kept in memory


@contextmanager
def connectable(settings: Settings) -> Iterator[str]:
    """The database to connect to, started here where none is named, and ended with the block."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.media.mkdir(exist_ok=True)
    if settings.memory:
        yield NO_DATABASE
    elif settings.database_url:
        yield settings.database_url
    else:
        with embedded_postgres(settings.data, settings.postgres_bin, tell=warn_of_postgres) as conninfo:
            yield conninfo


def warn_of_postgres(said: str) -> None:
    log.warning("the embedded PostgreSQL", said=said)


def migrated(conninfo: str) -> list[str]:
    """Bring the schema up to date; the names of what was applied."""
    return [] if conninfo == NO_DATABASE else migrate(conninfo)


def migrated_within(seconds: float, conninfo: str) -> list[str]:
    """The same, tried again for so long while it cannot be done yet. Raises what the last try did."""
    deadline = monotonic() + seconds
    for pause in pauses():
        try:
            return migrated(conninfo)
        except StoreUnavailable:
            if monotonic() + pause > deadline:
                raise
        sleep(pause)
    raise AssertionError("pauses never end")


def write_keys_of(settings: Settings) -> tuple[str, ...]:
    """The keys that were set; where none are, one of our own, but none for a database that others use too."""
    if settings.write_keys or settings.database_url:
        return settings.write_keys
    return (new_write_key() if settings.memory else write_key_of(settings.data),)


def wired(
    settings: Settings, conninfo: str, keys: tuple[str, ...], preparation: Preparation | None = None
) -> Container:
    """The service, ready to be asked for its application. Raises SettingsError: a source that is allowed is none."""
    container = (
        in_memory(settings, keys)
        if settings.memory
        else Container(settings=settings, conninfo=conninfo, write_keys=keys)
    )
    if preparation is not None:
        container.preparation.override(preparation)
    try:
        container.sources()
    except ValueError as error:
        raise SettingsError(f"PLAY_ALLOWED_SOURCES: {error}.") from error
    return container


async def seeded(container: Container) -> int:
    """Put in the sample clips that never were in; their number."""
    async with container.store():
        put_in_place(container.settings().media)
        return await seed(container.curate())


def end_by_signals() -> None:
    """From now on SIGINT and SIGTERM end the process in order, whatever it is doing, and with exit code 0."""

    def end(_signal: int, _frame: object) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


@contextmanager
def one_sentence(way_round: str = "") -> Iterator[None]:
    """Say in a sentence on standard error why it cannot go on, and exit with code 1.

    ``way_round`` is a sentence more where a service is using the data: how to do the same all the same."""
    try:
        yield
    except DataInUseError as error:
        stop(f"{error} {way_round}".rstrip())
    except (SettingsError, EmbeddedPostgresError) as error:
        stop(str(error))
    except StoreUnavailable as error:
        stop(f"The database cannot be used: {error.reason.rstrip('.')}.")
    except DatabaseUnfitError as error:
        stop(f"The database cannot be used: {str(error).rstrip('.')}.")
    except MigrationChangedError as error:
        stop(f"The migration {error} was applied to this database in another form; this version does not fit it.")
    except AudioRefused as error:
        stop(f"The clip {error.location} cannot be put in: {error.failure}.")
    except DurationUnknown as error:
        stop(f"The clip {error.location} cannot be put in: its audio does not tell its duration.")
    except OSError as error:
        stop(f"{error.filename or 'The system'}: {error.strerror}.")


def stop(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)
