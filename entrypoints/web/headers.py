"""What request headers say of how a clip is listened to."""

import re
from collections.abc import Iterable
from uuid import UUID

from starlette.requests import Request

from domain.listener import Caller
from domain.play import Listening, PlayId
from domain.preconditions import NONE
from entrypoints.web.conditional import CONDITIONS, preconditions
from entrypoints.web.query_string import repeated
from entrypoints.web.range_header import range_set
from entrypoints.web.refusals import FieldError, InvalidFields

UUID_TEXT = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NOTHING = [""]


def listening(request: Request, address: str | None = None) -> Listening:
    """What the listener at ``address`` asks for. Raises InvalidFields: ``play`` is there twice, or is not a UUID."""
    fields = by_name(request.scope["headers"])
    ranges = fields.get("range")
    return Listening(
        requested=range_set(", ".join(ranges)) if ranges else None,  # two make one that is not well-formed (§5.3)
        preconditions=NONE if CONDITIONS.isdisjoint(fields) else preconditions(request.headers),
        playback=playback_id(request, *fields.get("x-playback-session-id", [])),
        is_prefetch=fields.get("sec-purpose", NOTHING)[0].lower().startswith("prefetch"),
        caller=Caller(address, fields.get("user-agent", NOTHING)[0]),
    )


def by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, list[str]]:
    """The lines of each header field, in one go: asked one by one, Starlette reads all of them each time."""
    fields: dict[str, list[str]] = {}
    for name, line in headers:
        fields.setdefault(name.decode("latin-1"), []).append(line.decode("latin-1"))
    return fields


def playback_id(request: Request, sent: str = "", *_more: str) -> PlayId | None:
    """The player's own name for this listening: ``?play=``, or what Apple's player has ``sent`` in a header field."""
    asked = request.query_params.get("play") if request.scope["query_string"] else None
    if asked is not None:
        if errors := repeated(request.query_params, ("play",)):
            raise InvalidFields(errors)
        if not UUID_TEXT.fullmatch(asked):
            raise InvalidFields([FieldError("play", "must be a UUID")])
        return PlayId(UUID(asked))
    return PlayId(UUID(sent)) if UUID_TEXT.fullmatch(sent) else None
