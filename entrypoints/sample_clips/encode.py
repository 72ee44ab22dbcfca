"""Sound written down as MP3 or Ogg Vorbis, with tags; the same sound always gives the same bytes."""

from io import BytesIO

import soundfile

from entrypoints.sample_clips.sound import RATE, Sound
from entrypoints.samples import Sample

ARTIST = "Soundverse Play"
LICENCE = "http://creativecommons.org/publicdomain/zero/1.0/"  # CC0: no rights reserved


def mp3(track: Sound, compression: float, sample: Sample) -> bytes:
    """Variable bit rate from 0 (best) to 1 (smallest); LAME's own header in the first frame tells the exact length."""
    encoded = BytesIO()
    soundfile.write(
        encoded,
        track,
        RATE,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=compression,
        bitrate_mode="VARIABLE",
    )
    return id3(sample) + encoded.getvalue()


def id3(sample: Sample) -> bytes:
    """An ID3v2.3 tag to stand before the first MPEG frame; its size has seven bits to the byte (id3v2.3.0 §3.1)."""
    frames = text_frame("TIT2", sample.title) + text_frame("TPE1", ARTIST) + text_frame("TCON", sample.genre)
    frames += text_frame("COMM", f"eng\0CC0 {LICENCE}")
    size = bytes(len(frames) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + frames


def text_frame(name: str, text: str) -> bytes:
    """An ID3v2.3 frame whose first byte says that ISO 8859-1 follows (id3v2.3.0 §3.3)."""
    body = b"\0" + text.encode("latin-1")
    return name.encode() + len(body).to_bytes(4, "big") + b"\0\0" + body


def vorbis(track: Sound, compression: float, sample: Sample) -> bytes:
    """Variable bit rate from 0 (best) to 1 (smallest), in an Ogg stream whose comments are the tags."""
    encoded = BytesIO()
    with soundfile.SoundFile(
        encoded, "w", RATE, 2, format="OGG", subtype="VORBIS", compression_level=compression
    ) as file:
        file.title, file.artist, file.genre = sample.title, ARTIST, sample.genre
        file.comment, file.license = f"CC0 {LICENCE}", LICENCE
        file.write(track)
    return with_serial(encoded.getvalue(), 1)


def with_serial(ogg: bytes, serial: int) -> bytes:
    """The same Ogg stream under ``serial``, where libsndfile had drawn a random number (RFC 3533 §6)."""
    pages = bytearray()
    start = 0
    while start < len(ogg):
        segments = 27 + ogg[start + 26]
        end = start + segments + sum(ogg[start + 27 : start + segments])
        page = ogg[start : start + 14] + serial.to_bytes(4, "little") + ogg[start + 18 : end]
        pages += sealed(page)
        start = end
    return bytes(pages)


def sealed(page: bytes) -> bytes:
    """An Ogg page with its checksum: a CRC-32 that starts from 0, highest bit first, so not zlib's (RFC 3533 §6)."""
    crc = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        crc ^= byte << 24
        for _ in range(8):
            crc = crc << 1 ^ (0x104C11DB7 if crc & 0x80000000 else 0)
    return page[:22] + crc.to_bytes(4, "little") + page[26:]
