"""How far a connection reads ahead of its answers (RFC 9112 §9.3.2: a client may send requests without waiting)."""

import asyncio
from collections.abc import Sized

from uvicorn.protocols.http.flow_control import FlowControl

MOST_WAITING = 16  # requests of one connection, behind the one that is being answered


class ReadAhead(FlowControl):
    """Reads on only when no request is ``waiting`` for its turn, whoever asks for more.

    Nobody waits for ever: what is read next belongs to the last request, and its turn comes when none is waiting."""

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()
