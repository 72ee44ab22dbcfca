"""Cursors as clients hand them back: opaque to them, and tied to the order in which they were made."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date

import orjson

from domain.browsing import Cursor, Key, Sort
from domain.clip import LARGEST_CLIP_ID, ClipId

KINDS: dict[Sort, type] = dict.fromkeys(Sort, int) | {Sort.NEWEST: type(None), Sort.TITLE: str}
EARLIEST = date(1970, 1, 1)  # days with which can be reckoned


def cursor_text(cursor: Cursor, sort: Sort) -> str:
    day = [cursor.as_of] if sort is Sort.TRENDING else []
    return urlsafe_b64encode(orjson.dumps([sort, cursor.id, cursor.key, *day])).decode()


def cursor(text: str, sort: Sort) -> Cursor | None:
    """The cursor that `cursor_text` made of it in the same order; None for anything else."""
    try:
        order, clip, key, *days = orjson.loads(urlsafe_b64decode(text.encode("ascii")))
        as_of = date.fromisoformat(*days) if sort is Sort.TRENDING else None
    except (ValueError, TypeError):  # TypeError: JSON that is no list, or of other things
        return None
    if order != sort or len(days) != (sort is Sort.TRENDING) or not (is_id(clip) and is_key(key, sort)):
        return None
    if as_of is not None and as_of < EARLIEST:
        return None
    return Cursor(ClipId(clip), key, as_of)


def is_id(value: object) -> bool:
    return type(value) is int and 0 < value <= LARGEST_CLIP_ID


def is_key(value: Key, sort: Sort) -> bool:
    if type(value) is not KINDS[sort]:
        return False
    return "\0" not in value if isinstance(value, str) else value is None or 0 <= value <= LARGEST_CLIP_ID
