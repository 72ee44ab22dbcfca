"""What a play is, and what a listener asks for (ADR 1)."""

from datetime import datetime
from typing import NewType
from uuid import UUID

from attrs import frozen

from domain.byte_range import RangeSet
from domain.clip import ClipId
from domain.listener import Caller
from domain.preconditions import NONE, Preconditions

PlayId = NewType("PlayId", UUID)

NOBODY = Caller()
LONGEST_PROBE = 2  # bytes: Safari asks for the first two to learn whether ranges are understood


@frozen
class Play:
    """One listening to one clip. ``id`` is unique within the clip: the player's playback id, or one minted here."""

    id: PlayId
    clip: ClipId
    started_at: datetime
    is_named: bool = True  # by the player, who may come back with it; what was minted here is not seen again


@frozen
class Listening:
    """What a listener asks for: parts of the clip or all of it, under a name that makes repeats one play."""

    requested: RangeSet | None = None
    preconditions: Preconditions = NONE
    playback: PlayId | None = None
    is_prefetch: bool = False  # Sec-Purpose: prefetch, so nobody is listening yet
    caller: Caller = NOBODY
