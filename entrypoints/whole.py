"""The whole service over a database that is there: its schema, its keys, and everything put together."""

from time import monotonic, sleep

from adapters.postgres.migrate import migrate
from domain.errors import StoreUnavailable
from entrypoints.container import Container, in_memory
from entrypoints.preparation import Preparation, pauses
from entrypoints.prepare import NO_DATABASE
from entrypoints.samples import put_in_place, seed
from entrypoints.settings import Settings, SettingsError
from entrypoints.write_key import new_write_key, write_key_of


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
