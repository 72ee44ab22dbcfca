"""Small pieces of audio, put together byte by byte."""

from struct import pack

MPEG_HEADER = bytes((0xFF, 0xFB, 0x90, 0x00))  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz
MPEG_FRAME_BYTES = 417
SAMPLES_PER_FRAME = 1152


def mp3(frames: int = 40) -> bytes:
    """``frames`` frames of 1152 samples at 44.1 kHz and constant bitrate; no two frames are alike."""
    return b"".join(
        MPEG_HEADER + bytes((frame * 7 + at) % 251 for at in range(MPEG_FRAME_BYTES - 4)) for frame in range(frames)
    )


def mp3_of(size: int) -> bytes:
    """An MP3 of exactly ``size`` bytes, the last frame cut where it must be."""
    return mp3(size // MPEG_FRAME_BYTES + 1)[:size]


def mp3_seconds(frames: int) -> float:
    return frames * SAMPLES_PER_FRAME / 44_100


def with_id3(audio: bytes, size: int = 100) -> bytes:
    """``audio`` behind an ID3v2.4 tag whose body is ``size`` bytes of padding."""
    return b"ID3\x04\x00\x00" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(size) + audio


def wav(seconds: float = 1.0, rate: int = 8000) -> bytes:
    """Silence, 8 bits, one channel."""
    data = b"\x80" * int(seconds * rate)
    form = b"fmt " + pack("<IHHIIHH", 16, 1, 1, rate, rate, 1, 8)
    return b"RIFF" + pack("<I", 4 + len(form) + 8 + len(data)) + b"WAVE" + form + b"data" + pack("<I", len(data)) + data


def ogg_page(payload: bytes, *, kind: int = 0, granule: int = 0, serial: int = 1, number: int = 0) -> bytes:
    """One Ogg page (RFC 3533 §6) of one packet; its checksum is left out."""
    lacing = b"\xff" * (len(payload) // 255) + bytes((len(payload) % 255,))
    return b"OggS\x00" + pack("<BqIIIB", kind, granule, serial, number, 0, len(lacing)) + lacing + payload


def opus(seconds: int, bytes_per_second: int = 1000) -> bytes:
    """An Ogg file of one Opus stream with a page for each second, all with meaningless sound in them."""
    identity = b"OpusHead\x01\x02" + pack("<HIHB", 0, 48_000, 0, 0)
    tags = b"OpusTags" + pack("<I", 0) + pack("<I", 0)
    pages = [ogg_page(identity, kind=2), ogg_page(tags, number=1)]
    for second in range(1, seconds + 1):
        kind = 4 if second == seconds else 0
        sound = bytes((second + at) % 256 for at in range(bytes_per_second))
        pages.append(ogg_page(sound, kind=kind, granule=48_000 * second, number=second + 1))
    return b"".join(pages)


def box(kind: bytes, *content: bytes) -> bytes:
    """An MP4 box."""
    body = b"".join(content)
    return pack(">I", len(body) + 8) + kind + body


def m4a(seconds: int, sound: int = 1000, *, index_first: bool) -> bytes:
    """An MP4 audio file of ``sound`` meaningless bytes, its index (which tells the duration) before or after them."""
    kind = box(b"ftyp", b"M4A ", pack(">I", 512), b"M4A ", b"isom")
    index = box(b"moov", box(b"mvhd", pack(">IIIII", 0, 0, 0, 1000, seconds * 1000), bytes(80)))
    data = box(b"mdat", bytes(sound))
    return kind + index + data if index_first else kind + data + index
