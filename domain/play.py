"""What a play is and when a stream begins one (ADR 1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NewType
from uuid import UUID

from attrs import frozen

from domain.byte_range import ByteRange, RangeSet
from domain.clip import ClipId
from domain.preconditions import NONE, Preconditions

PlayId = NewType("PlayId", UUID)

LONGEST_PROBE = 2  # bytes: Safari asks for the first two to learn whether ranges are understood


@frozen
class Play:
    """One listening to one clip. ``id`` is unique within the clip: the player's playback id, or one minted here."""

    id: PlayId
    clip: ClipId
    started_at: datetime


@frozen
class PlayCounts:
    """How often a clip was played, and when the last time began (aware UTC; None before the first)."""

    play_count: int
    last_played_at: datetime | None


@frozen
class Listening:
    """What a listener asks for: parts of the clip or all of it, under a name that makes repeats one play."""

    requested: RangeSet | None = None
    preconditions: Preconditions = NONE
    playback: PlayId | None = None
    is_prefetch: bool = False  # Sec-Purpose: prefetch, so nobody is listening yet


def begins_a_play(listening: Listening, sent: Sequence[ByteRange]) -> bool:
    """Whether answering ``listening`` with the parts ``sent`` (none: the whole clip) is a play.

    The answer decides, not the request, since a source may ignore the range: it must begin with the clip's first byte.
    A part that was asked for with at most two bytes is a probe.
    """
    if listening.is_prefetch:
        return False
    if not sent:
        return True
    is_probe = listening.requested is not None and listening.requested.asks_for_at_most(LONGEST_PROBE)
    return sent[0].first == 0 and not is_probe
