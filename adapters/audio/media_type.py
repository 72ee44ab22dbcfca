"""What audio is, told from its first bytes: magic numbers, never a file's name or an upstream's label.

Signatures: WHATWG MIME Sniffing §6.2 (ID3 and MPEG audio, AIFF, WAVE, Ogg, MP4, WebM); RFC 3533 §6 and RFC 5334 §4 (Ogg
pages and their codecs); RFC 9639 §8 (FLAC); ITU-R BS.2088 (RF64, BW64); ISO/IEC 14496-12 §4.3 (brands); RFC 8794
§11.2 (EBML). Types: the IANA registry, and for WAVE, AIFF and WebM the names that browsers know.
"""

from adapters.audio.mpeg_frame import begins_with_adts, begins_with_mpeg_audio

HEAD_BYTES = 8192
"""How many first bytes `media_type_of` needs at most: the longest AAC frame and the header after it."""

ID3_HEADER = 10
WEBM = b"\x42\x82\x84webm"  # the DocType element of the EBML header
CHUNKED = {
    (b"RIFF", b"WAVE"): "audio/wav",
    (b"RF64", b"WAVE"): "audio/wav",
    (b"BW64", b"WAVE"): "audio/wav",
    (b"FORM", b"AIFF"): "audio/aiff",
    (b"FORM", b"AIFC"): "audio/aiff",
}
OGG_PAGE_HEADER = 27
OGG_FIRST_PAGE = 0x02  # the header flag of a page that begins a logical stream
OGG_AUDIO = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
OGG_SKELETON = b"fishead\0"

MP4_AUDIO_BRANDS = frozenset((b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "))
MP4_GENERAL_BRANDS = frozenset((b"isom", b"mp41", b"mp42", b"dash", *(b"iso%d" % i for i in range(2, 10))))
MP4_OTHER_BRANDS = frozenset((b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"M4V ", b"qt  "))


def media_type_of(head: bytes) -> str | None:
    """The media type of audio that begins with ``head``; None if it is not recognised, or not audio.

    Give it `HEAD_BYTES`, or all there is. A file that begins with less than one whole frame is not recognised."""
    rest = without_id3(head)
    return type_by_signature(rest) or ("audio/mpeg" if rest is not head else None)


def without_id3(head: bytes) -> bytes:
    """What follows the ID3v2 tags that ``head`` begins with, or ``head`` itself (ID3v2.4 §3.1).

    Such tags stand before FLAC and AAC too, though they are the mark of MP3."""
    while len(head) >= ID3_HEADER and head[:3] == b"ID3" and 0xFF not in head[3:5] and max(head[6:10]) < 0x80:
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        has_footer = head[5] & 0x10
        head = head[size + ID3_HEADER * (2 if has_footer else 1) :]
    return head


def type_by_signature(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":
        return mp4_type(head)
    match head[:4]:
        case b"fLaC":
            return "audio/flac"
        case b"OggS":
            return ogg_type(head)
        case b"\x1a\x45\xdf\xa3":
            return "audio/webm" if WEBM in head[:64] else None
        case _:
            return CHUNKED.get((head[:4], head[8:12])) or frame_type(head)


def ogg_type(head: bytes) -> str | None:
    """``audio/ogg`` if every stream that begins here is sound: one of video among them makes it a film."""
    at, found = 0, None
    while len(head) >= at + OGG_PAGE_HEADER and head.startswith(b"OggS", at) and head[at + 5] & OGG_FIRST_PAGE:
        packet = at + OGG_PAGE_HEADER + head[at + 26]
        if head.startswith(OGG_AUDIO, packet):
            found = "audio/ogg"
        elif not head.startswith(OGG_SKELETON, packet):
            return None
        at = packet + sum(head[at + OGG_PAGE_HEADER : packet])
    return found


def mp4_type(head: bytes) -> str | None:
    """``audio/mp4`` by the brands of the file. Those of MP4 in general say nothing of pictures, and are believed."""
    end = int.from_bytes(head[:4], "big")
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(end, len(head), 256), 4))]
    if brands[0] in MP4_AUDIO_BRANDS:
        return "audio/mp4"
    if not MP4_OTHER_BRANDS.isdisjoint(brands):
        return None
    return "audio/mp4" if not (MP4_AUDIO_BRANDS | MP4_GENERAL_BRANDS).isdisjoint(brands) else None


def frame_type(head: bytes) -> str | None:
    if begins_with_adts(head):
        return "audio/aac"
    return "audio/mpeg" if begins_with_mpeg_audio(head) else None
