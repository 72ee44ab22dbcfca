"""How a catalogue is looked through: filters, total orders, and cursors that hold while clips come and go."""

from enum import StrEnum

from attrs import field, frozen
from attrs.validators import ge

from domain.clip import Clip, ClipId
from domain.text import folded

DEFAULT_PAGE = 50
LARGEST_PAGE = 100


class Sort(StrEnum):
    """An order of clips. Each is total: clips that are equal in it follow by id."""

    NEWEST = "newest"  # last added first
    TITLE = "title"  # by folded title, in code point order
    PLAYS = "plays"  # most played first, then newest


@frozen
class Cursor:
    """A place between two clips in an order: after the clip with ``id``, whose key was ``key`` when it was seen.

    ``key`` is the folded title for TITLE, the play count for PLAYS, and unused for NEWEST. The clip itself may have
    gone or moved since: the place stays.
    """

    id: ClipId
    key: str | int | None = None


@frozen(kw_only=True)
class ClipQuery:
    """Which clips, in which order, from where on, and at most how many."""

    sort: Sort = Sort.NEWEST
    after: Cursor | None = None
    limit: int = field(default=DEFAULT_PAGE, validator=ge(1))
    words: tuple[str, ...] = ()  # folded; each must occur in title, genre or description
    genre: str | None = None  # compared folded


@frozen
class Page:
    """Clips in order, and the cursor that continues after them; None at the end."""

    clips: tuple[Clip, ...]
    next: Cursor | None


def cursor_after(clip: Clip, sort: Sort) -> Cursor:
    """The place right behind ``clip``."""
    match sort:
        case Sort.NEWEST:
            return Cursor(clip.id)
        case Sort.TITLE:
            return Cursor(clip.id, folded(clip.title))
        case Sort.PLAYS:
            return Cursor(clip.id, clip.play_count)
