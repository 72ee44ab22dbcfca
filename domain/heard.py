"""What was heard of a clip by one listener or one playback, over many deliveries, until it is enough."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from attrs import frozen

from domain.byte_range import ByteRange, joined
from domain.clip import ClipId
from domain.decision import Reason
from domain.delivery import DeliveryEntry, total

THE_CATALOGUE = ClipId(0)  # stands for all clips together where listeners are told apart
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MOST_STRETCHES = 256  # of what was heard in one window: somebody who asks for scraps is not to be remembered by each


class Window(StrEnum):
    """How long deliveries to one listener of one clip are taken together, and make one download at most."""

    CALENDAR_DAY = "calendar-day"  # a day in UTC
    FIRST_TOUCH = "first-touch"  # 24 hours from the first delivery on
    LAST_TOUCH = "last-touch"  # until 24 hours go by without a delivery

    @property
    def goes_past_midnight(self) -> bool:
        return self is not Window.CALENDAR_DAY


class Purpose(StrEnum):
    """What deliveries are taken together for."""

    DOWNLOAD = "download"  # of one listener
    PLAYBACK = "playback"  # all requests that name one playback, to be a completed play; for ever
    PIECES = "pieces"  # of one listener, whose player names no playback, to be a completed play
    CATALOGUE = "catalogue"  # to know the listeners of all clips; nothing is ever enough

    __hash__ = str.__hash__  # Enum's own is written in Python, and unions are looked up by it many times


ON_THE_WAY = frozenset({Reason.COUNTED, Reason.REPEAT, Reason.SEEK})  # to a completed play


@frozen
class Touch:
    """What one delivery adds to what was heard. ``minute`` is when: windows are reckoned in whole minutes.

    ``begins`` says whether it has what must be there before anything is enough: for a completed play, its beginning."""

    clip: ClipId
    whose: bytes  # a ListenerKey, or a playback's id
    purpose: Purpose
    known_as: bytes | None
    minute: datetime
    sent: tuple[ByteRange, ...]
    enough: int | None  # bytes
    begins: bool = True

    @property
    def key(self) -> tuple[ClipId, bytes, Purpose]:
        """What the touches of one union have in common."""
        return (self.clip, self.whose, self.purpose)

    @property
    def hour(self) -> int:
        """The hour of its day in UTC, as a bit."""
        return 1 << self.minute.hour


@frozen
class Heard:
    """What was heard within a window, and in which hours of the day of its key; ``parts`` are sorted and apart."""

    began: datetime
    last: datetime
    parts: tuple[ByteRange, ...] = ()
    is_begun: bool = False
    is_enough: bool = False
    hours: int = 0

    def is_open(self, touch: Touch, window: Window) -> bool:
        """Whether ``touch`` falls into this window; all that names one playback does."""
        if touch.purpose is Purpose.PLAYBACK:
            return True
        match window:
            case Window.CALENDAR_DAY:
                return touch.minute.date() == self.began.date()
            case Window.FIRST_TOUCH:
                return touch.minute < self.began + DAY
            case Window.LAST_TOUCH:
                return touch.minute < self.last + DAY

    def with_(self, touch: Touch, window: Window) -> "Heard":
        """What was heard together with ``touch``, in this window or in the one that it begins.

        Once it is enough, the bytes are of no use any more and are forgotten. More stretches than any player makes
        are not kept, the last ones first."""
        if not self.is_open(touch, window):
            return nothing_heard(touch, self.hours).with_(touch, window)
        parts, is_begun = united(self.parts + touch.sent)[:MOST_STRETCHES], self.is_begun or touch.begins
        is_enough = self.is_enough or (is_begun and touch.enough is not None and total(parts) >= touch.enough)
        return Heard(
            began=self.began,
            last=max(self.last, touch.minute),
            parts=() if is_enough else parts,
            is_begun=is_begun,
            is_enough=is_enough,
            hours=self.hours | touch.hour,
        )


def nothing_heard(touch: Touch, hours: int = 0) -> Heard:
    """A window that ``touch`` begins."""
    return Heard(touch.minute, touch.minute, hours=hours)


def touches(entry: DeliveryEntry) -> Iterator[Touch]:
    """What ``entry`` adds to. A play that was delivered whole at once needs no others, and is no piece.

    Only a counted play begins a completed one, be it without a byte; else its repeats would complete it once more after
    what was heard of its playback is forgotten."""
    minute = minute_of(entry.ended_at)
    sent, begins = united(entry.sent), entry.reason is Reason.COUNTED
    if entry.settled is None:
        whose, known_as = entry.listener, entry.known_as
        yield Touch(entry.clip, whose, Purpose.DOWNLOAD, known_as, minute, sent, entry.download_size)
        yield Touch(THE_CATALOGUE, whose, Purpose.CATALOGUE, known_as, minute, (), None)
        if entry.playback is None and not entry.is_completed_play:
            yield Touch(entry.clip, whose, Purpose.PIECES, known_as, minute, sent, entry.whole_size, begins)
    if entry.playback is not None and (sent or begins) and entry.reason in ON_THE_WAY:
        named = entry.playback.bytes
        yield Touch(entry.clip, named, Purpose.PLAYBACK, None, minute, sent, entry.whole_size, begins)


def minute_of(moment: datetime) -> datetime:
    """The whole minute of ``moment``, in UTC; of moments of one minute mostly one object, which compares at once."""
    return nth_minute((moment - EPOCH) // MINUTE)


@lru_cache(maxsize=16)
def nth_minute(number: int) -> datetime:
    """So many minutes after the epoch."""
    return EPOCH + number * MINUTE


def united(parts: tuple[ByteRange, ...]) -> tuple[ByteRange, ...]:
    """The same bytes in stretches that neither overlap nor touch, in order."""
    if len(parts) < 2:
        return parts
    return tuple(sorted(joined(list(parts)), key=lambda part: part.first))
