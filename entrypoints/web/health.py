"""Whether the service lives, whether it can work, and what it counts of itself."""

from collections.abc import Awaitable, Callable

from attrs import define, field
from starlette.requests import Request
from starlette.responses import Response

from domain.ports import CheckStore
from entrypoints.web.refusals import Draining
from entrypoints.web.wire import json_response

Exposition = Callable[[str], Awaitable[tuple[bytes, str]]]
"""The metrics, as an Accept header wants them: body and content type."""


@define
class HealthEndpoints:
    """Probes and metrics. ``draining`` is set when the process was told to end, so that balancers send nobody new."""

    check_store: CheckStore
    exposition: Exposition
    draining: bool = field(default=False, init=False)

    def drain(self) -> None:
        self.draining = True

    async def livez(self, _request: Request) -> Response:
        """The process answers. Never asks the database: a database that is away is no reason to kill this."""
        return json_response({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """Requests can be answered. Raises Draining, StoreUnavailable."""
        if self.draining:
            raise Draining
        await self.check_store()
        return json_response({"status": "ok"})

    async def metrics(self, request: Request) -> Response:
        body, content_type = await self.exposition(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": content_type})
