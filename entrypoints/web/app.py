"""The map: every address, and who answers there."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from attrs import frozen
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.web.counting import HTML, CountingEndpoints
from entrypoints.web.counts_wire import CSV
from entrypoints.web.cross_origin import CONFIRMING
from entrypoints.web.faces import HANDLERS
from entrypoints.web.health import HealthEndpoints
from entrypoints.web.listens import ListenEndpoints
from entrypoints.web.pages import PageEndpoints
from entrypoints.web.play import PlayEndpoints
from entrypoints.web.resource import ByAccept, Resource
from entrypoints.web.stats import StatsEndpoints

JSON = "application/json"
FIRST_VERSION = "/api/v1"

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


@frozen
class Endpoints:
    """All who answer."""

    play: PlayEndpoints
    listens: ListenEndpoints
    stats: StatsEndpoints
    counting: CountingEndpoints
    health: HealthEndpoints
    pages: PageEndpoints


def routes(endpoints: Endpoints) -> list[Route]:
    """All addresses, most asked for first: they are tried in this order."""
    play, stats, health, pages = endpoints.play, endpoints.stats, endpoints.health, endpoints.pages
    counting = endpoints.counting
    return [
        Route("/play/{id}/stream", Resource({"GET": play.stream})),
        Route("/play/{id}/listens/{uuid}", Resource({"PUT": endpoints.listens.confirm}, JSON, CONFIRMING)),
        Route("/play", Resource({"GET": play.page, "POST": play.add}, JSON)),
        Route("/play/{id}/stats", Resource({"GET": ByAccept({JSON: stats.clip, CSV: stats.clip_as_csv})})),
        Route("/play/{id}", Resource({"GET": play.clip, "PATCH": play.change, "DELETE": play.remove}, JSON)),
        Route("/play/{id}/stats/explain", Resource({"GET": stats.explained}, JSON)),
        Route("/stats", Resource({"GET": ByAccept({JSON: stats.catalogue, CSV: stats.catalogue_as_csv})})),
        Route("/livez", Resource({"GET": health.livez})),
        Route("/readyz", Resource({"GET": health.readyz})),
        Route("/health", Resource({"GET": health.livez})),
        Route("/metrics", Resource({"GET": health.metrics})),
        Route("/", Resource({"GET": pages.index})),
        Route("/docs", Resource({"GET": pages.docs})),
        Route("/about/counting", Resource({"GET": ByAccept({JSON: counting.as_json, HTML: counting.as_html})})),
        Route("/openapi.json", Resource({"GET": pages.openapi}, JSON)),
        Route("/page/{name}", Resource({"GET": pages.file})),
    ]


def create_app(endpoints: Endpoints, lifespan: Lifespan) -> Starlette:
    """The service as an ASGI application."""
    app = Starlette(
        routes=routes(endpoints),
        middleware=[Middleware(CanonicalPath)],
        exception_handlers=dict(HANDLERS),
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # `CanonicalPath` tolerates one, and more lead nowhere
    return app


@frozen
class CanonicalPath:
    """Pure ASGI middleware that tolerates a trailing slash, and the prefix of the first version before ``/play``."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            if path != "/" and path.endswith("/"):
                scope["path"] = path = path[:-1]
            if path == f"{FIRST_VERSION}/play" or path.startswith(f"{FIRST_VERSION}/play/"):
                scope["root_path"] += FIRST_VERSION
        await self.app(scope, receive, send)
