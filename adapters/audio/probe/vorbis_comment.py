"""The tags of Ogg: Vorbis comments, which Opus, Speex and FLAC have too when they are in Ogg.

Read here and not by tinytag, which compares each with all before it: a small file of many takes it minutes."""

from collections.abc import Iterator
from itertools import islice

from adapters.audio.probe.ogg_lead_in import page_at
from domain.clip import AudioTags

BEFORE_COMMENTS = {b"\x01vorbis": 7, b"OpusHead": 8, b"Speex   ": 0, b"\x7fFLAC": 4}  # bytes, by how a stream begins
MOST_COMMENTS = 1_000
LONGEST = 64 * 1024  # bytes of a comment that is read; a picture is one too


def told_by_comments(head: bytes) -> AudioTags:
    """The title, genre and description of an Ogg file that begins with ``head``, each where it first stands."""
    found: dict[str, str] = {}
    for comment in islice(comments(comment_packet(head)), MOST_COMMENTS):
        name, _, value = comment.partition("=")
        found.setdefault(name.lower(), value)
    described = found.get("description") or found.get("comment")
    return AudioTags.cleaned(found.get("title"), found.get("genre"), described)


def comment_packet(head: bytes) -> bytes:
    """The bytes from the first comment's header on, and what follows it in its stream.

    It begins the second page: the first has one packet alone (Vorbis I §A.2, RFC 7845 §3, RFC 9639 §10.1)."""
    first = page_at(head, 0)
    if first is None:
        return b""
    begins = (size for magic, size in BEFORE_COMMENTS.items() if head.startswith(magic, first.content))
    skipped, pieces, at = next(begins, None), [], first.end
    while skipped is not None and (page := page_at(head, at)) is not None:
        if page.serial == first.serial:
            pieces.append(head[page.content : page.end])
        at = page.end
    return b"".join(pieces)[skipped:]


def comments(packet: bytes) -> Iterator[str]:
    """Each comment, ``NAME=value``, as far as the packet goes (Vorbis I §5.2.1)."""
    at = 4 + length_at(packet, 0)  # behind the vendor's name
    count, at = length_at(packet, at), at + 4
    while count > 0 and at + 4 <= len(packet):
        begin = at + 4
        at = begin + length_at(packet, at)
        count -= 1
        if begin < at <= min(len(packet), begin + LONGEST):
            yield packet[begin:at].decode("utf-8", "replace")


def length_at(packet: bytes, at: int) -> int:
    return int.from_bytes(packet[at : at + 4], "little")
