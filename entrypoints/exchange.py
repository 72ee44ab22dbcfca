"""One request of a connection and its answer: uvicorn's cycle, which writes a head with what follows it."""

import asyncio
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

Fields = Iterable[tuple[bytes, bytes]]

CONTROLS = bytes(code for code in range(32) if code != 9) + b"\x7f"  # that no field holds (RFC 9110 §5.5)
BODYLESS = frozenset({204, 304})


class Exchange(RequestResponseCycle):
    """The head waits for the beginning of the body, and both go out in one packet; alone if none follows at once."""

    _head = b""  # until it is sent
    _alone: asyncio.Handle

    async def send(self, message: Any) -> None:
        """Raises RuntimeError: the application breaks the rules of ASGI, or of HTTP."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        is_start = message["type"] == "http.response.start"
        if self.response_complete or is_start == self.response_started:
            raise RuntimeError(f"{message['type']} is not what follows")
        if is_start:
            self._begin(message["status"], message["headers"])
        else:
            self._go_on(message.get("body", b""), has_more=message.get("more_body", False))

    def send_head(self) -> None:
        """Send the head now, if it waits."""
        if self._head:
            self._write([])

    def _begin(self, status: int, fields: Fields) -> None:
        fields = (*self.default_headers, *fields)
        head = head_of(STATUS_LINE[status], fields)
        self.response_started, self.waiting_for_100_continue, says_close = True, False, False
        for name, value in fields:
            if name == b"content-length" and self.chunked_encoding is None:
                self.chunked_encoding, self.expected_content_length = False, int(value)
            elif name == b"connection":
                says_close = b"close" in value.lower()
        if says_close:
            self.keep_alive = False
        elif not self.keep_alive:
            head += b"connection: close\r\n"
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in BODYLESS:
            self.chunked_encoding = True
            head += b"transfer-encoding: chunked\r\n"
        self._head = head + b"\r\n"
        self._alone = asyncio.get_running_loop().call_soon(self.send_head)

    def _go_on(self, body: Any, *, has_more: bool) -> None:
        self._write(self._framed(body, has_more=has_more))
        if has_more:
            return
        if self.expected_content_length != 0:
            raise RuntimeError("the body is shorter than its length")
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    def _framed(self, body: Any, *, has_more: bool) -> list[Any]:
        """What of ``body`` is written, as it is or as a chunk (RFC 9112 §7.1). Raises RuntimeError: it is too long."""
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            return []
        if self.chunked_encoding:
            chunk = [b"%x\r\n" % len(body), body, b"\r\n"] if body else []
            return chunk if has_more else [*chunk, b"0\r\n\r\n"]
        if len(body) > self.expected_content_length:
            raise RuntimeError("the body is longer than its length")
        self.expected_content_length -= len(body)
        return [body] if body else []

    def _write(self, pieces: list[Any]) -> None:
        if self._head:
            self._alone.cancel()
            pieces.insert(0, self._head)
            self._head = b""
        if pieces and not self.transport.is_closing():  # whoever left meanwhile gets nothing
            self.transport.writelines(pieces)


def head_of(status_line: bytes, fields: Fields) -> bytes:
    """The status line and the fields, each with its end. Raises RuntimeError: one holds a line's end or another control
    character, by which a stranger could answer in our name."""
    lines = [status_line, *[b"%b: %b\r\n" % field for field in fields]]
    head = b"".join(lines)
    if len(head.translate(None, CONTROLS)) != len(head) - 2 * len(lines):
        raise RuntimeError("a header field holds a control character")
    return head
