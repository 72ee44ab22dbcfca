"""What every answer has: a face, also where something was raised instead, and what browsers are to know of it."""

from attrs import frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.web.cross_origin import READABLE
from entrypoints.web.faces import answer_to
from entrypoints.web.problems import of_defect
from entrypoints.web.safe_answers import make_safe


@frozen
class Answers:
    """Pure ASGI middleware that answers what ``app`` raises, and lets pages of other sites read all, and run nothing.

    A defect is raised once more when it was answered, for the server to log, and so is all that ends an answer which
    had begun: the server then closes the connection, so that the cut is seen. (Starlette has two layers for this, with
    two more around each message.)"""

    app: ASGIApp
    life: ASGIApp  # is told of the service's start and end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.life(scope, receive, send)
        has_begun = False

        async def send_finished(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message["headers"] = [*message["headers"], *READABLE]
                make_safe(message)
            await send(message)

        try:
            await self.app(scope, receive, send_finished)
        except Exception as error:
            if has_begun:
                raise
            answer = answer_to(error, scope["method"])
            if answer is None:
                await of_defect().response()(scope, receive, send_finished)
                raise
            await answer(scope, receive, send_finished)
        return None
