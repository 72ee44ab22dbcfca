"""Addresses on one side, clip ids and queries on the other."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request

from domain.browsing import DEFAULT_PAGE, LARGEST_PAGE, ClipFilter, ClipQuery, Cursor, Page, Sort
from domain.clip import LARGEST_CLIP_ID, ClipId
from domain.errors import ClipNotFound
from domain.tags import MOST_TAGS
from domain.text import folded
from domain.words import query_words
from entrypoints.web.cursors import cursor, cursor_text
from entrypoints.web.refusals import FieldError, InvalidFields

LONGEST_QUERY = 200
MOST_KEPT = 200  # query strings, of at most 8 KiB, of which is remembered what they ask: most are asked again and again
DIGITS = re.compile("[0-9]+")


def clip_id(request: Request) -> ClipId:
    """The clip that the path names. Raises ClipNotFound: it names none that there can be."""
    text = request.path_params["id"]
    number = int(text) if DIGITS.fullmatch(text) and len(text) < 20 else 0
    if not 1 <= number <= LARGEST_CLIP_ID:
        raise ClipNotFound(text)
    return ClipId(number)


def repeated(asked: QueryParams, names: Iterable[str]) -> list[FieldError]:
    """The faults of those named parameters that are there more than once: to take one of the values would be to guess,
    and who stands in front of the service may guess another."""
    return [FieldError(name, "may be given once") for name in names if len(asked.getlist(name)) > 1]


def clip_query(request: Request) -> ClipQuery:
    """Which clips the query string asks for. Raises InvalidFields; unknown parameters are nobody's fault."""
    return query_of(request.scope["query_string"])


@lru_cache(MOST_KEPT)
def query_of(query_string: bytes) -> ClipQuery:
    asked = QueryParams(query_string)
    errors = [*filter_faults(asked), *repeated(asked, ("sort", "limit", "after"))]
    if asked.get("sort", Sort.NEWEST) not in list(Sort):
        errors.append(FieldError("sort", f"must be one of {', '.join(Sort)}"))
    limit = asked.get("limit", str(DEFAULT_PAGE))
    if not (DIGITS.fullmatch(limit) and len(limit) < 5 and 1 <= int(limit) <= LARGEST_PAGE):
        errors.append(FieldError("limit", f"must be a whole number from 1 to {LARGEST_PAGE}"))
    if errors:
        raise InvalidFields(errors)
    sort = order(asked)
    after = cursor(asked["after"], sort) if "after" in asked else None
    if "after" in asked and after is None:
        raise InvalidFields([FieldError("after", "must be a cursor from the Link header of the same query")])
    return ClipQuery(words=words(asked), genre=genre(asked), tags=tags(asked), sort=sort, after=after, limit=int(limit))


def clip_filter(request: Request) -> ClipFilter:
    """Which clips the query string means. Raises InvalidFields."""
    asked = request.query_params
    if errors := list(filter_faults(asked)):
        raise InvalidFields(errors)
    return ClipFilter(words=words(asked), genre=genre(asked), tags=tags(asked))


def filter_faults(asked: QueryParams) -> Iterable[FieldError]:
    yield from repeated(asked, ("q", "genre"))
    for name in ("q", "genre", "tag"):
        texts = asked.getlist(name)
        if any(len(text) > LONGEST_QUERY or "\0" in text for text in texts):
            yield FieldError(name, f"must have at most {LONGEST_QUERY} characters, none of them U+0000")
    if len(asked.getlist("tag")) > MOST_TAGS:
        yield FieldError("tag", f"must be there at most {MOST_TAGS} times")


def order(asked: QueryParams) -> Sort:
    """What is asked for, or what answers best; without words, nothing is more relevant than what is new."""
    default = Sort.RELEVANCE if words(asked) else Sort.NEWEST
    sort = Sort(asked.get("sort", default))
    return default if sort is Sort.RELEVANCE else sort


def words(asked: QueryParams) -> tuple[str, ...]:
    return query_words(asked.get("q", ""))


def genre(asked: QueryParams) -> str | None:
    return folded(asked["genre"]) if asked.get("genre") else None


def tags(asked: QueryParams) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded(tag) for tag in asked.getlist("tag") if tag))


def next_link(request: Request, page: Page, sort: Sort) -> dict[str, str]:
    """The Link header to the next page (RFC 8288), relative to this one; none at the end."""
    if page.next is None:
        return {}
    query = query_after(request.scope["query_string"], page.next, sort)
    return {"link": f'<{request.scope["root_path"]}/play?{query}>; rel="next"'}


@lru_cache(MOST_KEPT)
def query_after(query_string: bytes, place: Cursor, sort: Sort) -> str:
    """The same query from ``place`` on."""
    asked = [(name, value) for name, value in QueryParams(query_string).multi_items() if name != "after"]
    return urlencode([*asked, ("after", cursor_text(place, sort))])
