"""Where a clip's audio lies: ``library:NAME`` in the media folder, or an ``http(s)://`` address."""

import re
from typing import NewType
from urllib.parse import urlsplit

AudioLocation = NewType("AudioLocation", str)

LIBRARY = "library:"
UPLOADS = "library:uploads/"
UPLOAD_ENDINGS = {  # of the kinds of audio that are kept, by their media type
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
}
UPLOAD = re.compile(f"{UPLOADS}([0-9a-f]{{64}})[.](?:{'|'.join(UPLOAD_ENDINGS.values())})")  # the SHA-256 of the bytes
LONGEST = 2_000
LEADING_ELSEWHERE = frozenset(("", ".", ".."))


def audio_location(_instance: object, _field: object, value: AudioLocation) -> None:
    """An attrs validator: whether ``value`` has the form of an audio location; it says nothing of what lies there."""
    if not 1 <= len(value) <= LONGEST:
        raise ValueError(f"must have 1 to {LONGEST} characters, not {len(value)}")
    if not value.isprintable() or " " in value:
        raise ValueError("must not contain spaces, control or unprintable characters; percent-encode them")
    if value.startswith(LIBRARY):
        refuse_bad_name(value.removeprefix(LIBRARY))
    elif value.lower().startswith(("http://", "https://")):
        refuse_bad_address(value)
    else:
        raise ValueError("must begin with http://, https:// or library:")


def refuse_bad_name(name: str) -> None:
    """Raise ValueError unless ``name`` is a relative path of plain names, so that it can only lead downwards."""
    parts = name.split("/")
    if not LEADING_ELSEWHERE.isdisjoint(parts) or "\\" in name:
        raise ValueError("must name a file inside the media folder")
    if len(name) > 63 and any(len(part.encode()) > 255 for part in parts):  # a character is at most 4 bytes
        raise ValueError("must not have a name of more than 255 bytes")


def refuse_bad_address(url: str) -> None:
    """Raise ValueError unless ``url`` names a host, a possible port, and nobody's password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("must be a well-formed URL") from error
    if not host:
        raise ValueError("must name a host")
    if port == 0:
        raise ValueError("must not use port 0")
    if "@" in parts.netloc:
        raise ValueError("must not carry a user name or password")


def content_hash(location: str) -> str | None:
    """The SHA-256 of the audio at ``location``, as 64 hexadecimal digits; None for what was not uploaded."""
    upload = UPLOAD.fullmatch(location)
    return upload[1] if upload else None


def upload_locations(content_hash: str) -> list[AudioLocation]:
    """Where uploaded audio of this SHA-256 may lie: its kind is part of its name."""
    return [AudioLocation(f"{UPLOADS}{content_hash}.{ending}") for ending in UPLOAD_ENDINGS.values()]
