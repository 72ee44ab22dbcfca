"""Sends opened audio, exactly those bytes, and closes it however sending ends."""

from http import HTTPStatus

import anyio
from anyio.lowlevel import checkpoint
from attrs import frozen
from starlette.types import Message, Receive, Scope, Send

from domain.errors import AudioUnavailable
from domain.ports import OpenedAudio, Telemetry


@frozen
class AudioResponse:
    """An ASGI response of audio. If the source breaks off, so does the body: before its length, or its last chunk."""

    opened: OpenedAudio
    media_type: str
    telemetry: Telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(self._start())
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body"})
                return
            self.telemetry.stream_started()
            try:
                await self._send_until_done_or_gone(receive, send)
            finally:
                self.telemetry.stream_ended()
        finally:
            self.opened.close()

    def _start(self) -> Message:
        size, part = self.opened.size, self.opened.range
        headers = {"content-type": self.media_type, "cache-control": "no-store"}
        if size is not None:
            headers["accept-ranges"] = "bytes"
            headers["content-length"] = str(size if part is None else len(part))
        if part is not None:
            headers["content-range"] = f"bytes {part.first}-{part.last}/{'*' if size is None else size}"
        return {
            "type": "http.response.start",
            "status": HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }

    async def _send_until_done_or_gone(self, receive: Receive, send: Send) -> None:
        """Send all of it, or stop, even amid waiting for the source, as soon as the listener has left."""
        async with anyio.create_task_group() as tasks:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            await self._send_all(send)
            tasks.cancel_scope.cancel()

    async def _send_all(self, send: Send) -> None:
        while True:
            try:
                chunk = await self.opened.read()
            except AudioUnavailable as error:
                self.telemetry.source_failed(error)
                return  # an unfinished response: the server closes the connection, so the listener sees the cut
            await send({"type": "http.response.body", "body": chunk, "more_body": bool(chunk)})
            if not chunk:
                return
            self.telemetry.bytes_sent(len(chunk))
            # Reading what is at hand never waits, nor does sending to who has left: here the leaving is noticed, which
            # would otherwise be after the last byte.
            await checkpoint()
