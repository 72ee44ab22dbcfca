"""JSON on one side, domain values on the other."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from cattrs import BaseValidationError, Converter
from starlette.requests import Request
from starlette.responses import Response

from domain.browsing import Page
from domain.clip import Clip, ClipChanges, ClipDetails, ClipOffer
from entrypoints.web.refusals import InvalidFields, MalformedBody, UnsupportedMediaType
from entrypoints.web.sent_body import media_type, pieces_within
from entrypoints.web.stream_address import AddressOf, open_address
from entrypoints.web.structuring import FieldError, field_by_field, field_errors

T = TypeVar("T")


# what comes in


def text(value: Any, _type: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be text")
    return value


def text_or_null(value: Any, to: Any) -> str | None:
    return None if value is None else text(value, to)


def texts(value: Any, _type: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TypeError("must be a list of texts")
    return tuple(value)


def number(value: Any, _type: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("must be a number")
    return float(value)


def number_or_null(value: Any, to: Any) -> float | None:
    return None if value is None else number(value, to)


def number_as_text(value: Any, to: Any) -> float:
    if not DECIMAL.fullmatch(text(value, to)):
        raise TypeError("must be a number")
    return float(value)


DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{0,15})?")
OFFERED = {
    "title": text,
    "genre": text,
    "audio_url": text,
    "description": text_or_null,
    "duration": number_or_null,
    "tags": texts,
}
CONVERTER = Converter()
CONVERTER.register_structure_hook(ClipDetails, field_by_field(ClipDetails, CONVERTER, OFFERED))
CONVERTER.register_structure_hook(
    ClipChanges, field_by_field(ClipChanges, CONVERTER, OFFERED | {"duration": number}, rules=ClipDetails)
)
CONVERTER.register_structure_hook(
    ClipOffer, field_by_field(ClipOffer, CONVERTER, OFFERED | {"duration": number_as_text}, rules=ClipDetails)
)


async def clip_details(request: Request, limit: int) -> ClipDetails:
    """The clip that the body offers. Raises InvalidFields and the errors of `json_object`."""
    return structured(await json_object(request, limit), ClipDetails)


async def clip_changes(request: Request, limit: int) -> ClipChanges:
    """What the body changes. Raises InvalidFields and the errors of `json_object`."""
    return structured(await json_object(request, limit), ClipChanges)


def structured(value: Mapping[str, Any], cls: type[T]) -> T:
    try:
        return CONVERTER.structure(value, cls)
    except BaseValidationError as error:
        raise InvalidFields(field_errors(error)) from error


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
    return written_response(written(content), status, headers)


def written(content: Any) -> bytes:
    """``content`` as JSON, moments in UTC with a Z."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def written_response(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that is written already."""
    return Response(body, status, headers, "application/json")
