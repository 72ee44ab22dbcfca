"""Who may ask what, as the map says it: readers, players, operators. Where all may, nothing stands in between."""

from collections.abc import Callable

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from entrypoints.web.keys import NamedKey, admit, sent_key
from entrypoints.web.query_string import clip_id, repeated
from entrypoints.web.refusals import InvalidFields, KeyMissing, WritingClosed
from entrypoints.web.resource import Handler
from entrypoints.web.stream_address import AddressOf, SignedAddresses, open_address

Playback = Callable[[Request], str]
"""The playback id that a request names, as text that need not be one; empty if it names none."""

SIGNED = ("play", "expires", "signature")  # what an address is signed over, and by


def in_query(request: Request) -> str:
    return request.query_params.get("play", "")


def in_path(request: Request) -> str:
    return str(request.path_params["uuid"])


@frozen
class Access:
    """Gates in front of handlers. ``readers`` is empty where reading is open to all, ``operators`` where measures are.

    Whoever may write may read."""

    readers: tuple[NamedKey, ...]
    writers: tuple[NamedKey, ...]
    operators: tuple[NamedKey, ...]
    addresses: SignedAddresses

    @property
    def is_private(self) -> bool:
        return bool(self.readers)

    async def address_of(self) -> AddressOf:
        """What tells where a clip's audio is, to somebody who may read. Raises StoreUnavailable."""
        return await self.addresses.signer() if self.is_private else open_address

    def for_readers(self, handler: Handler) -> Handler:
        """``handler`` for those who have a key to read or write; its answers are kept by no cache."""
        if not self.is_private:
            return handler

        async def gated(request: Request) -> ASGIApp:
            admit(request, self.readers + self.writers)
            return unkept(await handler(request))

        return gated

    def for_players(self, handler: Handler, playback: Playback) -> Handler:
        """``handler`` for those who have a key, or an address that was signed for this clip and playback.

        Nothing is looked up for anybody else."""
        if not self.is_private:
            return handler

        async def gated(request: Request) -> ASGIApp:
            if sent_key(request):
                admit(request, self.readers + self.writers)
            elif "signature" in request.query_params:
                if errors := repeated(request.query_params, SIGNED):
                    raise InvalidFields(errors)
                await self.addresses.admit(request, clip_id(request), playback(request))
            else:
                raise KeyMissing
            return await handler(request)

        return gated

    def for_writers(self, handler: Handler) -> Handler:
        """``handler`` for those who have a key to write."""

        async def gated(request: Request) -> ASGIApp:
            if not self.writers:
                raise WritingClosed
            admit(request, self.writers)
            return await handler(request)

        return gated

    def for_operators(self, handler: Handler) -> Handler:
        """``handler`` for those who have the key to the measures."""
        if not self.operators:
            return handler

        async def gated(request: Request) -> ASGIApp:
            admit(request, self.operators)
            return unkept(await handler(request))

        return gated


def unkept(response: ASGIApp) -> ASGIApp:
    """The same answer, to be kept by no cache: whoever asks there next may have no key."""
    if isinstance(response, Response):
        response.headers["cache-control"] = "no-store"
    return response
