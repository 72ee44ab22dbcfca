"""The map: every address, and who answers there."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from attrs import frozen
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from entrypoints.web.access import Access, in_path, in_query
from entrypoints.web.answers import Answers
from entrypoints.web.counting import HTML, CountingEndpoints
from entrypoints.web.counts_wire import CSV
from entrypoints.web.cross_origin import CONFIRMING
from entrypoints.web.event_stream import MEDIA_TYPE
from entrypoints.web.facets import FacetEndpoints
from entrypoints.web.health import HealthEndpoints
from entrypoints.web.listens import ListenEndpoints
from entrypoints.web.pages import PageEndpoints
from entrypoints.web.peaks import PeaksEndpoints
from entrypoints.web.play import PlayEndpoints
from entrypoints.web.rate_limits import RateLimits
from entrypoints.web.resource import ByAccept, Handler, Resource
from entrypoints.web.route_table import RouteTable
from entrypoints.web.stats import StatsEndpoints
from entrypoints.web.stream_limit import StreamLimit
from entrypoints.web.uploads import UploadEndpoints

JSON = "application/json"

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


@frozen
class Endpoints:
    """All who answer."""

    play: PlayEndpoints
    uploads: UploadEndpoints
    events: Handler
    facets: FacetEndpoints
    listens: ListenEndpoints
    peaks: PeaksEndpoints
    stats: StatsEndpoints
    counting: CountingEndpoints
    health: HealthEndpoints
    pages: PageEndpoints
    access: Access
    rates: RateLimits
    streams: StreamLimit


def routes(endpoints: Endpoints) -> list[Route]:
    """All addresses."""
    return [*listening(endpoints), *told(endpoints), *operation(endpoints)]


def listening(endpoints: Endpoints) -> list[Route]:
    """Clips, their audio, and what players say of it."""
    play, access, rates = endpoints.play, endpoints.access, endpoints.rates
    reading = access.for_readers
    confirm = access.for_players(endpoints.listens.confirm, in_path)

    def writing(handler: Handler) -> Handler:
        return rates.of_writes(access.for_writers(handler))

    facets = endpoints.facets
    clip = {"GET": reading(play.clip), "PATCH": writing(play.change), "DELETE": writing(play.remove)}
    return [
        Route("/play/{id}/stream", Resource({"GET": rates.of_starts(access.for_players(endpoints.streams, in_query))})),
        Route("/play/{id}/listens/{uuid}", Resource({"PUT": confirm}, JSON, CONFIRMING)),
        Route("/play/events", Resource({"GET": reading(endpoints.events)}, MEDIA_TYPE)),
        Route("/play/{id}/peaks", Resource({"GET": reading(endpoints.peaks.peaks)}, JSON)),
        Route("/play", Resource({"GET": reading(play.page), "POST": writing(endpoints.uploads.add)}, JSON)),
        Route("/play/{id}/audio", Resource({"PUT": writing(endpoints.uploads.replace)}, JSON)),
        Route("/play/{id}", Resource(clip, JSON)),
        Route("/genres", Resource({"GET": reading(facets.genres)}, JSON)),
        Route("/tags", Resource({"GET": reading(facets.tags)}, JSON)),
    ]


def told(endpoints: Endpoints) -> list[Route]:
    """What was counted, and by which rules."""
    stats, counting, access = endpoints.stats, endpoints.counting, endpoints.access
    of_clip = ByAccept({JSON: stats.clip, CSV: stats.clip_as_csv})
    of_all = ByAccept({JSON: stats.catalogue, CSV: stats.catalogue_as_csv})
    rules = ByAccept({JSON: counting.as_json, HTML: counting.as_html})
    return [
        Route("/play/{id}/stats", Resource({"GET": access.for_readers(of_clip)})),
        Route("/play/{id}/stats/explain", Resource({"GET": access.for_writers(stats.explained)}, JSON)),
        Route("/stats", Resource({"GET": access.for_readers(of_all)})),
        Route("/about/counting", Resource({"GET": access.for_operators(rules)})),
    ]


def operation(endpoints: Endpoints) -> list[Route]:
    """Probes and measures, the pages, and the contract."""
    health, pages = endpoints.health, endpoints.pages
    return [
        Route("/livez", Resource({"GET": health.livez})),
        Route("/readyz", Resource({"GET": health.readyz})),
        Route("/health", Resource({"GET": health.livez})),
        Route("/metrics", Resource({"GET": endpoints.access.for_operators(health.metrics)})),
        Route("/", Resource({"GET": pages.index})),
        Route("/docs", Resource({"GET": pages.docs})),
        Route("/openapi.json", Resource({"GET": pages.openapi}, JSON)),
        Route("/page/{name}", Resource({"GET": pages.file})),
    ]


def create_app(endpoints: Endpoints, lifespan: Lifespan) -> ASGIApp:
    """The service as an ASGI application."""
    return Answers(RouteTable(routes(endpoints)), Router(lifespan=lifespan))
