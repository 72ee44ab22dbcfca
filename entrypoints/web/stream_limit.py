"""How many may be sent at once what takes long, so that health and the API are answered however many come."""

from collections.abc import Callable

from attrs import define, field
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoints.web.refusals import Refusal, TooManyStreams
from entrypoints.web.resource import Handler


@define
class StreamLimit:
    """A handler in front of another, to which it lets ``most`` at a time until their answers are sent; 0: any number.

    Who comes beyond gets the ``refusal``. A HEAD is no stream."""

    handler: Handler
    most: int
    refusal: Callable[[], Refusal] = TooManyStreams
    _under_way: int = field(default=0, init=False)

    async def __call__(self, request: Request) -> ASGIApp:
        """Raises the refusal, before anything is opened or counted."""
        if not self.most or request.method == "HEAD":
            return await self.handler(request)
        if self._under_way >= self.most:
            raise self.refusal()
        self._under_way += 1
        try:
            response = await self.handler(request)
        except BaseException:
            self._under_way -= 1
            raise

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await response(scope, receive, send)
            finally:
                self._under_way -= 1

        return counted
