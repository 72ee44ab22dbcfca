"""Who may write: keys, compared in constant time."""

from hashlib import sha256
from hmac import compare_digest

from attrs import field, frozen
from starlette.requests import Request

from entrypoints.web.refusals import KeyMissing, KeyUnknown, WritingClosed

BLANK = " \t"  # not all that Unicode calls blank: 0xA0 is the end of many a letter in UTF-8


def digests(keys: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(sha256(key.encode("utf-8", "surrogateescape")).digest() for key in keys)


@frozen
class WriteKeys:
    """The keys that may add, change and delete clips. Kept as digests, so that all comparisons are equally long."""

    _digests: tuple[bytes, ...] = field(converter=digests, repr=False)

    def admit(self, request: Request) -> None:
        """Return if the request carries one of the keys. Raises KeyMissing, KeyUnknown, WritingClosed."""
        if not self._digests:
            raise WritingClosed
        sent = sent_key(request)
        if not sent:
            raise KeyMissing
        digest = sha256(sent.encode("latin-1")).digest()  # the bytes that were sent: headers are read as Latin-1
        matches = [compare_digest(digest, known) for known in self._digests]  # all, so that no position shows in time
        if not any(matches):
            raise KeyUnknown


def sent_key(request: Request) -> str:
    """The key of ``Authorization: Bearer`` (RFC 6750 §2.1) or ``X-API-Key``; empty if there is none."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials.strip(BLANK):
        return credentials.strip(BLANK)
    return request.headers.get("x-api-key", "").strip(BLANK)
