"""The machine's clock and dice: the only place where time and chance come in."""

from datetime import UTC, datetime
from uuid import UUID, SafeUUID

from uuid_utils import uuid7

UNKNOWN = SafeUUID.unknown


def utc_now() -> datetime:
    """The present moment, aware UTC, in microseconds."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): sorted by time, so that new rows land together at the end of an index."""
    minted = object.__new__(UUID)  # as a copy of one is made: its constructor costs as much as all the rest
    object.__setattr__(minted, "int", uuid7().int)
    object.__setattr__(minted, "is_safe", UNKNOWN)
    return minted
