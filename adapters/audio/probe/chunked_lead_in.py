"""What lies before the sound where a file is a row of chunks: WAVE, AIFF and MP4.

Where ``head`` ends before the sound, the answer is where the first chunk begins that it does not show."""

CHUNK_HEADER = 8
FORM_HEADER = 12  # of RIFF and FORM: kind, size, and what the chunks are together
SOUND_DATA_HEADER = 8  # of AIFF's SSND: offset and block size, four bytes each
BOX_HEADER, LARGE_BOX_HEADER = 8, 16
SIZE_FOLLOWS, TO_THE_END = 1, 0


def wave_lead_in(head: bytes) -> int:
    """All up to the first byte in the ``data`` chunk (Multimedia Programming Interface 1.0, chapter 2 and 3).

    RF64 and BW64 have the chunk ``ds64`` before it, as any other; the size of ``data``, which is untrue there, is not
    needed (ITU-R BS.2088, EBU Tech 3306)."""
    at = FORM_HEADER
    while at + CHUNK_HEADER <= len(head):
        if head.startswith(b"data", at):
            return at + CHUNK_HEADER
        at += chunk_size(int.from_bytes(head[at + 4 : at + 8], "little"))
    return at


def aiff_lead_in(head: bytes) -> int:
    """All up to the first sample in the ``SSND`` chunk, which stands ``offset`` bytes behind its header.

    Audio Interchange File Format 1.3, "Local Chunks" and "Sound Data Chunk"; AIFF-C has the same."""
    at = FORM_HEADER
    while at + CHUNK_HEADER + SOUND_DATA_HEADER <= len(head):
        if head.startswith(b"SSND", at):
            offset = int.from_bytes(head[at + 8 : at + 12], "big")
            return at + CHUNK_HEADER + SOUND_DATA_HEADER + offset
        at += chunk_size(int.from_bytes(head[at + 4 : at + 8], "big"))
    return at


def chunk_size(content: int) -> int:
    """The bytes of a chunk of so much content: chunks begin at even places."""
    return CHUNK_HEADER + content + content % 2


def mp4_lead_in(head: bytes) -> int:
    """All up to the first byte in the first ``mdat`` box; 0 if a box before it has no possible size, or has no end.

    A size of 1 is written behind the kind in eight bytes, and 0 is "to the end of the file" (ISO/IEC 14496-12 §4.2);
    ``mdat`` holds the sound, also of fragments (§8.1.1). An index behind the sound is not before it."""
    at = 0
    while at + LARGE_BOX_HEADER <= len(head):
        size, header = int.from_bytes(head[at : at + 4], "big"), BOX_HEADER
        if size == SIZE_FOLLOWS:
            size, header = int.from_bytes(head[at + 8 : at + 16], "big"), LARGE_BOX_HEADER
        if head.startswith(b"mdat", at + 4):
            return at + header
        if size < header:  # also to the end
            return 0
        at += size
    return at
