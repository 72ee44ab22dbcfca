"""What lies before the sound in WebM: the tracks, tags and indexes before the first cluster."""

from attrs import frozen

SEGMENT, CLUSTER = b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
LONGEST_ID, LONGEST_SIZE = 4, 8


@frozen
class Element:
    """The head of an EBML element (RFC 8794 §4 to §6). ``content`` is where its content begins.

    ``size`` is the content's, None if that is not known before it ends."""

    id: bytes
    content: int
    size: int | None


def webm_lead_in(head: bytes) -> int:
    """All up to the first byte in the first ``Cluster`` (RFC 9559 §5.1, §5.1.3); 0 if what is before it makes no sense.

    Where ``head`` ends before that, the answer is where the first element begins that it does not show."""
    at = 0
    while (element := element_at(head, at)) is not None:
        if element.id == CLUSTER:
            return element.content
        if element.id == SEGMENT:
            at = element.content
        elif element.size is None:
            return 0
        else:
            at = element.content + element.size
    return at if at + LONGEST_ID + LONGEST_SIZE > len(head) else 0


def element_at(head: bytes, at: int) -> Element | None:
    """The element that begins at ``at``; None if none can, or ``head`` does not show all of its id and size."""
    size_at = at + integer_length(head, at)
    content = size_at + integer_length(head, size_at)
    if not at < size_at <= at + LONGEST_ID or not size_at < content <= len(head):
        return None
    bits = 7 * (content - size_at)
    size = int.from_bytes(head[size_at:content], "big") & (2**bits - 1)
    return Element(head[at:size_at], content, None if size == 2**bits - 1 else size)


def integer_length(head: bytes, at: int) -> int:
    """How many bytes a variable-size integer has: one more than the zeros it begins with; 0 for eight (RFC 8794 §4)."""
    return LONGEST_SIZE + 1 - head[at].bit_length() if at < len(head) and head[at] else 0
