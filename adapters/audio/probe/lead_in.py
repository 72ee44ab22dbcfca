"""The lead-in: what lies before the sound. Tags, pictures, indexes and codec set-up, which nobody hears."""

from adapters.audio.mpeg_frame import begins_with_adts, begins_with_mpeg_audio
from adapters.audio.probe.chunked_lead_in import aiff_lead_in, mp4_lead_in, wave_lead_in
from adapters.audio.probe.ogg_lead_in import ogg_lead_in
from adapters.audio.probe.webm_lead_in import webm_lead_in

LONGEST = 2**30  # bytes; the longest ID3v2 tag is a quarter of it, and sizes in files may be any 64 bits

ID3_HEADER = 10
ID3_HAS_FOOTER = 0x10
FLAC_BLOCK_HEADER = 4
FLAC_LAST_BLOCK = 0x80
FLAC_FORBIDDEN_BLOCK = 127
MP4_FIRST_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"))
CHUNKED = {
    (b"RIFF", b"WAVE"): wave_lead_in,
    (b"RF64", b"WAVE"): wave_lead_in,
    (b"BW64", b"WAVE"): wave_lead_in,
    (b"FORM", b"AIFF"): aiff_lead_in,
    (b"FORM", b"AIFC"): aiff_lead_in,
}


def header_size(head: bytes) -> int:
    """How many bytes of a clip that begins with ``head`` come before its first byte of sound; 0 if that is not told.

    A tag may be longer than ``head``, and then so is the answer: as far as the sizes in ``head`` reach. It may exceed
    the clip where those sizes are wrong. Looks at each place once, so the work is bounded by the length of ``head``.
    The frame in which an encoder tells the length of an MP3 is played, as silence, and so is none of these bytes."""
    tags = id3_size(head)
    size = tags + size_by_signature(head[tags:])
    return size if size <= LONGEST else 0


def id3_size(head: bytes) -> int:
    """The bytes of all ID3v2 tags at the beginning, each with header, padding and footer (ID3v2.4 §3.1, §3.3, §3.4)."""
    at = 0
    while at + ID3_HEADER <= len(head) and head.startswith(b"ID3", at):
        version, flags, size = head[at + 3 : at + 5], head[at + 5], head[at + 6 : at + 10]
        if 0xFF in version or max(size) >= 0x80:
            break
        footer = ID3_HEADER if flags & ID3_HAS_FOOTER else 0
        at += ID3_HEADER + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]) + footer
    return at


def size_by_signature(head: bytes) -> int:
    if head[4:8] in MP4_FIRST_BOXES:
        return mp4_lead_in(head)
    match head[:4]:
        case b"fLaC":
            return flac_lead_in(head)
        case b"OggS":
            return ogg_lead_in(head)
        case b"\x1a\x45\xdf\xa3":
            return webm_lead_in(head)
        case _:
            return CHUNKED.get((head[:4], head[8:12]), zeros_before_frames)(head)


def flac_lead_in(head: bytes) -> int:
    """The marker and every metadata block, to the end of the one that says it is the last (RFC 9639 §6, §8.1)."""
    at, was_last = len(b"fLaC"), False
    while not was_last and at + FLAC_BLOCK_HEADER <= len(head):
        if head[at] & ~FLAC_LAST_BLOCK == FLAC_FORBIDDEN_BLOCK:
            return 0
        was_last = bool(head[at] & FLAC_LAST_BLOCK)
        at += FLAC_BLOCK_HEADER + int.from_bytes(head[at + 1 : at + FLAC_BLOCK_HEADER], "big")
    return at


def zeros_before_frames(head: bytes) -> int:
    """Zeros between a tag and the first frame of MPEG audio or ADTS: padding that the tag's size left out."""
    frames = head.lstrip(b"\0")
    return len(head) - len(frames) if begins_with_mpeg_audio(frames) or begins_with_adts(frames) else 0
