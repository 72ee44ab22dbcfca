"""Recordings of noise: real WAV files that nothing can compress, cache by content, or guess."""

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


KB_100 = Recording("100-kB.wav", 100_000)
MB_1 = Recording("1-MB.wav", 1_000_000)
MB_5 = Recording("5-MB.wav", 5_000_000)
MB_50 = Recording("50-MB.wav", 50_000_000)
