"""Answers to HTTP/1.0, which knows no chunks: a body of unknown length ends with its connection (RFC 9112 §6.3)."""

from socket import SO_LINGER, SOL_SOCKET
from struct import pack

from attrs import frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


@frozen
class UntilClose:
    """ASGI middleware around one request, whose ``cycle`` would otherwise send such a body in chunks."""

    app: ASGIApp
    cycle: RequestResponseCycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_endless = False

        async def send_plainly(message: Message) -> None:
            nonlocal is_endless
            if message["type"] == "http.response.start":
                is_endless = all(name != b"content-length" for name, _ in message["headers"])
                self.cycle.chunked_encoding = False if is_endless else None
            elif is_endless:
                self.cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_plainly)
        finally:  # also where it raised, or was cancelled at the end of a drain
            if self.cycle.response_started and not self.cycle.response_complete:
                self._break_off()

    def _break_off(self) -> None:
        """Reset the connection, unless it is gone: closed in order, it would look like the body's end."""
        if self.cycle.transport.is_closing():
            return
        connection = self.cycle.transport.get_extra_info("socket")
        connection.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
        self.cycle.transport.abort()
