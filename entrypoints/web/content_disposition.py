"""Content-Disposition: the name that a clip is saved under (RFC 6266, RFC 8187)."""

import re
from functools import lru_cache
from unicodedata import category, combining, normalize
from urllib.parse import quote

# A player plays, and "save as" proposes the name: hence inline.
ATTR_CHARS = "!#$&+-.^_`|~"  # RFC 8187 §3.2.1; letters and digits are never quoted
SEPARATORS = re.compile(r'[/\\:*?"<>|%]')  # of paths and drives, and what a file system or a browser reads otherwise
LONGEST_NAME = 200  # bytes of UTF-8: with an extension and "(1)" still less than the 255 that file systems take
EXTENSIONS = {
    "audio/aac": ".aac",
    "audio/aiff": ".aiff",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/webm": ".webm",
}


@lru_cache(1_024)
def content_disposition(title: str, media_type: str) -> str:
    """A field value in ASCII: the title in Latin letters where it has any, and as it is where it is more than that."""
    extension = EXTENSIONS.get(media_type, "")
    name = file_name(title)
    plain = file_name(re.sub("[^ -~]+", "_", latin(name)))
    value = f'inline; filename="{plain}{extension}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name + extension, safe=ATTR_CHARS)}"


def file_name(title: str) -> str:
    """A name that is neither a path nor a hidden file, on any system."""
    visible = "".join(letter if category(letter)[0] != "C" else " " for letter in normalize("NFC", title))
    name = " ".join(SEPARATORS.sub("_", visible).split())
    return name.encode()[:LONGEST_NAME].decode(errors="ignore").strip(". ") or "clip"


def latin(text: str) -> str:
    """``text`` without the marks on its letters."""
    return "".join(letter for letter in normalize("NFKD", text) if not combining(letter))
