"""What request headers say of how a clip is listened to."""

import re
from uuid import UUID

from starlette.requests import Request

from domain.listener import Caller
from domain.play import Listening, PlayId
from entrypoints.web.conditional import preconditions
from entrypoints.web.query_string import repeated
from entrypoints.web.range_header import range_set
from entrypoints.web.refusals import InvalidFields
from entrypoints.web.structuring import FieldError

UUID_TEXT = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def listening(request: Request, address: str | None = None) -> Listening:
    """What the listener at ``address`` asks for. Raises InvalidFields: ``play`` is there twice, or is not a UUID."""
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
        if errors := repeated(request.query_params, ("play",)):
            raise InvalidFields(errors)
        if not UUID_TEXT.fullmatch(asked):
            raise InvalidFields([FieldError("play", "must be a UUID")])
        return PlayId(UUID(asked))
    sent = request.headers.get("x-playback-session-id", "")
    return PlayId(UUID(sent)) if UUID_TEXT.fullmatch(sent) else None
