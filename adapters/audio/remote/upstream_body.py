"""The body of an upstream's answer, as it comes."""

import asyncio

from aiohttp import ClientPayloadError, ClientResponse
from attrs import define, field

from domain.ports import LARGEST_CHUNK

READ_AHEAD = 64 * 1024
"""Bytes of a body that are waiting to be read before its upstream is held back; what comes at once comes on top.

`StreamReader.read` would raise it to whatever it is asked for: so no more is ever asked of it."""


@define(eq=False)
class UpstreamBody:
    """The bytes of an answer in order. Raises aiohttp's errors, and TimeoutError at a stall."""

    response: ClientResponse
    stall: float  # seconds
    _ahead: bytes = field(default=b"", init=False)
    _lost: asyncio.Future[None] | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Watch the connection: aiohttp closes it at broken chunks, and leaves whoever reads them to wait."""
        connection = self.response.connection
        if connection is None or connection.protocol is None:
            return  # all has come
        self._lost = connection.protocol.closed
        if self._lost is None:
            self._break_off()
        else:
            self._lost.add_done_callback(self._break_off)

    async def next(self, at_most: int = LARGEST_CHUNK) -> bytes:
        """At most so many bytes; ``b""`` at the end. Raises ClientConnectionError: it was closed."""
        chunk = self._ahead or await self._received(at_most)
        if len(chunk) <= at_most:
            self._ahead = b""
            return chunk
        self._ahead = chunk[at_most:]
        return chunk[:at_most]

    async def peek(self, count: int) -> bytes:
        """At least ``count`` bytes, or all there are; they stay to be read."""
        while len(self._ahead) < count:
            received = await self._received(LARGEST_CHUNK)
            if not received:
                break
            self._ahead = self._ahead + received if self._ahead else received
        return self._ahead

    async def skip(self, count: int) -> None:
        """Read away ``count`` bytes, and have the next one ready. Raises ClientPayloadError: there is none."""
        while count > 0 or not self._ahead:
            chunk = await self.next()
            if not chunk:
                raise ClientPayloadError("the body ended too soon")
            self._ahead, count = chunk[count:], max(0, count - len(chunk))

    async def _received(self, at_most: int) -> bytes:
        """What has come, all of it as it came if that much is wanted: copying it costs more than all else here."""
        content = self.response.content
        if received := content.read_nowait(-1 if at_most >= LARGEST_CHUNK else at_most):
            return received
        async with asyncio.timeout(self.stall):
            return await (content.readany() if at_most >= LARGEST_CHUNK else content.read(min(at_most, READ_AHEAD)))

    def close(self) -> None:
        """Give the connection back if the body was read to its end, and drop it otherwise."""
        self._ahead = b""
        if self._lost is not None:
            self._lost.remove_done_callback(self._break_off)
            self._lost = None
        self.response.release()

    def _break_off(self, lost: asyncio.Future[None] | None = None) -> None:
        if lost is not None and not lost.cancelled():
            lost.exception()  # why does not matter, but asyncio reports an error that nobody asked for
        content = self.response.content
        if not content.is_eof() and content.exception() is None:
            content.set_exception(ClientPayloadError("the connection was lost amid the body"))
