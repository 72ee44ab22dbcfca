"""What lies before the sound in Ogg: the pages that carry a codec's header packets."""

from attrs import frozen

PAGE_HEADER = 27
BEGINS_STREAM = 0x02
CONTINUED = 255  # a lacing value: the packet goes on in the next segment (RFC 3533 §6)
UNKNOWN = 2**16  # header packets; more than FLAC can tell


@frozen
class Page:
    """What the header of an Ogg page tells (RFC 3533 §6). ``content`` and ``end`` are places in the file."""

    begins_stream: bool
    granule_position: int  # -1 if no packet ends on the page
    serial: bytes
    packets_ended: int
    content: int
    end: int


def ogg_lead_in(head: bytes) -> int:
    """All up to the end of the last page with a header packet, of every stream that begins here; 0 if none is known.

    Sound begins on a page of its own (Vorbis I §A.2, RFC 7845 §3, RFC 9639 §10.1). How long a packet is only its pages
    tell, one after the other: a picture that runs past ``head`` ends there, or with the last page that began in it."""
    packets_left: dict[bytes, int] = {}
    at = 0
    while (page := page_at(head, at)) is not None:
        if page.begins_stream and (packets := header_packets(head[page.content : page.content + 80])):
            packets_left[page.serial] = packets
        if page.serial in packets_left:
            if page.granule_position > 0:
                return at  # it is sound already: header pages are at 0, or -1 within a long packet
            packets_left[page.serial] -= page.packets_ended
            if packets_left[page.serial] <= 0:
                del packets_left[page.serial]
                if not packets_left:
                    return page.end
        at = page.end
    ran_out = b"OggS".startswith(head[at : at + 4])
    return at if packets_left and ran_out else 0


def page_at(head: bytes, at: int) -> Page | None:
    """The page that begins at ``at``; None if none does, or ``head`` does not show where it ends."""
    content = at + PAGE_HEADER + head[at + 26] if at + PAGE_HEADER <= len(head) else len(head) + 1
    if content > len(head) or not head.startswith(b"OggS", at):
        return None
    lacing = head[at + PAGE_HEADER : content]
    return Page(
        begins_stream=bool(head[at + 5] & BEGINS_STREAM),
        granule_position=int.from_bytes(head[at + 6 : at + 14], "little", signed=True),
        serial=head[at + 14 : at + 18],
        packets_ended=len(lacing) - lacing.count(CONTINUED),
        content=content,
        end=content + sum(lacing),
    )


def header_packets(first: bytes) -> int:
    """How many header packets a stream has that begins with the packet ``first``; 0 if its codec is not known.

    Vorbis I §4.2, RFC 7845 §3, RFC 9639 §10.1 (the first packet, and as many as it tells), and the Speex manual's
    "Ogg file format" (header, comment, and as many as it tells)."""
    if first.startswith(b"\x01vorbis"):
        return 3
    if first.startswith(b"OpusHead"):
        return 2
    if first.startswith(b"\x7fFLAC"):
        return 1 + (int.from_bytes(first[7:9], "big") or UNKNOWN)
    if first.startswith(b"Speex   "):
        return 2 + int.from_bytes(first[68:72], "little")
    return 0
