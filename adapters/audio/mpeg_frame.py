"""Frame headers of MPEG audio and of AAC in ADTS: where a frame ends, so that the next can be looked for there.

Two bytes of synchronisation prove little (a UTF-16 byte order mark has them too); two frames in a row do.
"""

VERSION_1 = 0b11
RESERVED_VERSION = 0b01
LAYER_I, LAYER_II, LAYER_III = 0b11, 0b10, 0b01

# kbit/s by bitrate index, 1 to 14 (ISO/IEC 11172-3 §2.4.2.3 and ISO/IEC 13818-3 §2.4.2.3)
BITRATES_V1 = {
    LAYER_I: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    LAYER_II: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    LAYER_III: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
LOW_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
BITRATES_V2 = {
    LAYER_I: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    LAYER_II: LOW_RATES,
    LAYER_III: LOW_RATES,
}
SAMPLE_RATES_V1 = (44_100, 48_000, 32_000)
VERSION_DIVISOR = {VERSION_1: 1, 0b10: 2, 0b00: 4}  # MPEG-1, MPEG-2, and "2.5"


def begins_with_mpeg_audio(head: bytes) -> bool:
    """Whether ``head`` begins with two MPEG audio frames of the same kind, layer I, II or III."""
    length = mpeg_frame_length(head)
    return (
        length is not None
        and same_stream(head, length, (0xFF, 0xFE, 0x0C))
        and mpeg_frame_length(head[length:]) is not None
    )


def begins_with_adts(head: bytes) -> bool:
    """Whether ``head`` begins with two ADTS frames of the same kind (ISO/IEC 13818-7 §6.2)."""
    length = adts_frame_length(head)
    return (
        length is not None
        and same_stream(head, length, (0xFF, 0xFE, 0xFC))
        and adts_frame_length(head[length:]) is not None
    )


def mpeg_frame_length(head: bytes) -> int | None:
    """The length in bytes of the frame whose header ``head`` begins with; None if it is not a possible header.

    Free format (bitrate index 0) is not told: its length is not in the header."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 0b11, head[1] >> 1 & 0b11
    bitrate_index, rate_index, padding = head[2] >> 4, head[2] >> 2 & 0b11, head[2] >> 1 & 1
    has_reserved_value = version == RESERVED_VERSION or layer == 0 or rate_index == 0b11 or head[3] & 0b11 == 0b10
    if has_reserved_value or bitrate_index in (0, 15):
        return None
    bits = 1000 * (BITRATES_V1 if version == VERSION_1 else BITRATES_V2)[layer][bitrate_index - 1]
    rate = SAMPLE_RATES_V1[rate_index] // VERSION_DIVISOR[version]
    if layer == LAYER_I:
        return (12 * bits // rate + padding) * 4
    return (72 if layer == LAYER_III and version != VERSION_1 else 144) * bits // rate + padding


def adts_frame_length(head: bytes) -> int | None:
    """The length in bytes of the ADTS frame whose header ``head`` begins with; None if it is not a possible header."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 0xF > 12:
        return None
    length = (head[3] & 0b11) << 11 | head[4] << 3 | head[5] >> 5
    return length if length >= 7 else None


def same_stream(head: bytes, at: int, mask: tuple[int, int, int]) -> bool:
    """Whether the bits that a stream never changes are the same in the header at ``at`` as in the first."""
    return len(head) >= at + 3 and all(head[at + i] & bits == head[i] & bits for i, bits in enumerate(mask))
