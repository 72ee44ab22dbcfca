"""JSON log lines, one event each, on standard error: ours by structlog, and those of the libraries in the same form."""

import logging
import sys

import orjson
import structlog

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    # Without local variables: among them are the client's address, keys and the database's password.
    structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
]


def set_up_logs(level: str) -> None:
    """Write events of ``level`` and above. uvicorn's own access lines are off: `observability.requests` writes ours."""
    least = logging.getLevelNamesMapping()[level.upper()]
    render = structlog.processors.JSONRenderer(serializer=orjson.dumps)
    structlog.configure(
        processors=[*SHARED, render],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    text = structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event).decode())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, text]
        )
    )
    logging.basicConfig(level=max(least, logging.WARNING), handlers=[handler], force=True)
