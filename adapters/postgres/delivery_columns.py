"""The arrays that the ledger's statements take, each in one string as PostgreSQL reads it."""

from collections.abc import Iterable, Sequence

from adapters.postgres.pool import array
from adapters.postgres.rounds import Round, Union
from domain.byte_range import ByteRange
from domain.delivery import DeliveryEntry
from domain.heard import Purpose, united


def columns(this: Round) -> dict[str, str]:
    """The entries, the unions that decide about them, and what is added to each union."""
    return entry_columns(this.entries) | union_columns(this) | touch_columns(list(this.unions.values()))


def entry_columns(entries: Sequence[DeliveryEntry]) -> dict[str, str]:
    return {
        "ids": array([entry.id.hex for entry in entries]),
        "clips": array([entry.clip for entry in entries]),
        "ended": array([entry.ended_at.isoformat() for entry in entries]),
        "listeners": array([binary(entry.listener) for entry in entries]),
        "playbacks": nullable([entry.playback for entry in entries]),
        "plays": array([entry.reason for entry in entries]),
        "endings": array([entry.ending for entry in entries]),
        "sent": array([multirange(united(entry.sent)) for entry in entries]),
        "settled": nullable([entry.settled for entry in entries]),
        "is_completed": array([entry.is_completed_play for entry in entries]),
    }


def union_columns(this: Round) -> dict[str, str]:
    """Which unions decide about each entry, by their places; only their leaders can make them enough."""
    downloads = this.unions_for(Purpose.DOWNLOAD)
    completing = this.unions_for(Purpose.PIECES, Purpose.PLAYBACK)
    return {
        "downloads": nullable([union and union.place for union in downloads]),
        "is_leading": array(
            [union is not None and union.leader is entry for entry, union in zip(this.entries, downloads, strict=True)]
        ),
        "completed": nullable(
            [
                union.place if union is not None and union.leader is entry else None
                for entry, union in zip(this.entries, completing, strict=True)
            ]
        ),
    }


def touch_columns(unions: Sequence[Union]) -> dict[str, str]:
    touches = [union.touch for union in unions]
    minutes = {minute: minute.isoformat() for minute in {touch.minute for touch in touches}}
    return {
        "touch_leaders": array([union.leader.id.hex for union in unions]),
        "touch_clips": array([touch.clip for touch in touches]),
        "touch_whose": array([binary(touch.whose) for touch in touches]),
        "touch_purposes": array([touch.purpose for touch in touches]),
        "touch_known": nullable([touch.known_as and binary(touch.known_as) for touch in touches]),
        "touch_minutes": array([minutes[touch.minute] for touch in touches]),
        "touch_sent": array([multirange(touch.sent) for touch in touches]),
        "touch_enough": nullable([touch.enough for touch in touches]),
        "touch_begins": array([touch.begins for touch in touches]),
        "touch_hours": array([touch.hour for touch in touches]),
    }


def nullable(values: Iterable[object]) -> str:
    return array(["NULL" if value is None else value for value in values])


def binary(value: bytes) -> str:
    """Bytes as an array's text has them."""
    return f'"\\\\x{value.hex()}"'


def multirange(parts: Sequence[ByteRange]) -> str:
    """Sorted parts as an array's text has them."""
    return f'"{{{",".join([f"[{part.first},{part.last}]" for part in parts])}}}"'
