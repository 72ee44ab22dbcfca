"""What request headers say of how a clip is listened to, and what a client accepts."""

import re
from uuid import UUID

from starlette.requests import Request

from domain.byte_range import FromTo, RequestedRange, Suffix
from domain.play import Listening, PlayId
from entrypoints.web.refusals import InvalidFields
from entrypoints.web.structuring import FieldError

SINGLE_RANGE = re.compile(r"bytes=[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*", re.IGNORECASE)
UUID_TEXT = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NOTHING = re.compile(r"q=0(\.0{0,3})?", re.IGNORECASE)
BEYOND_ANY_SIZE = 10**19  # what a number of twenty digits or more amounts to


def listening(request: Request) -> Listening:
    """What the listener asks for. Raises InvalidFields: ``play`` is there and is not a UUID.

    With If-Range the whole is meant: it asks for the part only if a validator matches, and clips have none yet
    (RFC 9110 §13.1.5).
    """
    headers = request.headers
    header = None if "if-range" in headers else headers.get("range")
    return Listening(
        requested=None if header is None else requested_range(header),
        playback=playback_id(request),
        is_prefetch=headers.get("sec-purpose", "").lower().startswith("prefetch"),
    )


def requested_range(header: str) -> RequestedRange | None:
    """The range of a Range header; None where it must be ignored: not bytes, not well-formed, or several at once.

    RFC 9110 §14.2: a server may ignore the header field, and must where it does not know the unit.
    """
    found = SINGLE_RANGE.fullmatch(header)
    if found is None:
        return None
    first, last, length = found.groups()
    if length is not None:
        return Suffix(bounded(length))
    if last and bounded(last) < bounded(first):
        return None
    return FromTo(bounded(first), bounded(last) if last else None)


def bounded(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) < 20 else BEYOND_ANY_SIZE


def playback_id(request: Request) -> PlayId | None:
    """The player's own name for this listening: ``?play=``, or the header that Apple's player sends."""
    asked = request.query_params.get("play")
    if asked is not None:
        if not UUID_TEXT.fullmatch(asked):
            raise InvalidFields([FieldError("play", "must be a UUID")])
        return PlayId(UUID(asked))
    sent = request.headers.get("x-playback-session-id", "")
    return PlayId(UUID(sent)) if UUID_TEXT.fullmatch(sent) else None


def accepts(request: Request, media_type: str) -> bool:
    """Whether the client takes ``media_type``: the most specific range of Accept decides (RFC 9110 §12.5.1)."""
    header = ", ".join(request.headers.getlist("accept") or ["*/*"])  # RFC 9110 §5.3: several lines are one list
    ranges = dict(accepted(part) for part in header.lower().split(","))
    main_type = media_type.partition("/")[0]
    return next((ranges[name] for name in (media_type, f"{main_type}/*", "*/*") if name in ranges), not header.strip())


def accepted(part: str) -> tuple[str, bool]:
    """A media range, and whether its weight is above nothing."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    return name, not any(NOTHING.fullmatch(parameter) for parameter in parameters)
