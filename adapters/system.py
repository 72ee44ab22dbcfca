"""The machine's clock and dice: the only place where time and chance come in."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def utc_now() -> datetime:
    """The present moment, aware UTC, in microseconds."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): sorted by time, so that new rows land together at the end of an index."""
    return uuid7()
