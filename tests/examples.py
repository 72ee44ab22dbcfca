"""Examples that tests speak about: each is valid as it comes, and a test names only what matters to it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attrs import asdict, evolve

from adapters.system import new_id
from domain.byte_range import ByteRange
from domain.clip import AudioFacts, Clip, ClipDetails, ClipId
from domain.decision import Reason
from domain.delivery import DeliveryEntry, DeliveryId, Ending
from domain.listener import Agent, ListenerKey
from domain.location import AudioLocation
from domain.play import Play, PlayId

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def details(**said: Any) -> ClipDetails:
    """What is said of a clip."""
    rain = ClipDetails(
        title="Rain",
        genre="Nature",
        audio_url=AudioLocation("library:rain.ogg"),
        description="On a roof.",
        duration=12.5,
    )
    return evolve(rain, **said)


def some_audio(media_type: str = "audio/ogg", size: int | None = 80_000, duration: float | None = 12.5) -> AudioFacts:
    return AudioFacts(media_type, size, duration)


def a_clip(**said: Any) -> Clip:
    """A clip of 100 bytes and 12.5 seconds."""
    kept = {"id": ClipId(1), "media_type": "audio/ogg", "size": 100, "play_count": 0, "created_at": NOON}
    return Clip(**(asdict(details()) | kept | said))


def a_play(of: ClipId, under: UUID | None = None, at: datetime = NOON) -> Play:
    return Play(PlayId(under or new_id()), of, at)


def an_entry(
    of: ClipId, *sent: tuple[int, int], at: datetime = NOON, listener: str = "ada", **said: Any
) -> DeliveryEntry:
    """A play of a clip of 100 bytes, of which these parts were sent, by first and last byte; all of it if none."""
    whole = DeliveryEntry(
        id=DeliveryId(new_id()),
        clip=of,
        ended_at=at,
        listener=a_key(listener),
        known_as=None,
        playback=None,
        agent=Agent.PLAYER,
        reason=Reason.COUNTED,
        ending=Ending.SENT,
        sent=tuple(ByteRange(first, last) for first, last in sent or [(0, 99)]),
        download_size=100,
        whole_size=99,
    )
    return evolve(whole, **said)


def a_key(listener: str) -> ListenerKey:
    """A listener's key of some day, in 16 bytes as all are."""
    return ListenerKey(listener.encode().ljust(16, b"."))


def a_wav(seconds: float = 0.25, rate: int = 8_000) -> bytes:
    """A WAV file (RIFF, 8-bit mono PCM) of a ramp, so that no two neighbouring stretches are alike."""
    samples = bytes(index * 7 % 251 for index in range(round(seconds * rate)))
    form = b"fmt " + (16).to_bytes(4, "little") + b"\1\0\1\0" + rate.to_bytes(4, "little") * 2 + b"\1\0\x08\0"
    data = b"data" + len(samples).to_bytes(4, "little") + samples
    return b"RIFF" + (4 + len(form) + len(data)).to_bytes(4, "little") + b"WAVE" + form + data
