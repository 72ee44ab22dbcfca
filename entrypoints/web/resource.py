"""One address and the methods it answers to."""

from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Mapping

from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.web.accept import accepts, preferred
from entrypoints.web.cross_origin import PREFLIGHT
from entrypoints.web.refusals import Draining, NotAcceptable

Handler = Callable[[Request], Awaitable[ASGIApp]]


@frozen
class Resource:
    """An ASGI endpoint that tells methods apart: HEAD wherever GET, OPTIONS always, else 405 with all of ``Allow``.

    ``produces`` is the media type of its answers, where a client may leave it out by Accept; None: whatever it is.
    ``preflight`` is what pages of other sites are told of asking it.
    """

    methods: Mapping[str, Handler]
    produces: str | None = None
    preflight: Mapping[str, str] = PREFLIGHT

    @property
    def allow(self) -> str:
        return ", ".join(sorted({*self.methods, "OPTIONS", *(["HEAD"] if "GET" in self.methods else [])}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method == "OPTIONS":
            return await Response(status_code=204, headers={"allow": self.allow, **self.preflight})(
                scope, receive, send
            )
        handler = self.methods.get(method) or (self.methods.get("GET") if method == "HEAD" else None)
        if handler is None:
            raise HTTPException(405, headers={"Allow": self.allow})
        request = Request(scope, receive)
        if self.produces is not None and not accepts(request, self.produces):
            raise NotAcceptable(self.produces)
        try:
            response = await handler(request)
        except CancelledError:  # the service ends, and has waited long enough
            raise Draining from None
        await response(scope, receive, send)
        return None


@frozen
class ByAccept:
    """A handler that has another one for each media type, and asks the one that the client prefers.

    Of those that it likes equally, the first. Raises NotAcceptable."""

    handlers: Mapping[str, Callable[[Request], Awaitable[Response]]]

    async def __call__(self, request: Request) -> Response:
        media_type = preferred(request, tuple(self.handlers))
        if media_type is None:
            raise NotAcceptable(" or ".join(self.handlers))
        response = await self.handlers[media_type](request)
        response.raw_headers.append((b"vary", b"Accept"))
        return response
