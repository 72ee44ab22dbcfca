"""A remote clip while it is being relayed: what has come is handed on, and never gathered."""

import asyncio

from aiohttp import ClientError, ClientPayloadError, ClientResponse
from attrs import define, field

from domain.byte_range import ByteRange
from domain.errors import AudioUnavailable, SourceFailure

CHUNK = 256 * 1024


@define(eq=False)
class UpstreamBody:
    """The bytes of an answer in order, as they come. Raises aiohttp's errors, and TimeoutError at a stall."""

    response: ClientResponse
    stall: float  # seconds
    _ahead: bytes = field(default=b"", init=False)

    async def next(self) -> bytes:
        """At most `CHUNK` bytes; ``b""`` at the end."""
        if self._ahead:
            chunk, self._ahead = self._ahead, b""
            return chunk
        return await self._received(CHUNK)

    async def peek(self, count: int) -> bytes:
        """At least ``count`` bytes, or all there are; they stay to be read. ``count`` is at most `CHUNK`."""
        while len(self._ahead) < count:
            received = await self._received(CHUNK - len(self._ahead))
            if not received:
                break
            self._ahead += received
        return self._ahead

    async def skip(self, count: int) -> None:
        """Read away ``count`` bytes, and have the next one ready. Raises ClientPayloadError: there is none."""
        while count > 0 or not self._ahead:
            chunk = await self.next()
            if not chunk:
                raise ClientPayloadError("the body ended too soon")
            self._ahead, count = chunk[count:], max(0, count - len(chunk))

    async def _received(self, count: int) -> bytes:
        content = self.response.content
        if received := content.read_nowait(count):
            return received
        async with asyncio.timeout(self.stall):
            return await content.read(count)

    def close(self) -> None:
        """Give the connection back if the body was read to its end, and drop it otherwise."""
        self._ahead = b""
        self.response.release()


@define(eq=False)
class RelayedAudio:
    """Audio from an upstream whose first byte has come. ``_missing`` bytes are still to be read; None: all."""

    location: str
    media_type: str | None
    size: int | None
    range: ByteRange | None
    _body: UpstreamBody
    _missing: int | None

    async def read(self) -> bytes:
        """What has come, or the next bytes when they come. The connection is let go of behind the last."""
        if self._missing == 0:
            return b""
        try:
            chunk = await self._body.next()
        except (ClientError, OSError, TimeoutError) as error:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED) from error
        if self._missing is None:
            return chunk
        if not chunk:
            raise AudioUnavailable(self.location, SourceFailure.INTERRUPTED)
        chunk = chunk[: self._missing]
        self._missing -= len(chunk)
        if self._missing == 0:
            self._body.close()
        return chunk

    def close(self) -> None:
        self._body.close()
