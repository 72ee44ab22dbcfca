"""Examples that tests speak about: each is valid as it comes, and a test names only what matters to it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attrs import evolve

from adapters.system import new_id
from domain.clip import AudioFacts, ClipDetails, ClipId
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


def a_play(of: ClipId, under: UUID | None = None, at: datetime = NOON) -> Play:
    return Play(PlayId(under or new_id()), of, at)


def a_wav(seconds: float = 0.25, rate: int = 8_000) -> bytes:
    """A WAV file (RIFF, 8-bit mono PCM) of a ramp, so that no two neighbouring stretches are alike."""
    samples = bytes(index * 7 % 251 for index in range(round(seconds * rate)))
    form = b"fmt " + (16).to_bytes(4, "little") + b"\1\0\1\0" + rate.to_bytes(4, "little") * 2 + b"\1\0\x08\0"
    data = b"data" + len(samples).to_bytes(4, "little") + samples
    return b"RIFF" + (4 + len(form) + len(data)).to_bytes(4, "little") + b"WAVE" + form + data
