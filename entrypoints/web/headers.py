"""What request headers say of how a clip is listened to, and what a client accepts."""

import re
from uuid import UUID

from starlette.requests import Request

from domain.listener import Caller
from domain.play import Listening, PlayId
from entrypoints.web.conditional import preconditions
from entrypoints.web.range_header import range_set
from entrypoints.web.refusals import InvalidFields
from entrypoints.web.structuring import FieldError

UUID_TEXT = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NOTHING = re.compile(r"q=0(\.0{0,3})?", re.IGNORECASE)


def listening(request: Request, address: str | None = None) -> Listening:
    """What the listener at ``address`` asks for. Raises InvalidFields: ``play`` is there and is not a UUID."""
    headers = request.headers
    ranges = headers.getlist("range")  # two of them make one that is not well-formed (RFC 9110 §5.3)
    return Listening(
        requested=range_set(", ".join(ranges)) if ranges else None,
        preconditions=preconditions(headers),
        playback=playback_id(request),
        is_prefetch=headers.get("sec-purpose", "").lower().startswith("prefetch"),
        caller=Caller(address, headers.get("user-agent", "")),
    )


def playback_id(request: Request) -> PlayId | None:
    """The player's own name for this listening: ``?play=``, or the header that Apple's player sends."""
    asked = request.query_params.get("play") if request.scope["query_string"] else None
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
