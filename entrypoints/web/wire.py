"""JSON on one side, domain values on the other."""

from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from attrs import AttrsInstance
from starlette.requests import Request
from starlette.responses import Response

from domain.browsing import Page
from domain.clip import Clip, ClipChanges, ClipDetails
from entrypoints.web.refusals import FieldError, InvalidFields, MalformedBody, UnsupportedMediaType
from entrypoints.web.sent_body import media_type, pieces_within
from entrypoints.web.stream_address import AddressOf, open_address

T = TypeVar("T", bound=AttrsInstance)


# what comes in


async def clip_details(request: Request, limit: int) -> ClipDetails:
    """The clip that the body offers. Raises InvalidFields and the errors of `json_object`."""
    return structured(await json_object(request, limit), ClipDetails)


async def clip_changes(request: Request, limit: int) -> ClipChanges:
    """What the body changes. Raises InvalidFields and the errors of `json_object`."""
    return structured(await json_object(request, limit), ClipChanges)


def structured(value: Mapping[str, Any], cls: type[T]) -> T:
    """The value of ``cls`` that a body's fields make. Raises InvalidFields."""
    from entrypoints.web.request_bodies import structure  # noqa: PLC0415  # cattrs: a start does not wait for it

    return structure(value, cls)


async def json_object(request: Request, limit: int) -> Mapping[str, Any]:
    """The body as a JSON object. Raises UnsupportedMediaType, BodyTooLarge, MalformedBody, InvalidFields."""
    if media_type(request) != "application/json":
        raise UnsupportedMediaType(media_type(request))
    try:
        value = orjson.loads(await received(request, limit))
    except orjson.JSONDecodeError as error:
        raise MalformedBody(str(error)) from error
    if not isinstance(value, dict):
        raise InvalidFields([FieldError("", "must be a JSON object")])
    return value


async def received(request: Request, limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge, as soon as that is known, and MalformedBody: the client broke off."""
    return b"".join([piece async for piece in pieces_within(request, limit)])


# what goes out


def clip_json(clip: Clip, address_of: AddressOf = open_address) -> dict[str, Any]:
    """The clip as the contract has it: keys are added here, and none is ever renamed."""
    return {
        "id": clip.id,
        "title": clip.title,
        "description": clip.description,
        "genre": clip.genre,
        "duration": clip.duration,
        "audio_url": clip.audio_url,
        "play_count": clip.play_count,
        "stream_url": address_of(clip.id),
        "media_type": clip.media_type,
        "size": clip.size,
        "created_at": clip.created_at,
        "tags": clip.tags,
    }


def page_json(page: Page, address_of: AddressOf) -> list[dict[str, Any]]:
    return [clip_json(clip, address_of) for clip in page.clips]


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return WrittenResponse(written(content), status, headers)


def written(content: Any) -> bytes:
    """``content`` as JSON, moments in UTC with a Z."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


class WrittenResponse(Response):
    """JSON that is written already. (Starlette's response looks for what is known here, in every answer.)"""

    def __init__(self, body: bytes, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.body, self.status_code, self.background = body, status_code, None
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
        if headers:
            self.raw_headers += [(name.encode("latin-1"), told.encode("latin-1")) for name, told in headers.items()]
