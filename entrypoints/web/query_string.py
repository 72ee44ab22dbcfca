"""Addresses on one side, clip ids, queries and cursors on the other."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlencode

import orjson
from starlette.requests import Request

from domain.browsing import DEFAULT_PAGE, LARGEST_PAGE, ClipQuery, Cursor, Page, Sort
from domain.clip import LARGEST_CLIP_ID, ClipId
from domain.errors import ClipNotFound
from domain.text import folded
from entrypoints.web.refusals import InvalidFields
from entrypoints.web.structuring import FieldError

LONGEST_QUERY = 200
DIGITS = re.compile("[0-9]+")


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
    limit = asked.get("limit", str(DEFAULT_PAGE))
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
    except (ValueError, TypeError):  # TypeError: JSON that is no list
        return None
    kind = {Sort.NEWEST: type(None), Sort.TITLE: str, Sort.PLAYS: int}[sort]
    if order != sort or type(clip) is not int or type(key) is not kind or not 0 < clip <= LARGEST_CLIP_ID:
        return None
    if (isinstance(key, str) and "\0" in key) or (isinstance(key, int) and not 0 <= key <= LARGEST_CLIP_ID):
        return None
    return Cursor(ClipId(clip), key)


def cursor_text(cursor: Cursor, sort: Sort) -> str:
    """A cursor as clients hand it back: opaque to them, and tied to its order."""
    return urlsafe_b64encode(orjson.dumps([sort, cursor.id, cursor.key])).decode()


def next_link(request: Request, page: Page, sort: Sort) -> dict[str, str]:
    """The Link header to the next page (RFC 8288), relative to this one; none at the end."""
    if page.next is None:
        return {}
    # Not from `request.url`, which cannot be had where the query string is not UTF-8.
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    query = urlencode([*asked, ("after", cursor_text(page.next, sort))])
    return {"link": f'<{request.scope["root_path"]}/play?{query}>; rel="next"'}
