"""Who may do what: keys with names, compared in constant time."""

import re
from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest

import structlog
from attrs import field, frozen
from starlette.requests import Request

from entrypoints.web.refusals import KeyMissing, KeyUnknown

BLANK = " \t"  # not all that Unicode calls blank: 0xA0 is the end of many a letter in UTF-8
NAMED_DIGEST = re.compile("([A-Za-z0-9._-]{1,64}):([0-9A-Fa-f]{64})")


@frozen
class NamedKey:
    """A key by its SHA-256 digest, and the name that is written down when it is used."""

    name: str
    digest: bytes = field(repr=False)


def named_key(text: str, name: str) -> NamedKey:
    """The key that ``text`` is; or whose name and digest it is, as ``NAME:HEX``."""
    told = NAMED_DIGEST.fullmatch(text)
    if told:
        return NamedKey(told[1], bytes.fromhex(told[2]))
    return NamedKey(name, sha256(text.encode("utf-8", "surrogateescape")).digest())


def named_keys(kind: str, texts: Iterable[str]) -> tuple[NamedKey, ...]:
    """Keys of one ``kind``, which with its number is the name of those that have none of their own."""
    return tuple(named_key(text, f"{kind}-{number}") for number, text in enumerate(texts, 1))


def admit(request: Request, known: tuple[NamedKey, ...]) -> None:
    """Return if the request carries one of the keys, whose name the log then tells. Raises KeyMissing, KeyUnknown."""
    sent = sent_key(request)
    if not sent:
        raise KeyMissing
    digest = sha256(sent.encode("latin-1")).digest()  # the bytes that were sent: headers are read as Latin-1
    names = [key.name for key in known if compare_digest(digest, key.digest)]  # all, so that no position shows in time
    if not names:
        raise KeyUnknown
    structlog.contextvars.bind_contextvars(key=names[0])


def sent_key(request: Request) -> str:
    """The key of ``Authorization: Bearer`` (RFC 6750 §2.1) or ``X-API-Key``; empty if there is none."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip(BLANK):
        return credentials.strip(BLANK)
    return request.headers.get("x-api-key", "").strip(BLANK)
