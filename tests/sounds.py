"""Small pieces of audio, put together byte by byte."""

from collections.abc import Mapping
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


def flac(seconds: int, *comments: str, sound: int = 1000) -> bytes:
    """A FLAC file of ``sound`` meaningless bytes whose first block tells the duration, and the comments it bears."""
    rate = 44_100
    told = rate << 44 | 15 << 36 | seconds * rate
    information = pack(">HH", 4096, 4096) + bytes(6) + told.to_bytes(8, "big") + bytes(16)
    tags = vorbis_comments(*comments)
    blocks = b"\x00" + len(information).to_bytes(3, "big") + information + b"\x84" + len(tags).to_bytes(3, "big") + tags
    return b"fLaC" + blocks + b"\xff\xf8" + bytes(at % 251 for at in range(sound))


def vorbis_comments(*comments: str) -> bytes:
    """Comments, ``NAME=value``, behind an empty vendor (Vorbis I §5.2.1)."""
    encoded = [comment.encode() for comment in comments]
    return pack("<II", 0, len(encoded)) + b"".join(pack("<I", len(each)) + each for each in encoded)


def tagged_opus(*comments: str) -> bytes:
    """An Opus file of three seconds that bears these comments, over as many pages as they need."""
    packet, pages, number = b"OpusTags" + vorbis_comments(*comments), [], 1
    identity, *sound = opus(3).split(b"OggS")[1:]
    while packet:
        piece, packet = packet[:65_025], packet[65_025:]
        lacing = b"\xff" * (len(piece) // 255) + (b"" if packet else bytes((len(piece) % 255,)))
        pages.append(b"OggS\x00" + pack("<BqIIIB", 0, 0, 1, number, 0, len(lacing)) + lacing + piece)
        number += 1
    return b"OggS" + identity + b"".join(pages) + b"".join(b"OggS" + page for page in sound[1:])


def with_id3_frames(audio: bytes, **frames: str) -> bytes:
    """``audio`` behind an ID3v2.3 tag of text frames, in UTF-16; COMM is a comment in English."""

    def frame(name: str, text: str) -> bytes:
        before = b"eng" + b"\xff\xfe\0\0" if name == "COMM" else b""
        body = b"\x01" + before + b"\xff\xfe" + text.encode("utf-16-le")
        return name.encode() + pack(">IH", len(body), 0) + body

    tag = b"".join(frame(name, text) for name, text in frames.items())
    size = bytes(len(tag) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + tag + audio


def with_id3v1(audio: bytes, title: str, comment: str, genre: int) -> bytes:
    """``audio`` before an ID3v1 tag, in Latin-1, with the number of a genre."""
    texts = title.encode("latin-1").ljust(30, b"\0") + bytes(64) + comment.encode("latin-1").ljust(30, b"\0")
    return audio + b"TAG" + texts + bytes((genre,))


def tagged_wav(**information: str) -> bytes:
    """Silence, and behind it a LIST of INFO chunks."""
    chunks = b"".join(
        name.encode() + pack("<I", len(text.encode())) + text.encode() + bytes(len(text.encode()) % 2)
        for name, text in information.items()
    )
    audio = wav()
    listed = b"LIST" + pack("<I", 4 + len(chunks)) + b"INFO" + chunks
    return audio[:4] + pack("<I", len(audio) - 8 + len(listed)) + audio[8:] + listed


def tagged_m4a(items: Mapping[str, str], *, index_first: bool, sound: int = 1000) -> bytes:
    """An MP4 audio file with iTunes' tags, by their names without the sign before them."""

    def item(name: str, text: str) -> bytes:
        return box(b"\xa9" + name.encode(), box(b"data", pack(">II", 1, 0), text.encode()))

    tags = box(b"ilst", *(item(name, text) for name, text in items.items()))
    user = box(b"udta", box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"mdirappl", bytes(9)), tags))
    kind = box(b"ftyp", b"M4A ", pack(">I", 512), b"M4A ", b"isom")
    index = box(b"moov", box(b"mvhd", pack(">IIIII", 0, 0, 0, 1000, 9000), bytes(80)), user)
    data = box(b"mdat", bytes(sound))
    return kind + index + data if index_first else kind + data + index
