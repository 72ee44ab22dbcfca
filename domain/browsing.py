"""How a catalogue is looked through: filters, total orders, and cursors that hold while clips come and go."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from attrs import field, frozen
from attrs.validators import ge

from domain.clip import Clip, ClipId

DEFAULT_PAGE = 50
LARGEST_PAGE = 100
MOST_FACETS = 100


class Sort(StrEnum):
    """An order of clips. Each is total: clips that are equal in it follow by id."""

    NEWEST = "newest"  # last added first
    TITLE = "title"  # by folded title, in code point order
    PLAYS = "plays"  # most played first, then newest
    TRENDING = "trending"  # most `domain.trending.heat` first, then newest
    RELEVANCE = "relevance"  # highest `domain.search.score` first, then newest


Key = str | int | None


@frozen
class Cursor:
    """A place between two clips in an order: after the clip with ``id``, whose key was ``key`` when it was seen.

    ``key`` is the folded title for TITLE, the count, heat or score for PLAYS, TRENDING and RELEVANCE, and unused for
    NEWEST. ``as_of`` is that of the query. The clip itself may have gone or moved since: the place stays.
    """

    id: ClipId
    key: Key = None
    as_of: date | None = None


@frozen(kw_only=True)
class ClipFilter:
    """Which clips are meant: those for which all of this holds."""

    words: tuple[str, ...] = ()  # as `query_words` cuts them; each begins a word of title, genre, tags or description
    genre: str | None = None  # compared folded
    tags: tuple[str, ...] = ()  # folded


@frozen(kw_only=True)
class ClipQuery(ClipFilter):
    """Which clips, in which order, from where on, and at most how many.

    ``as_of`` is the day, in UTC, that TRENDING looks back from; of none, nothing is trending."""

    sort: Sort = Sort.NEWEST
    after: Cursor | None = None
    limit: int = field(default=DEFAULT_PAGE, validator=ge(1))
    as_of: date | None = None


@frozen
class Page:
    """Clips in order, and the cursor that continues after them; None at the end."""

    clips: tuple[Clip, ...]
    next: Cursor | None


@frozen
class Facet:
    """A genre or a tag, as the newest of its clips spells it, and how many ``clips`` bear it."""

    name: str
    clips: int


def page_of(found: Sequence[tuple[Clip, Key]], query: ClipQuery) -> Page:
    """The page that ``found`` begins with: clips in order, each with its key, one more than fit if there are more."""
    shown = found[: query.limit]
    if len(shown) == len(found):
        return Page(tuple(clip for clip, _ in shown), None)
    last, key = shown[-1]
    return Page(tuple(clip for clip, _ in shown), Cursor(last.id, key, query.as_of))
