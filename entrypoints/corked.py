"""What is written at once goes out at once."""

import asyncio
from collections.abc import Callable
from typing import Any

LARGE = 16 * 1024  # bytes that need not wait for more


class Corked:
    """A transport that sends what is written in one turn of the loop together: a head and its body, in one packet.

    Large pieces go at once, with what came before them, so that the writer learns soon that it must wait. It is closed
    when all is sent, unless who is asked then ``lingers``, and closes it later."""

    def __init__(
        self,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        lingers: Callable[[asyncio.Transport], bool] = lambda _: False,
    ) -> None:
        self._transport, self._loop, self._held, self._lingers = transport, loop, list[bytes](), lingers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not data:
            return
        self._held.append(data)
        if len(data) >= LARGE:
            self._uncork()
        elif len(self._held) == 1:
            self._loop.call_soon(self._uncork)

    def close(self) -> None:
        self._uncork()
        if self._transport.is_closing() or not self._lingers(self._transport):
            self._transport.close()

    def _uncork(self) -> None:
        held, self._held = self._held, []
        if held and not self._transport.is_closing():  # whoever left meanwhile gets nothing
            self._transport.writelines(held)
