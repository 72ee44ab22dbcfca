"""What an upstream's status and headers promise of its body. Believed only if all fits (RFC 9110 §14, §15.3.7)."""

import re
from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from domain.byte_range import ByteRange, FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure

CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
UNSATISFIED = re.compile(r"bytes \*/([0-9]{1,18})", re.IGNORECASE)
LENGTH = re.compile(r"[0-9]{1,18}")


@frozen
class PromisedBody:
    """A body that holds the clip's bytes from ``begins`` on; of those, ``part`` is wanted, or all if it is None."""

    size: int | None  # of the whole clip, in bytes
    part: ByteRange | None
    begins: int = 0

    @property
    def length(self) -> int | None:
        """How many bytes are wanted, where it is known."""
        return self.size if self.part is None else len(self.part)

    @property
    def excess(self) -> int:
        """How many bytes come before those that are wanted."""
        return 0 if self.part is None else self.part.first - self.begins


class Fields(Protocol):
    """The header fields of an answer, by names in any case."""

    def getall(self, key: str, default: Sequence[str]) -> Sequence[str]: ...


def field_value(headers: Fields, name: str) -> str:
    """The value of a field, "" if there is none; of several with one name, all in one (RFC 9110 §5.2)."""
    return ", ".join(headers.getall(name, ())).strip()


def promised_body(
    location: str, requested: RequestedRange | None, status: int, headers: Fields, known: int | None = None
) -> PromisedBody:
    """What the body is; ``known`` is the clip's size, if it was told before.

    Raises AudioUnavailable, RangeNotSatisfiable: it is not the audio that was asked for."""
    if status == 416:
        raise unsatisfied(location, requested, field_value(headers, "Content-Range"))
    if status in (404, 410):
        raise AudioUnavailable(location, SourceFailure.ABSENT)
    if status >= 400 and status != 412:  # which nobody gave a reason for: no precondition was sent
        raise AudioUnavailable(location, SourceFailure.REFUSED)
    is_encoded = field_value(headers, "Content-Encoding").lower() not in ("", "identity")
    body = None
    if status == 200 and not is_encoded:
        length = content_length(headers)
        body = whole_body(requested, known if length is None else length)
    elif status == 206 and not is_encoded:
        body = partial_body(requested, headers, known)
    if body is None:
        raise AudioUnavailable(location, SourceFailure.INCONSISTENT)
    return body


def whole_body(requested: RequestedRange | None, size: int | None) -> PromisedBody:
    """The whole clip, asked for or not; the part is cut from it where the size is known. Raises RangeNotSatisfiable."""
    return PromisedBody(size, None if requested is None or size is None else requested.within(size))


def partial_body(requested: RequestedRange | None, headers: Fields, known: int | None) -> PromisedBody | None:
    """The part of an answer of status 206; None if it is not the one that was asked for.

    It may end sooner than asked (RFC 9110 §15.3.7). Many parts in one body have no Content-Range."""
    told = CONTENT_RANGE.fullmatch(field_value(headers, "Content-Range"))
    if requested is None or told is None:
        return None
    first, last, size = int(told[1]), int(told[2]), known if told[3] == "*" else int(told[3])
    if last < first or (size is not None and last >= size) or content_length(headers) not in (None, last - first + 1):
        return None
    return PromisedBody(size, ByteRange(first, last), first) if answers(requested, first, last, size) else None


def answers(requested: RequestedRange, first: int, last: int, size: int | None) -> bool:
    match requested:
        case FromTo(asked_first, asked_last):
            return first == asked_first and (asked_last is None or last <= asked_last)
        case Suffix(length):
            return size is not None and first == max(0, size - length) and last == size - 1


def unsatisfied(
    location: str, requested: RequestedRange | None, content_range: str
) -> AudioUnavailable | RangeNotSatisfiable:
    """What a 416 means (RFC 9110 §15.5.17): it must tell a size, and with that size be right."""
    told = UNSATISFIED.fullmatch(content_range)
    if requested is None:
        return AudioUnavailable(location, SourceFailure.INCONSISTENT)
    if told is None:
        return AudioUnavailable(location, SourceFailure.REFUSED)
    try:
        requested.within(int(told[1]))
    except RangeNotSatisfiable as error:
        return error
    return AudioUnavailable(location, SourceFailure.INCONSISTENT)


def content_length(headers: Fields) -> int | None:
    """The body's length in bytes; None where it is not told. (aiohttp refuses one beside chunks, RFC 9112 §6.3.)"""
    told = field_value(headers, "Content-Length")
    return int(told) if LENGTH.fullmatch(told) else None
