"""HTTP/1.1 as uvicorn speaks it, in bounds of size and time, and with refusals that are problem details (RFC 9112).

What its parser refuses by itself: both lengths in one head, folded fields, bare CR and LF, control characters.
"""

import asyncio
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

import httptools
from uvicorn._types import ASGI3Application, HTTPScope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from entrypoints.bounded import Bounded, Stage
from entrypoints.exchange import Exchange
from entrypoints.framing import fault_of_head
from entrypoints.lingering import Lingering
from entrypoints.read_ahead import MOST_WAITING, ReadAhead
from entrypoints.until_close import UntilClose
from entrypoints.web.event_stream import ABORT
from entrypoints.web.problems import Problem

LARGEST_HEAD = 64 * 1024  # bytes of a request's line and fields
LONGEST_TARGET = 8 * 1024  # bytes; RFC 9112 §3 recommends as many, at least
BETWEEN_FIELDS = 4  # bytes: a colon, a blank, and the line's end

HEAD_TOO_LARGE = Problem(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The head of a request has at most {LARGEST_HEAD} bytes."
)
TARGET_TOO_LONG = Problem(HTTPStatus.REQUEST_URI_TOO_LONG, f"An address has at most {LONGEST_TARGET} bytes.")


class TooMany(Exception):
    """Ends the parser before a request that has more before it than may wait."""


class Protocol(Bounded):
    """A connection: what comes is parsed, and each request is answered in its turn."""

    _head_bytes = 0
    _extensions: dict[str, dict[object, object]]

    # what the parser finds

    def on_message_begin(self) -> None:
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._head_bytes = 0
        self._enter(Stage.HEAD)

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > LONGEST_TARGET:
            self._fail(TARGET_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + BETWEEN_FIELDS
        if self._head_bytes > LARGEST_HEAD:
            self._fail(HEAD_TOO_LARGE)
        if self._stage is Stage.HEAD:  # what comes behind a body in chunks is no field of the head
            name = name.lower()
            self.headers.append((name, value))
            if name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MOST_WAITING:
            self._reads_no_more = True
            raise TooMany
        version = self.parser.get_http_version()
        fault = fault_of_head(version, self.headers)
        if fault is not None:
            self._fail(fault)
        self.scope = self._described(version)
        self._take_up(keeps_alive=version != "1.0" and self.parser.should_keep_alive())
        self._enter(Stage.BODY)

    def _described(self, version: str) -> HTTPScope:
        """The request as the application is told of it."""
        target = httptools.parse_url(self.url)
        path = target.path.decode("ascii")
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "method": self.parser.get_method().decode("ascii"),
            "root_path": "",
            "path": unquote(path) if "%" in path else path,
            "raw_path": target.path,
            "query_string": target.query or b"",
            "headers": self.headers,
            "state": self.app_state.copy(),
            "extensions": self._extensions,
        }

    def _take_up(self, *, keeps_alive: bool) -> None:
        """Have the request answered, at once or when those before it are."""
        before = self.cycle
        self.cycle = Exchange(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=keeps_alive,
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._enter(Stage.DONE)

    # what the connection does

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # TCP only
        super().connection_made(transport)
        self.flow = ReadAhead(transport, self.pipeline)
        transport.set_write_buffer_limits(0)  # whoever sends waits until the system has taken it all
        self.transport = cast("asyncio.Transport", Lingering(transport, self._linger))
        self._extensions = {ABORT: {"abort": transport.abort}}
        self._stage = Stage.HEAD
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        if self._reads_no_more:
            return None  # taken and dropped: closed with bytes unread, the connection would lose its last answers
        self._has_sent = True
        if self._stage is Stage.BODY:
            self._body_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.cycle.keep_alive = False  # the request is answered as if it had not asked; what follows is not read
        except httptools.HttpParserError:
            return self._end_with_the_last() if self._reads_no_more else self._refuse(self._problem)
        if self._stage is Stage.HEAD and not self._is_new_stage:
            self._head_bytes += len(data)  # also of a field that has no end
            if self._head_bytes > LARGEST_HEAD:
                return self._refuse(HEAD_TOO_LARGE)
        if self._is_new_stage:
            self._set_deadline()
        return None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing():
            self.flow.resume_reading()  # the last request has its turn now, and may leave before it is answered

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_deadline()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if cycle.scope["http_version"] == "1.0":
            app = cast("Any", UntilClose(cast("Any", app), cycle))
        super()._start_asgi_task(cycle, app)
