"""Sends audio, exactly those bytes, and closes it however sending ends."""

import asyncio
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Protocol

from attrs import define, field
from starlette.types import Message, Receive, Scope, Send

from application.stream_clip import Stream
from domain.delivery import Ending
from domain.errors import AudioUnavailable
from domain.ports import LARGEST_CHUNK, Chunk, Telemetry
from entrypoints.web.audio_headers import audio_headers, content_range
from entrypoints.web.backlog import SLOW_CHUNK, Backlog
from entrypoints.web.multipart import MultipartBody

KEEPING_UP = 0.1  # seconds that a chunk may wait to be taken
NOTHING_MORE_YET: Message = {"type": "http.response.body", "body": b"", "more_body": True}


class Body(Protocol):
    """What is sent: read to its end, then closed."""

    async def read(self, at_most: int = LARGEST_CHUNK) -> Chunk: ...

    def close(self) -> None: ...


Over = Callable[[int, Ending], None]
"""Told once how many bytes of audio the transport took, and how that ended."""


def audio_response(stream: Stream, telemetry: Telemetry, over: Over, backlog: Backlog) -> "AudioResponse":
    """The answer that ``stream`` is: 200 for the whole, 206 for a part or several (RFC 9110 §15.3.7)."""
    media_type = stream.audio.media_type or stream.clip.media_type
    headers = audio_headers(stream, media_type)
    match stream.parts:
        case ():
            return AudioResponse(200, headers, stream.audio, telemetry, over, backlog)
        case (part,):
            headers["content-length"] = str(len(part))
            headers["content-range"] = content_range(part, stream.audio.size)
            return AudioResponse(206, headers, stream.audio, telemetry, over, backlog)
        case _:
            body = MultipartBody(stream, media_type)
            headers["content-type"] = body.content_type
            headers["content-length"] = str(body.length)

            def parts_over(sent: int, ending: Ending) -> None:
                over(body.audio_within(sent), ending)

            return AudioResponse(206, headers, body, telemetry, parts_over, backlog)


@define
class AudioResponse:
    """An ASGI response of audio. If the source breaks off, so does the body: before its length, or its last chunk."""

    status: int
    headers: Mapping[str, str]
    body: Body
    telemetry: Telemetry
    over: Over
    backlog: Backlog
    _sent: int = field(default=0, init=False)  # bytes of the body
    _ending: Ending = field(default=Ending.STOPPED, init=False)  # unless it ends otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body"})
                return
            self.telemetry.stream_started()
            try:
                await self._send_body(receive, send)
            finally:
                self.telemetry.stream_ended()
                self.over(self._sent, self._ending)
        finally:
            self.body.close()

    async def _send_body(self, receive: Receive, send: Send) -> None:
        length = int(self.headers.get("content-length", -1))
        in_one_piece = 0 <= length <= LARGEST_CHUNK
        chunk = await self._next_chunk(LARGEST_CHUNK if in_one_piece else self.backlog.chunk)
        if chunk is None:
            return
        is_last = len(chunk) in (0, length)
        await self._send_chunk(send, chunk, is_last=is_last)
        if not is_last:
            count, chunk = len(chunk), b""  # let go of, so that no other is in memory beside it
            await self._send_until_done_or_gone(receive, send, count)

    async def _send_until_done_or_gone(self, receive: Receive, send: Send, begun: int) -> None:
        """Send the rest, or stop, even amid waiting for the source, as soon as the listener has left."""
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(watch(receive))
                await self._send_rest(send, begun)
                watching.cancel()
        except* ListenerLeft:
            if self._ending is Ending.STOPPED:  # and not just after the last byte
                self._ending = Ending.LEFT

    async def _send_rest(self, send: Send, begun: int) -> None:
        at_most = await self._taken(send, begun)
        while chunk := await self._next_chunk(at_most):
            await self._send_chunk(send, chunk, is_last=False)
            count, chunk = len(chunk), b""
            at_most = await self._taken(send, count)
        if chunk is not None:
            await self._send_chunk(send, b"", is_last=True)

    async def _taken(self, send: Send, count: int) -> int:
        """Wait until the last chunk, of so many bytes, is taken; how large the next one may be."""
        self.backlog.waiting += count
        began = perf_counter()
        try:
            await send(NOTHING_MORE_YET)
        finally:
            self.backlog.waiting -= count
        # Reading what is at hand never waits, nor does sending to who has left: here the leaving is noticed, which
        # would otherwise be after the last byte.
        await asyncio.sleep(0)
        return self.backlog.chunk if perf_counter() - began < KEEPING_UP else SLOW_CHUNK

    async def _next_chunk(self, at_most: int) -> Chunk | None:
        """None if the source broke off. The response then stays unfinished, and the server closes the connection, so
        that the listener sees the cut."""
        try:
            return await self.body.read(at_most)
        except AudioUnavailable as error:
            self.telemetry.source_failed(error)
            self._ending = Ending.SOURCE_FAILED
            return None

    async def _send_chunk(self, send: Send, chunk: Chunk, *, is_last: bool) -> None:
        await send({"type": "http.response.body", "body": chunk, "more_body": not is_last})
        self.telemetry.bytes_sent(len(chunk))
        self._sent += len(chunk)
        if is_last:
            self._ending = Ending.SENT


class ListenerLeft(Exception):
    """The listener closed the connection."""


async def watch(receive: Receive) -> None:
    """Raises ListenerLeft, when that happens."""
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ListenerLeft
