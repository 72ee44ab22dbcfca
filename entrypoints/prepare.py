"""What every command stands on: a database, signals heeded, and sentences instead of tracebacks.

Little is loaded for it, so that PostgreSQL is starting while all else is loaded."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click

from adapters.postgres.embedded import DataInUseError, EmbeddedPostgresError, embedded_postgres
from adapters.postgres.unfit import DatabaseUnfitError, MigrationChangedError
from domain.errors import AudioRefused, DurationUnknown, StoreUnavailable
from entrypoints.settings import Settings, SettingsError
from observability.logs import log

A_MOMENT = 0.001  # seconds
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


def end_by_signals() -> Callable[[], bool]:
    """From now on SIGINT and SIGTERM end the process in order, whatever it is doing, and with exit code 0.

    The answer tells whether one has come: what is raised while somebody looks for an attribute may be taken for "there
    is none". Only an import is not interrupted, but asked again a moment later: amid its own steps it would keep the
    lock that it has just taken, and whoever imports in another thread would wait for ever."""
    is_told = False

    def end(_signal: int, frame: FrameType | None) -> None:
        nonlocal is_told
        is_told = True
        if frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
            signal.setitimer(signal.ITIMER_REAL, A_MOMENT)
        else:
            raise SystemExit(0)

    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(each, end)
    return lambda: is_told


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
