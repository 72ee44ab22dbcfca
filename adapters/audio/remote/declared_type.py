"""Which media type to believe of a remote source: what its bytes say, or else what it says itself."""

import re

DECLARED_AUDIO = re.compile(r"audio/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")  # RFC 6838 §4.2
PLAYLISTS = frozenset(("audio/mpegurl", "audio/x-mpegurl", "audio/x-scpls"))  # addresses of audio, not audio
CONTAINERS = frozenset(("application/ogg", "video/mp4", "video/ogg", "video/webm"))  # may hold sound alone
BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")  # bytes that text has none of (WHATWG MIME Sniffing §3)
UNTOLD = frozenset(("", "application/octet-stream", "binary/octet-stream"))


def type_of_unrecognised(head: bytes, content_type: str) -> tuple[bool, str | None]:
    """Whether a clip that begins with ``head``, bytes that nobody recognised, may be audio, and its declared type.

    Text is none, whatever its label says: a page that an upstream gives instead of the clip, or a playlist."""
    declared = essence(content_type)
    may_be = is_audio(declared) or declared == "application/ogg"
    return (True, declared) if may_be and BINARY.search(head) else (False, None)


def type_of_part(content_type: str) -> tuple[bool, str | None]:
    """Whether a part from somewhere within may be audio, and its type where the label tells: the bytes do not."""
    declared = essence(content_type)
    if is_audio(declared):
        return True, declared
    return declared in UNTOLD | CONTAINERS, None


def is_audio(declared: str) -> bool:
    return DECLARED_AUDIO.fullmatch(declared) is not None and declared not in PLAYLISTS


def essence(content_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()
