"""What a player says of a play that it named: how much was heard of it, and whether it is over (ADR 8)."""

from datetime import datetime
from math import isfinite

from attrs import evolve, field, frozen

from domain.clip import ClipId
from domain.play import PlayId

# Last.fm's rule for scrobbling: half of a track or four minutes, whichever comes first.
SHARE_OF_A_LISTEN = 0.5
SECONDS_OF_A_LISTEN = 240.0
SHARE_OF_A_SKIP = 0.25


def seconds_heard(_instance: object, _field: object, value: float) -> None:
    """An attrs validator: a length of time that somebody can have listened, which may be none."""
    if not (isfinite(value) and value >= 0):
        raise ValueError("must be a number of seconds, 0 or more")


def plain(seconds: float) -> float:
    """The same number, without the sign that nothing can have."""
    return seconds + 0.0


@frozen
class ListenReport:
    """What a player says: the seconds of the clip that sounded, not those it jumped over, and whether it is over."""

    played_seconds: float = field(validator=seconds_heard, converter=plain)
    finished: bool = False


@frozen
class Listen:
    """What is held of a play by all that its player has said. ``began_at`` is when the play was counted.

    Both verdicts are for good, whatever becomes of the clip's duration. Of a clip of more than 16 minutes a play can be
    both: four minutes are a listen, and less than a quarter."""

    clip: ClipId
    id: PlayId
    began_at: datetime
    played_seconds: float = 0.0
    is_finished: bool = False
    is_listen: bool = False
    is_skip: bool = False


@frozen
class Confirmation:
    """A listen as it stands after a report, and whether that was the first one."""

    listen: Listen
    is_first: bool


def reported(so_far: Listen, report: ListenReport, duration: float, at: datetime) -> Listen:
    """``so_far`` and what ``report`` adds at ``at``, of a clip of ``duration`` seconds. Once it is over, nothing.

    No more than the clip lasts can have been heard, nor more than the time since the play began; and never less than
    was said before, since reports overtake each other."""
    if so_far.is_finished:
        return so_far
    elapsed = (at - so_far.began_at).total_seconds()
    played = max(so_far.played_seconds, min(report.played_seconds, elapsed, duration))
    return evolve(
        so_far,
        played_seconds=played,
        is_finished=report.finished,
        is_listen=so_far.is_listen or played >= min(duration * SHARE_OF_A_LISTEN, SECONDS_OF_A_LISTEN),
        is_skip=report.finished and played < duration * SHARE_OF_A_SKIP,
    )
