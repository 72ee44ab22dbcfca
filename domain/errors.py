"""Every way the core says no. Facts only: what a listener reads of them is `entrypoints/web/faces.py`."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from domain.validators import Validators


class SourceFailure(StrEnum):
    """Why audio could not be had from its source; each is also a metric's label."""

    ABSENT = "absent"  # there is no such file, or upstream says 404 or 410
    REFUSED = "refused"  # upstream answered, and the answer was an error
    UNREACHABLE = "unreachable"  # no address, no connection, or it broke before the first byte
    FORBIDDEN = "forbidden"  # an address, port or path that we do not go to
    NOT_AUDIO = "not_audio"  # something answered, and it was not audio
    INCONSISTENT = "inconsistent"  # an answer that contradicts itself, the request, or what is known of the clip
    TOO_SLOW = "too_slow"  # connecting, or the first byte, took longer than we wait
    INTERRUPTED = "interrupted"  # it broke off after the first byte
    STALLED = "stalled"  # it fell silent after the first byte
    CHANGED = "changed"  # it is another version than the one that was begun


class PeriodFault(StrEnum):
    """Why no series can be told of a period."""

    EMPTY = "empty"  # it ends where it begins, or earlier
    TOO_LONG = "too_long"  # it has more buckets than a series
    FORGOTTEN = "forgotten"  # by the hour, of longer ago than hours are kept


class PeaksFault(StrEnum):
    """Why no peaks can be drawn of audio, as far as it is the audio's own fault."""

    FORMAT = "format"  # it is of a kind that no decoder here reads
    UNDECODABLE = "undecodable"  # it is not whole, or not what it says it is, or holds no sample
    TOO_LONG = "too_long"  # it has more bytes or seconds than are decoded, or decoding takes too long
    DECODER_BROKE = "decoder_broke"  # a decoder crashed on it, or took more memory than it may


@frozen
class PlayError(Exception):
    """The root of what the core refuses."""


@frozen
class ClipNotFound(PlayError):
    """The catalogue has no such clip, or no longer; ``clip`` is what was asked for, which may be no id at all."""

    clip: int | str


class ClipChanged(Exception):
    """The clip is of another version than was meant. Who meant it looks again, and nobody else learns of this."""


@frozen
class PlayNotFound(PlayError):
    """No play of that name was counted for the clip, or it is too old; ``play`` is the name, or what cannot be one."""

    play: UUID | str


@frozen
class RangeNotSatisfiable(PlayError):
    """No requested byte exists in a clip of ``size`` bytes (RFC 9110 §15.5.17)."""

    size: int


@frozen
class NotModified(PlayError):
    """The listener has the ``current`` version already (RFC 9110 §15.4.5)."""

    current: Validators


@frozen
class PreconditionFailed(PlayError):
    """The listener asked for another version than there is (RFC 9110 §15.5.13)."""


@frozen
class AudioUnavailable(PlayError):
    """The clip's source could not give its audio."""

    location: str
    failure: SourceFailure


@frozen
class AudioRefused(PlayError):
    """A clip was offered whose audio cannot be opened or is not audio, so it is not kept."""

    location: str
    failure: SourceFailure


@frozen
class DurationUnknown(PlayError):
    """A clip was offered without a duration, and its audio does not tell one."""

    location: str


@frozen
class UploadRefused(PlayError):
    """What was sent is no audio of a kind that is kept; ``media_type`` is what it is, None if it is not recognised."""

    media_type: str | None


@frozen
class DetailsUnknown(PlayError):
    """Audio was sent without details that its tags do not tell either; ``fields`` are their names."""

    fields: tuple[str, ...]


@frozen
class StorageFull(PlayError):
    """There is no room for what was sent; nothing of it was kept."""


@frozen
class StoreUnavailable(PlayError):
    """The catalogue, the ledger or the audio store could not be asked; nothing is known to have been written."""

    reason: str


@frozen
class PeriodRefused(PlayError):
    """A series was asked for that there cannot be; ``keep`` is how long sums by the hour are kept."""

    fault: PeriodFault
    keep: timedelta


@frozen
class PeaksUnavailable(PlayError):
    """Of this audio, no peaks can be drawn."""

    why: PeaksFault


@frozen
class DecoderUnavailable(PlayError):
    """Peaks cannot be drawn at the moment, though the audio may be good: too much is asked for, or it took too long."""
