"""Which addresses an upstream may have, as they were written and where a redirect leads."""

import re
from functools import lru_cache
from urllib.parse import urljoin

from yarl import URL

from domain.errors import AudioUnavailable, SourceFailure

VISIBLE_ASCII = re.compile(r"[!-~]+")


def joined(location: str, base: str, target: str) -> str:
    """Where a redirect leads to (RFC 9110 §10.2.2)."""
    try:
        return urljoin(base, target)
    except ValueError as error:
        raise AudioUnavailable(location, SourceFailure.FORBIDDEN) from error


def allowed_url(location: str, address: str) -> URL:
    """``address`` as it was written, since signatures depend on that. Raises AudioUnavailable: not for us to fetch."""
    try:
        return url_of(address)
    except ValueError as error:  # also of parts that are looked at only when they are asked for
        raise AudioUnavailable(location, SourceFailure.FORBIDDEN) from error


@lru_cache(1_024)  # those that are played are asked for again and again
def url_of(address: str) -> URL:
    """Raises ValueError: not a URL, or none of a web server that anybody may ask."""
    url = URL(address, encoded=VISIBLE_ASCII.fullmatch(address) is not None)
    (url.raw_host or "").encode("idna")  # the resolver does the same, and its UnicodeError is nobody's to catch
    if url.scheme not in ("http", "https") or not url.raw_host or not url.port or "@" in url.raw_authority:
        raise ValueError("not a web address without a password")
    return url
