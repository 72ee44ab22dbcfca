"""Who is made of whom. The only file that knows dependency_injector, and no other file knows that it exists."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.ext.starlette import Lifespan
from dependency_injector.providers import Callable, Dependency, Object, Provider, Resource, Self, Singleton

from adapters.audio.by_location import AudioByLocation
from adapters.audio.cache.cached_audio import CachedAudio
from adapters.audio.library.filesystem import FilesystemAudio
from adapters.audio.probe.tag_probe import TagProbe
from adapters.audio.remote.http import HttpAudio, Patience
from adapters.audio.remote.public_address import gate
from adapters.audio.remote.resuming_audio import ResumingAudio
from adapters.memory.store import MemoryStore
from adapters.postgres.catalogue import PostgresCatalogue
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.pool import Database, connection_pool
from adapters.system import new_id, utc_now
from application.browse import Browse
from application.curate import Curate
from application.stream_clip import StreamClip
from domain.errors import AudioRefused, DurationUnknown
from domain.ports import AudioSource, Catalogue, CheckStore, PlayLedger
from entrypoints.samples import put_in_place, seed
from entrypoints.settings import Settings
from entrypoints.web.app import create_app
from entrypoints.web.cross_origin import CrossOrigin
from entrypoints.web.health import HealthEndpoints
from entrypoints.web.keys import WriteKeys
from entrypoints.web.pages import PageEndpoints
from entrypoints.web.play import PlayEndpoints
from observability.logs import log
from observability.metrics import Metrics
from observability.requests import RequestTelemetry


async def running(
    store: AbstractAsyncContextManager[object],
    remote: HttpAudio,
    kept: AudioSource,
    curate: Curate,
    samples: Path | None,
) -> AsyncIterator[None]:
    """What is open while the service runs. ``samples`` is the folder they go to; None: none are put in."""
    async with store:
        try:
            if samples is not None:
                await put_in(samples, curate)
            yield
        finally:
            if isinstance(kept, CachedAudio):
                await kept.close()
            await remote.close()


async def put_in(folder: Path, curate: Curate) -> None:
    """Put the samples in; one that cannot be is said so in the log, and keeps nobody from the other clips."""
    try:
        put_in_place(folder)
        await seed(curate)
    except (AudioRefused, DurationUnknown, OSError) as error:
        log.warning("samples not put in", reason=str(error))


def kept_if_possible(source: AudioSource, settings: Settings, metrics: Metrics) -> AudioSource:
    """The cache around ``source``; or ``source``, if it is switched off or its folder cannot be used."""
    if settings.cache_size == 0:
        return source
    cache = CachedAudio(source, settings.cache, settings.cache_size, settings.cache_fresh, metrics)
    try:
        cache.prepare()
    except OSError as error:
        log.warning("remote audio is not kept", reason=str(error))
        return source
    return cache


class Container(DeclarativeContainer):
    """The service over PostgreSQL; `in_memory` swaps the store. Each object is made once, when first asked for."""

    __self__ = Self()

    settings: Provider[Settings] = Dependency(instance_of=Settings)
    conninfo: Provider[str] = Dependency(instance_of=str, default="")
    write_keys: Provider[tuple[str, ...]] = Dependency(instance_of=tuple)

    pool = Singleton(connection_pool, conninfo, settings.provided.pool_size)
    store: Provider[Any] = pool
    database = Singleton(Database, pool)
    catalogue: Provider[Catalogue] = Singleton(PostgresCatalogue, database)
    ledger: Provider[PlayLedger] = Singleton(PostgresLedger, database)
    check_store: Provider[CheckStore] = database.provided.check

    patience = Singleton(
        Patience,
        connect=settings.provided.connect_timeout,
        first_byte=settings.provided.first_byte_timeout,
        stall=settings.provided.stall_timeout,
    )
    sources = Singleton(gate, settings.provided.allowed_sources, settings.provided.source_ports)
    metrics = Singleton(Metrics, pool.provided.get_stats)
    remote = Singleton(HttpAudio, sources, patience)
    resuming = Singleton(ResumingAudio, remote, metrics)
    kept = Singleton(kept_if_possible, resuming, settings, metrics)
    library = Singleton(FilesystemAudio, settings.provided.media)
    uncached_audio = Singleton(AudioByLocation, library, resuming)  # who only looks fetches no clip whole
    audio = Singleton(AudioByLocation, library, kept)

    browse = Singleton(Browse, catalogue, ledger)
    curate = Singleton(Curate, catalogue, Singleton(TagProbe, uncached_audio), Object(utc_now))
    stream_clip = Singleton(StreamClip, catalogue, audio, ledger, metrics, Object(utc_now), Object(new_id))

    play = Singleton(
        PlayEndpoints,
        browse,
        curate,
        stream_clip,
        Singleton(WriteKeys, write_keys),
        metrics,
        settings.provided.body_limit,
        settings.provided.accel_redirect,
    )
    health = Singleton(HealthEndpoints, check_store, metrics.provided.exposition)
    pages = Singleton(PageEndpoints)
    samples = Callable(lambda settings: settings.media if settings.samples else None, settings)
    run = Resource(running, store, remote, kept, curate, samples)
    app = Singleton(
        RequestTelemetry,
        Singleton(CrossOrigin, Singleton(create_app, play, health, pages, Singleton(Lifespan, __self__))),
        metrics,
        Object(new_id),
    )


def in_memory(settings: Settings, write_keys: tuple[str, ...]) -> Container:
    """The same service over a store that is gone when the process ends."""
    memory = MemoryStore()
    container = Container(settings=settings, write_keys=write_keys)
    container.override_providers(
        store=Object(nullcontext()),
        catalogue=Object(memory),
        ledger=Object(memory),
        check_store=Object(memory.check),
        metrics=Singleton(Metrics),
    )
    return container
