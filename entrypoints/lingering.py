"""A connection that is closed while its client still sends."""

import asyncio
from collections.abc import Callable
from typing import Any


class Lingering:
    """A transport that is closed when all is sent, unless who is asked then ``lingers``, and closes it later."""

    def __init__(self, transport: asyncio.Transport, lingers: Callable[[asyncio.Transport], bool]) -> None:
        self._transport, self._lingers = transport, lingers
        self.write, self.writelines, self.is_closing = transport.write, transport.writelines, transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        if self._transport.is_closing() or not self._lingers(self._transport):
            self._transport.close()
