"""JSON log lines, one event each, on standard error: ours by structlog, and those of the libraries in the same form."""

import logging
import os
import sys
from asyncio import CancelledError
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from time import time_ns
from typing import Any, TextIO

import orjson
import structlog
from attrs import field, frozen
from structlog.typing import EventDict

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def stamped(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The event with its moment in UTC, as ISO 8601 has it."""
    seconds, nanoseconds = divmod(time_ns(), 1_000_000_000)
    event["timestamp"] = f"{second_of(seconds)}.{nanoseconds // 1_000:06d}Z"
    return event


@lru_cache(maxsize=1)  # of many events in a second, the microseconds differ
def second_of(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    stamped,
    # Without local variables: among them are the client's address, keys and the database's password.
    structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
]


def set_up_logs(level: str) -> None:
    """Write events of ``level`` and above. uvicorn's own access lines are off: `observability.requests` writes ours."""
    stream, least = error_stream(), number_of(level)
    render = structlog.processors.JSONRenderer(serializer=orjson.dumps)
    structlog.configure(
        processors=[*SHARED, render],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_: LineLogger(stream),
        cache_logger_on_first_use=True,
    )
    text = structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event).decode())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, text]
        )
    )
    logging.basicConfig(level=max(least, logging.WARNING), handlers=[handler], force=True)
    logging.getLogger("uvicorn.error").addFilter(is_news)


@frozen
class LineLogger:
    """Where structlog's lines end. What cannot be written is lost: a full disk is no reason to refuse a listener."""

    stream: TextIO

    def msg(self, line: bytes) -> None:
        try:
            self.stream.buffer.write(line + b"\n")
            self.stream.buffer.flush()
        except OSError:
            pass

    debug = info = warning = error = msg


@frozen
class RequestLog:
    """Lines of requests, as ``log.info`` writes them, in half the time: there is one for every answer."""

    level: str
    _lines: LineLogger = field(factory=lambda: LineLogger(error_stream()), init=False)
    _is_wanted: bool = field(init=False)

    @_is_wanted.default
    def _by_level(self) -> bool:
        return number_of(self.level) <= logging.INFO

    def tell(self, **told: Any) -> None:
        if self._is_wanted:
            event = {"event": "request", "level": "info", **told, **structlog.contextvars.get_contextvars()}
            self._lines.msg(orjson.dumps(stamped(None, "", event)))


def error_stream() -> TextIO:
    return sys.stderr or Path(os.devnull).open("w")  # some who start a service close its streams


def number_of(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def is_news(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's tells what ours do not.

    It takes requests for defects that it cancelled itself, when its patience after SIGTERM ended, and bodies that were
    cut because their source broke off, of which we have said so already."""
    was_cancelled = record.exc_info is not None and isinstance(record.exc_info[1], CancelledError)
    return not was_cancelled and record.getMessage() != "ASGI callable returned without completing response."
