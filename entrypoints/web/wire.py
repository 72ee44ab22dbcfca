"""JSON and query strings on one side, domain values on the other."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from cattrs import BaseValidationError, Converter
from starlette.requests import Request
from starlette.responses import Response

from domain.browsing import LARGEST_PAGE, ClipQuery, Cursor, Page, Sort
from domain.clip import LARGEST_CLIP_ID, Clip, ClipChanges, ClipDetails, ClipId
from domain.errors import ClipNotFound
from domain.play import PlayCounts
from domain.text import folded
from entrypoints.web.refusals import BodyTooLarge, InvalidFields, MalformedBody, UnsupportedMediaType
from entrypoints.web.structuring import FieldError, field_by_field, field_errors

T = TypeVar("T")

LONGEST_QUERY = 200
DIGITS = re.compile("[0-9]+")


# what comes in


def text(value: Any, _type: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be text")
    return value


def text_or_null(value: Any, to: Any) -> str | None:
    return None if value is None else text(value, to)


def number(value: Any, _type: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("must be a number")
    return float(value)


def number_or_null(value: Any, to: Any) -> float | None:
    return None if value is None else number(value, to)


OFFERED = {"title": text, "genre": text, "audio_url": text, "description": text_or_null, "duration": number_or_null}
CONVERTER = Converter()
CONVERTER.register_structure_hook(ClipDetails, field_by_field(ClipDetails, CONVERTER, OFFERED))
CONVERTER.register_structure_hook(
    ClipChanges, field_by_field(ClipChanges, CONVERTER, OFFERED | {"duration": number}, rules=ClipDetails)
)


def clip_id(request: Request) -> ClipId:
    """The clip that the path names. Raises ClipNotFound: it names none that there can be."""
    text = request.path_params["id"]
    number = int(text) if DIGITS.fullmatch(text) and len(text) < 20 else 0
    if not 1 <= number <= LARGEST_CLIP_ID:
        raise ClipNotFound(text)
    return ClipId(number)


def clip_query(request: Request) -> ClipQuery:
    """Which clips the query string asks for. Raises InvalidFields; unknown parameters are nobody's fault."""
    asked, errors = request.query_params, []
    sort = asked.get("sort", Sort.NEWEST)
    if sort not in list(Sort):
        errors.append(FieldError("sort", f"must be one of {', '.join(Sort)}"))
    limit = asked.get("limit", "50")
    if not (DIGITS.fullmatch(limit) and len(limit) < 5 and 1 <= int(limit) <= LARGEST_PAGE):
        errors.append(FieldError("limit", f"must be a whole number from 1 to {LARGEST_PAGE}"))
    for name in ("q", "genre"):
        text = asked.get(name, "")
        if len(text) > LONGEST_QUERY or "\0" in text:
            errors.append(FieldError(name, f"must have at most {LONGEST_QUERY} characters, none of them U+0000"))
    after = None
    if not errors and "after" in asked:
        after = cursor(asked["after"], Sort(sort))
        if after is None:
            errors.append(FieldError("after", "must be a cursor from the Link header of the same query"))
    if errors:
        raise InvalidFields(errors)
    genre = folded(asked["genre"]) if asked.get("genre") else None
    words = tuple(folded(asked.get("q", "")).split())
    return ClipQuery(sort=Sort(sort), after=after, limit=int(limit), words=words, genre=genre)


def cursor(text: str, sort: Sort) -> Cursor | None:
    """The cursor that `cursor_text` made of it in the same order; None for anything else."""
    try:
        order, clip, key = orjson.loads(urlsafe_b64decode(text.encode("ascii")))
    except ValueError:
        return None
    kind = {Sort.NEWEST: type(None), Sort.TITLE: str, Sort.PLAYS: int}[sort]
    if order != sort or type(clip) is not int or type(key) is not kind or not 0 < clip <= LARGEST_CLIP_ID:
        return None
    if (isinstance(key, str) and "\0" in key) or (isinstance(key, int) and not 0 <= key <= LARGEST_CLIP_ID):
        return None
    return Cursor(ClipId(clip), key)


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
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType(media_type)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(str(error)) from error
    if not isinstance(value, dict):
        raise InvalidFields([FieldError("", "must be a JSON object")])
    return value


# what goes out


def clip_json(clip: Clip) -> dict[str, Any]:
    """The clip as the contract has it: keys are added here, and none is ever renamed."""
    return {
        "id": clip.id,
        "title": clip.title,
        "description": clip.description,
        "genre": clip.genre,
        "duration": clip.duration,
        "audio_url": clip.audio_url,
        "play_count": clip.play_count,
        "stream_url": f"/play/{clip.id}/stream",
        "media_type": clip.media_type,
        "size": clip.size,
        "created_at": clip.created_at,
    }


def stats_json(clip: Clip, counts: PlayCounts) -> dict[str, Any]:
    return clip_json(clip) | {"play_count": counts.play_count, "last_played_at": counts.last_played_at}


def cursor_text(cursor: Cursor, sort: Sort) -> str:
    """A cursor as clients hand it back: opaque to them, and tied to its order."""
    return urlsafe_b64encode(orjson.dumps([sort, cursor.id, cursor.key])).decode()


def next_link(request: Request, page: Page, sort: Sort) -> dict[str, str]:
    """The Link header to the next page (RFC 8288), relative to this one; none at the end."""
    if page.next is None:
        return {}
    url = request.url.include_query_params(after=cursor_text(page.next, sort))
    return {"link": f'<{url.path}?{url.query}>; rel="next"'}


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``content`` as JSON, moments in UTC with a Z."""
    body = orjson.dumps(content, option=orjson.OPT_UTC_Z)
    return Response(body, status, headers, "application/json")
