"""Who is made of whom. The only file that knows dependency_injector, and no other file knows that it exists."""

from collections import abc
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from adapters.audio.by_location import AudioByLocation
from adapters.audio.cache.cached_audio import CachedAudio
from adapters.audio.library.filesystem import FilesystemAudio
from adapters.audio.peaks.child_decoder import ChildDecoder
from adapters.audio.probe.known_audio import KnownAudio
from adapters.audio.probe.tag_probe import TagProbe
from adapters.audio.remote.patience import Patience
from adapters.audio.remote.public_address import gate
from adapters.audio.remote.resuming_audio import ResumingAudio
from adapters.audio.remote.when_asked import WebAudio
from adapters.audio.uploads.filesystem import UploadedFiles
from adapters.delivery_queue import DeliveryQueue
from adapters.live_counts.feed import LiveCounts
from adapters.postgres.announcer import Announcer
from adapters.postgres.catalogue import PostgresCatalogue
from adapters.postgres.daily_keys import PostgresDailyKeys
from adapters.postgres.deliveries import PostgresDeliveries
from adapters.postgres.ledger import PostgresLedger
from adapters.postgres.listens import PostgresListens
from adapters.postgres.peaks import PostgresPeaks
from adapters.postgres.play_counts import PostgresPlayCounts
from adapters.postgres.pool import connection_pool, opened
from adapters.postgres.retention import PostgresRetention
from adapters.postgres.statistics import PostgresStatistics
from adapters.postgres.transfer import PostgresTransfer
from adapters.postgres.watched_database import WatchedDatabase
from adapters.single_flight import SingleFlights
from adapters.system import new_id, utc_now
from adapters.user_agents import is_bot
from application.browse import Browse
from application.confirm_listen import ConfirmListen
from application.curate import Curate
from application.draw_peaks import DrawPeaks
from application.report_counts import ReportCounts
from application.stream_clip import StreamClip
from domain.ports import (
    AudioProbe,
    AudioSource,
    AudioStore,
    Catalogue,
    CheckStore,
    Clock,
    DailyKeys,
    DeliveryLedger,
    Listens,
    PeaksDecoder,
    PeaksStore,
    PlayCounts,
    PlayLedger,
    Retention,
    Statistics,
    Transfer,
)
from entrypoints.lifecycle import Closing, Seeding, Work, running
from entrypoints.loading import without
from entrypoints.preparation import Preparation, nothing_to_prepare
from entrypoints.settings import Settings
from entrypoints.upkeep import Upkeep
from entrypoints.web.access import Access
from entrypoints.web.app import Endpoints, create_app
from entrypoints.web.client_address import ClientAddress
from entrypoints.web.counting import CountingEndpoints
from entrypoints.web.counting_rules import counting_rules
from entrypoints.web.events import EventEndpoints
from entrypoints.web.facets import FacetEndpoints
from entrypoints.web.health import HealthEndpoints
from entrypoints.web.keys import NamedKey, named_keys
from entrypoints.web.listens import ListenEndpoints
from entrypoints.web.pages import PageEndpoints
from entrypoints.web.peaks import PeaksEndpoints
from entrypoints.web.play import PlayEndpoints
from entrypoints.web.rate_limits import RateLimits, rate_limit
from entrypoints.web.refusals import TooManyFollowers
from entrypoints.web.stats import StatsEndpoints
from entrypoints.web.stream_address import SignedAddresses, SigningKeys
from entrypoints.web.stream_limit import StreamLimit
from entrypoints.web.uploads import UploadEndpoints
from observability.logs import RequestLog, log
from observability.metrics import Metrics
from observability.requests import RequestTelemetry, ids_after
from observability.tracing import flushes_spanned, spanned, traced_requests, tracing_to

with without("werkzeug", "yaml"):
    from dependency_injector.containers import DeclarativeContainer
    from dependency_injector.ext.starlette import Lifespan
    from dependency_injector.providers import Callable, Dependency, Object, Provider, Resource, Self, Singleton

WARM_UPS = (partial(is_bot, "-"), partial(import_module, "entrypoints.web.request_bodies"))


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


def probe_of(folder: Path) -> AudioProbe:
    """What tells of the files below ``folder``, by their names in it."""
    return TagProbe(FilesystemAudio(folder))


def metrics_keys(settings: Settings) -> tuple[NamedKey, ...]:
    """The key to the measures, if there is one."""
    return named_keys("metrics", () if settings.metrics_key is None else (settings.metrics_key,))


def closing(kept: AudioSource, remote: WebAudio, *before: Closing) -> Sequence[Closing]:
    """What is closed at the end: first what comes ``before``, in this order."""
    return [*before, *([kept] if isinstance(kept, CachedAudio) else []), remote]


def told_in_turn(*told: abc.Callable[[], None]) -> abc.Callable[[], None]:
    """One who tells all of these."""

    def tell() -> None:
        for each in told:
            each()

    return tell


class Container(DeclarativeContainer):
    """The service over PostgreSQL; `in_memory` swaps the store. Each object is made once, when first asked for."""

    __self__ = Self()

    settings: Provider[Settings] = Dependency(instance_of=Settings)
    conninfo: Provider[str] = Dependency(instance_of=str, default="")
    write_keys: Provider[tuple[str, ...]] = Dependency(instance_of=tuple)

    clock: Provider[Clock] = Object(utc_now)
    pool = Singleton(connection_pool, conninfo, settings.provided.pool_size)
    store: Provider[Any] = Callable(opened, pool)
    preparation: Provider[Preparation] = Singleton(nothing_to_prepare)
    metrics = Singleton(Metrics, pool.provided.get_stats)
    tracing = Singleton(tracing_to, settings.provided.otlp_endpoint)
    database = Singleton(WatchedDatabase, pool, metrics.provided.store_failed)
    announcer = Singleton(Announcer, database)
    catalogue: Provider[Catalogue] = Singleton(PostgresCatalogue, database)
    ledger: Provider[PlayLedger] = Singleton(
        PostgresLedger,
        database,
        Singleton(flushes_spanned, metrics.provided.plays_flushed, tracing, "ledger flush plays"),
        announcer.provided.played,
    )
    deliveries: Provider[DeliveryLedger] = Singleton(PostgresDeliveries, database)
    listens: Provider[Listens] = Singleton(PostgresListens, database)
    retention: Provider[Retention] = Singleton(PostgresRetention, database)
    statistics: Provider[Statistics] = Singleton(PostgresStatistics, database)
    transfer: Provider[Transfer] = Singleton(PostgresTransfer, database)
    play_counts: Provider[PlayCounts] = Singleton(PostgresPlayCounts, database)
    daily_keys: Provider[DailyKeys] = Singleton(PostgresDailyKeys, database)
    peaks_store: Provider[PeaksStore] = Singleton(PostgresPeaks, database)
    check_store: Provider[CheckStore] = database.provided.check

    patience = Singleton(
        Patience,
        connect=settings.provided.connect_timeout,
        first_byte=settings.provided.first_byte_timeout,
        stall=settings.provided.stall_timeout,
    )
    sources = Singleton(gate, settings.provided.allowed_sources, settings.provided.source_ports)
    remote = Singleton(WebAudio, sources, patience)
    resuming = Singleton(ResumingAudio, remote, metrics)
    kept = Singleton(kept_if_possible, resuming, settings, metrics)
    library: Provider[AudioSource] = Singleton(FilesystemAudio, settings.provided.media)
    uploads: Provider[AudioStore] = Singleton(UploadedFiles, settings.provided.media)
    uncached_audio = Singleton(AudioByLocation, library, resuming)  # who only looks fetches no clip whole
    audio = Singleton(AudioByLocation, library, kept)

    browse = Singleton(Browse, catalogue, clock)
    probe_of_folder: Provider[AudioProbe] = Callable(probe_of)
    curate = Singleton(Curate, catalogue, Singleton(KnownAudio, uncached_audio), clock, uploads, metrics)
    delivery_queue = Singleton(
        DeliveryQueue,
        Singleton(spanned, deliveries, tracing, deliver="ledger flush deliveries"),
        daily_keys,
        Object(is_bot),
        settings.provided.window,
        metrics,
    )
    stream_clip = Singleton(
        StreamClip,
        Singleton(spanned, catalogue, tracing, find="catalogue find"),
        Singleton(spanned, audio, tracing, open="audio open"),
        Singleton(spanned, ledger, tracing, record="ledger record"),
        delivery_queue.provided.hand_in,
        metrics,
        clock,
        Object(new_id),
    )
    client_address = Singleton(ClientAddress, settings.provided.trusted_proxies, settings.provided.forwarded_header)

    report_counts = Singleton(ReportCounts, catalogue, statistics, clock, settings.provided.keep)

    flights = Singleton(SingleFlights)
    decoder: Provider[PeaksDecoder] = Singleton(ChildDecoder, settings.provided.data, settings.provided.peaks_limit)
    draw_peaks = Singleton(
        DrawPeaks, catalogue, audio, peaks_store, decoder, flights, clock, settings.provided.peaks_limit
    )

    access = Singleton(
        Access,
        Callable(partial(named_keys, "read"), settings.provided.read_keys),
        Callable(partial(named_keys, "write"), write_keys),
        Callable(metrics_keys, settings),
        Singleton(
            SignedAddresses,
            Singleton(SigningKeys, daily_keys),
            clock,
            Object(new_id),
            settings.provided.address_lifetime,
        ),
    )
    play = Singleton(
        PlayEndpoints,
        browse,
        curate,
        stream_clip,
        access.provided.address_of,
        metrics,
        settings.provided.body_limit,
        settings.provided.accel_redirect,
        client_address,
    )
    uploading = Singleton(
        UploadEndpoints,
        curate,
        play.provided.add,
        access.provided.address_of,
        settings.provided.upload_limit,
        settings.provided.body_limit,
    )
    facets = Singleton(FacetEndpoints, browse)
    confirm_listen = Singleton(ConfirmListen, listens, clock, settings.provided.keep)
    listening = Singleton(ListenEndpoints, confirm_listen, settings.provided.body_limit)
    health = Singleton(HealthEndpoints, check_store, metrics.provided.exposed)
    pages = Singleton(PageEndpoints)
    stats = Singleton(StatsEndpoints, report_counts, access.provided.address_of)
    peaks = Singleton(PeaksEndpoints, draw_peaks)
    rules = Singleton(
        counting_rules,
        settings.provided.window,
        settings.provided.keep,
        client_address,
        settings.provided.accel_redirect,
    )
    counting = Singleton(CountingEndpoints, rules)
    rates = Singleton(
        RateLimits,
        Callable(rate_limit, settings.provided.write_rate),
        Callable(rate_limit, settings.provided.stream_rate),
        client_address,
    )
    streams = Singleton(StreamLimit, play.provided.stream, settings.provided.most_streams)
    live_counts = Singleton(LiveCounts, play_counts, clock, metrics.provided.followers)
    events = Singleton(EventEndpoints, live_counts)
    followers = Singleton(
        StreamLimit, events.provided.follow, settings.provided.most_followers, Object(TooManyFollowers)
    )
    draining = Callable(told_in_turn, health.provided.drain, live_counts.provided.end)
    endpoints = Singleton(
        Endpoints,
        play,
        uploading,
        followers,
        facets,
        listening,
        peaks,
        stats,
        counting,
        health,
        pages,
        access,
        rates,
        streams,
    )
    samples = Callable(lambda settings: settings.media if settings.samples else None, settings)
    upkeep = Singleton(
        Upkeep,
        retention,
        daily_keys,
        clock,
        settings.provided.keep,
        settings.provided.window,
        uploads,
        catalogue.provided.used,
    )
    run = Resource(
        running,
        Singleton(Work, preparation, store, Singleton(Seeding, samples, curate), Object(WARM_UPS), upkeep),
        Callable(closing, kept, remote, live_counts, delivery_queue, announcer, flights, uploads),
    )
    request_line = Singleton(RequestLog, settings.provided.log_level).provided.tell
    app = Singleton(
        traced_requests,
        Singleton(
            RequestTelemetry,
            Singleton(create_app, endpoints, Singleton(Lifespan, __self__)),
            metrics,
            request_line,
            Singleton(ids_after, Callable(new_id)),
        ),
        tracing,
    )


def in_memory(settings: Settings, write_keys: tuple[str, ...]) -> Container:
    """The same service over a store that is gone when the process ends."""
    from adapters.audio.uploads.memory import UploadsFirst, UploadsInMemory  # noqa: PLC0415  # for --memory alone
    from adapters.memory.store import MemoryStore  # noqa: PLC0415  # as above: over PostgreSQL nobody needs it

    memory, uploads = MemoryStore(), UploadsInMemory()
    container = Container(settings=settings, write_keys=write_keys)
    container.override_providers(
        store=Object(nullcontext()),
        catalogue=Object(memory),
        ledger=Object(memory),
        deliveries=Object(memory),
        listens=Object(memory),
        retention=Object(memory),
        statistics=Object(memory),
        transfer=Object(memory),
        play_counts=Object(memory),
        daily_keys=Object(memory),
        peaks_store=Object(memory),
        check_store=Object(memory.check),
        uploads=Object(uploads),
        library=Object(UploadsFirst(uploads, FilesystemAudio(settings.media))),
        metrics=Singleton(Metrics),
    )
    return container
