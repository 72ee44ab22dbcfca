"""Recordings of noise: real WAV files that nothing can compress, cache by content, or guess."""

from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from random import Random
from struct import pack

from attrs import field, frozen
from attrs.validators import ge

HEAD = 44  # bytes before the sound
RATE = 8_000  # bytes a second: 8 bits, one channel


@frozen
class Recording:
    """A file of ``size`` bytes called ``name``, at most once in a folder."""

    name: str
    size: int = field(validator=ge(HEAD + 1))

    def content(self) -> bytes:
        sound = Random(self.size).randbytes(self.size - HEAD)
        form = b"fmt " + pack("<IHHIIHH", 16, 1, 1, RATE, RATE, 1, 8)
        return b"RIFF" + pack("<I", self.size - 8) + b"WAVE" + form + b"data" + pack("<I", len(sound)) + sound

    def write_to(self, folder: Path) -> None:
        (folder / self.name).write_bytes(self.content())


@frozen
class Request:
    """What listeners ask for: a recording, or the first ``first_bytes`` of it."""

    recording: Recording
    first_bytes: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.first_bytes is None else {"Range": f"bytes=0-{self.first_bytes - 1}"}

    @property
    def status(self) -> HTTPStatus:
        return HTTPStatus.OK if self.first_bytes is None else HTTPStatus.PARTIAL_CONTENT

    def digest(self) -> bytes:
        """SHA-256 of the right answer."""
        return sha256(self.recording.content()[: self.first_bytes]).digest()


KB_100 = Recording("100-kB.wav", 100_000)
MB_1 = Recording("1-MB.wav", 1_000_000)
MB_5 = Recording("5-MB.wav", 5_000_000)
MB_50 = Recording("50-MB.wav", 50_000_000)
