"""What was delivered by the time a request was over, and what it takes to be enough."""

from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import NewType
from uuid import UUID

from attrs import frozen

from domain.byte_range import ByteRange
from domain.clip import Clip, ClipId
from domain.decision import Enough, Reason, download_reason
from domain.listener import Agent, Caller, Listener, ListenerKey
from domain.play import PlayId

DeliveryId = NewType("DeliveryId", UUID)

SECONDS_OF_A_DOWNLOAD = 60
WHOLE = 0.99  # of a clip's bytes: players leave out tags at the end


class Ending(StrEnum):
    """How the answer to a request ended."""

    SENT = "sent"  # all of it was handed to the transport
    LEFT = "left"  # the listener closed the connection
    SOURCE_FAILED = "source_failed"  # the audio broke off
    STOPPED = "stopped"  # the service was told to end
    HANDED_OFF = "handed_off"  # to the server in front, which does not say what became of it
    NO_AUDIO = "no_audio"  # there was none to send


@frozen
class Delivery:
    """A request that is over. ``sent`` is what the transport took of the clip, ``size`` all there is, where known."""

    id: DeliveryId
    ended_at: datetime
    clip: Clip
    caller: Caller
    playback: PlayId | None  # the player's own name for the listening
    reason: Reason  # of its being a play or not
    ending: Ending
    sent: tuple[ByteRange, ...] = ()
    size: int | None = None


@frozen
class DeliveryEntry:
    """A delivery as the ledger takes it: with the listener's key for its address, and decided as far as it can be."""

    id: DeliveryId
    clip: ClipId
    ended_at: datetime
    listener: ListenerKey
    known_as: ListenerKey | None  # the same listener's key of the day before, where windows go past midnight
    playback: PlayId | None
    agent: Agent
    reason: Reason
    ending: Ending
    sent: tuple[ByteRange, ...]
    download_size: int | None  # bytes that make a download; None: it cannot be one
    whole_size: int | None  # bytes that make a completed play

    @property
    def settled(self) -> Reason | None:
        """Why it is no download, whatever was heard before; None where that decides."""
        reason = download_reason(self.reason, self.agent, Enough.NOT_YET)
        return None if self.sent and reason is Reason.TOO_FEW_BYTES else reason

    @property
    def is_completed_play(self) -> bool:
        """Whether it is a play that was delivered whole at once, by a player that names no playback."""
        if self.playback is not None or self.whole_size is None or self.reason is not Reason.COUNTED:
            return False
        return total(self.sent) >= self.whole_size


def entered(delivery: Delivery, listener: Listener) -> DeliveryEntry:
    """``delivery`` for the ledger; ``listener`` is the caller, by the key of the UTC day on which it ended."""
    return DeliveryEntry(
        id=delivery.id,
        clip=delivery.clip.id,
        ended_at=delivery.ended_at,
        listener=listener.key,
        known_as=listener.known_as,
        playback=delivery.playback,
        agent=listener.agent,
        reason=delivery.reason,
        ending=delivery.ending,
        sent=delivery.sent,
        download_size=download_size(delivery.clip, delivery.size),
        whole_size=None if delivery.size is None else ceil(delivery.size * WHOLE),
    )


def download_size(clip: Clip, size: int | None) -> int | None:
    """Bytes that make a download: header and 60 seconds of sound; all of them, if the clip is shorter.

    Seconds are bytes at the clip's mean rate, since what a player plays is not known here."""
    if size is None or clip.duration <= SECONDS_OF_A_DOWNLOAD:
        return size
    header = min(clip.header_size, size)
    return header + ceil((size - header) * SECONDS_OF_A_DOWNLOAD / clip.duration)


def first_bytes(parts: tuple[ByteRange, ...], count: int) -> tuple[ByteRange, ...]:
    """The first ``count`` bytes of ``parts``, in their order."""
    found = []
    for part in parts:
        if count <= 0:
            break
        found.append(part if len(part) <= count else ByteRange(part.first, part.first + count - 1))
        count -= len(part)
    return tuple(found)


def total(parts: tuple[ByteRange, ...]) -> int:
    """Bytes in ``parts``, which do not overlap."""
    return sum([part.last - part.first + 1 for part in parts])
