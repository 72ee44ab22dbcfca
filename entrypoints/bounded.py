"""A connection in bounds of time: who sends too slowly, or no HTTP, is told so if possible, and disconnected."""

import asyncio
from collections.abc import Mapping
from enum import Enum, auto
from http import HTTPStatus
from typing import ClassVar, NoReturn

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from entrypoints.exchange import Exchange
from entrypoints.framing import NO_HTTP
from entrypoints.web.problems import Problem
from entrypoints.web.safe_answers import SAFE

SECONDS_FOR_HEAD, SECONDS_FOR_BODY = 10.0, 30.0
LEAST_OF_BODY = 30_000  # bytes of a longer body, in each such time: 1 kB/s, and never long silent
SECONDS_TO_LINGER = 5.0  # for a client that is still sending to read the answer

TOO_SLOW = Problem(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")


class Refused(Exception):
    """Ends the parser amid a request; the connection then tells why."""


class Stage(Enum):
    """Of the request that is being received."""

    HEAD = auto()
    BODY = auto()
    DONE = auto()


class Bounded(HttpToolsProtocol):
    """What a connection has of deadlines and refusals. A body that somebody reads may take longer than its deadline,
    as long as it keeps coming."""

    seconds_for: ClassVar[Mapping[Stage, float]] = {Stage.HEAD: SECONDS_FOR_HEAD, Stage.BODY: SECONDS_FOR_BODY}
    least_of_body: ClassVar[int] = LEAST_OF_BODY
    cycle: Exchange
    _stage = Stage.DONE
    _body_bytes = 0  # since the deadline was set
    _is_new_stage = False
    _has_sent = False
    _reads_no_more = False
    _problem = NO_HTTP
    _deadline: asyncio.TimerHandle | None = None

    def _enter(self, stage: Stage) -> None:
        self._stage, self._is_new_stage = stage, True
        if stage is not Stage.DONE:  # an empty line between requests, or the end of one answered early, is still idle
            self._unset_keepalive_if_required()

    def _set_deadline(self) -> None:
        self._unset_deadline()
        self._is_new_stage, self._body_bytes = False, 0
        if self._stage is not Stage.DONE and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.seconds_for[self._stage], self._late)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        is_answering = self.cycle is not None and not self.cycle.response_complete
        keeps_coming = self._stage is Stage.BODY and self._body_bytes >= self.least_of_body
        if self.flow.read_paused or (is_answering and (keeps_coming or self._stage is Stage.HEAD)):
            self._set_deadline()  # it has to wait for us, or somebody reads what comes
        elif self._has_sent:
            self._refuse(TOO_SLOW)
        else:
            self.transport.close()

    def _fail(self, problem: Problem) -> NoReturn:
        self._problem = problem
        raise Refused

    def _refuse(self, problem: Problem) -> None:
        """Say why, unless that would be read as the answer to another request or as a part of it; then disconnect."""
        self._unset_deadline()
        if self._is_waited_for() and not self.transport.is_closing():
            if self.cycle is not None:
                self.cycle.disconnected = True
            refusal = problem.response()
            lines = [f"HTTP/1.1 {problem.status.value} {problem.status.phrase}".encode(), b"connection: close"]
            lines += [b"%b: %b" % header for header in (*refusal.raw_headers, *SAFE)]
            self.transport.write(b"\r\n".join([*lines, b"", bytes(refusal.body)]))
        self.transport.close()

    def _linger(self, transport: asyncio.Transport) -> bool:
        """Whether a connection that is to be closed only says so, and stays for what the client still sends: closed
        with that unread it would be reset, and the client could lose the answer (RFC 9112 §9.6)."""
        if self.cycle is not None:
            self.cycle.send_head()
        if self._stage is not Stage.BODY or self._reads_no_more or not self._has_sent:
            return False
        self._reads_no_more = True
        self._unset_deadline()
        self._deadline = self.loop.call_later(SECONDS_TO_LINGER, transport.close)
        transport.write_eof()
        transport.resume_reading()
        return True

    def _end_with_the_last(self) -> None:
        """Answer what is waiting, the last with ``Connection: close``; the client may send the others again."""
        self._unset_deadline()
        self.cycle.keep_alive = False

    def _is_waited_for(self) -> bool:
        """Whether the next answer that the client expects is to the request that is being received."""
        if self.cycle is None or self.cycle.response_complete:
            return self._stage is not Stage.BODY
        return self._stage is Stage.BODY and not self.cycle.response_started and not self.pipeline
