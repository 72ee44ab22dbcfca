"""A request's body as it comes, piece by piece, and no further than it may."""

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from entrypoints.web.refusals import BodyTooLarge, MalformedBody


def media_type(request: Request) -> str:
    """What the body is said to be, without parameters; empty if nothing is said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def refuse_too_long(request: Request, limit: int, what: str) -> None:
    """Raise BodyTooLarge if the head says already that the body has more than ``limit`` bytes; it need not say."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:19]) > limit:
        raise BodyTooLarge(limit, what)


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body; in no more memory than one piece. Raises MalformedBody: the client broke off."""
    try:
        async for piece in request.stream():
            if piece:
                yield piece
    except ClientDisconnect as error:
        raise MalformedBody("it was broken off", "whole") from error


async def pieces_within(request: Request, limit: int, what: str = "The body") -> AsyncIterator[bytes]:
    """The same. Raises BodyTooLarge, as soon as that is known; ``what`` is what has at most ``limit`` bytes."""
    refuse_too_long(request, limit, what)
    taken = 0
    async for piece in pieces(request):
        taken += len(piece)
        if taken > limit:
            raise BodyTooLarge(limit, what)
        yield piece
