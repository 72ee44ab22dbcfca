"""What is counted and why something is not: from the facts of a request to a decision with its reason (ADR 1, 8)."""

from collections.abc import Sequence
from enum import Enum, StrEnum

from attrs import frozen

from domain.byte_range import ByteRange
from domain.listener import Agent
from domain.play import LONGEST_PROBE, Listening


class Reason(StrEnum):
    """Why a request is counted or not; each is also a metric's label, and a word of the API."""

    COUNTED = "counted"
    HEAD = "head"  # only the head was asked for
    NOT_MODIFIED = "not_modified"  # the listener has the audio already: 304
    REFUSED = "refused"  # a precondition failed, or no byte that was asked for exists: 412, 416
    SOURCE_FAILED = "source_failed"  # the audio could not be had: 502, 504
    PREFETCH = "prefetch"  # nobody listens yet
    PROBE = "probe"  # at most two bytes were asked for
    SEEK = "seek"  # it began after the clip's first byte
    REPEAT = "repeat"  # the same playback was counted before
    NO_USER_AGENT = "no_user_agent"
    BOT = "bot"
    TOO_FEW_BYTES = "too_few_bytes"  # of the clip, up to now, in this window
    DUPLICATE = "duplicate"  # the listener's download was counted in this window

    __hash__ = str.__hash__  # Enum's own is written in Python, and each stream looks up several


class Answer(Enum):
    """What a request to stream got."""

    AUDIO = 200
    NOT_MODIFIED = 304
    REFUSED = 412
    SOURCE_FAILED = 502


INSTEAD_OF_AUDIO = {
    Answer.NOT_MODIFIED: Reason.NOT_MODIFIED,
    Answer.REFUSED: Reason.REFUSED,
    Answer.SOURCE_FAILED: Reason.SOURCE_FAILED,
}


@frozen
class Facts:
    """A request and its answer. ``sent`` are the parts of the clip that it is answered with; none: all of it."""

    asked: Listening
    answer: Answer = Answer.AUDIO
    sent: Sequence[ByteRange] = ()
    is_head: bool = False
    is_repeat: bool = False


def play_reason(facts: Facts) -> Reason:
    """Why a request is a play or not.

    The answer decides, not the request, since a source may ignore the range: it must begin with the clip's first byte.
    A part that was asked for with at most two bytes is a probe."""
    if facts.is_head:
        return Reason.HEAD
    if facts.answer is not Answer.AUDIO:
        return INSTEAD_OF_AUDIO[facts.answer]
    if facts.asked.is_prefetch:
        return Reason.PREFETCH
    if facts.sent and facts.sent[0].first > 0:
        return Reason.SEEK
    if facts.sent and facts.asked.requested is not None and facts.asked.requested.asks_for_at_most(LONGEST_PROBE):
        return Reason.PROBE
    return Reason.REPEAT if facts.is_repeat else Reason.COUNTED


class Enough(Enum):
    """Whether a listener got enough of a clip, by all deliveries of a window up to one of them."""

    NOT_YET = 0
    NOW = 1
    BEFORE = 2


BY_AGENT = {Agent.NONE: Reason.NO_USER_AGENT, Agent.BOT: Reason.BOT}
BY_BYTES = {Enough.NOT_YET: Reason.TOO_FEW_BYTES, Enough.NOW: Reason.COUNTED, Enough.BEFORE: Reason.DUPLICATE}
NEVER_A_DOWNLOAD = frozenset({Reason.HEAD, Reason.PREFETCH, Reason.PROBE, *INSTEAD_OF_AUDIO.values()})


def download_reason(play: Reason, agent: Agent, enough: Enough) -> Reason:
    """Why a request is a download or not (IAB Tech Lab, Podcast Measurement Technical Guidelines 2.3)."""
    if play in NEVER_A_DOWNLOAD:
        return play
    return BY_AGENT.get(agent) or BY_BYTES[enough]
