"""The header fields of a conditional request (RFC 9110 §13.1)."""

import re
from datetime import datetime

from starlette.datastructures import Headers

from domain.http_date import parsed_http_date
from domain.preconditions import EntityTags, Preconditions
from domain.validators import EntityTag

ENTITY_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# Possessive, since a gap of blanks must not be tried in every way there is to divide it.
MEMBER = re.compile(r'[ \t]*+((?:W/)?"[\x21\x23-\x7e\x80-\xff]*+")?[ \t]*+(?:,|\Z)')
NAMES = ("if-match", "if-unmodified-since", "if-none-match", "if-modified-since", "if-range")
CONDITIONS = frozenset(NAMES)
MATCHES_NOTHING = EntityTag("", is_weak=True)  # If-Range compares strongly, and no weak tag does


def preconditions(headers: Headers) -> Preconditions:
    """What the fields say. What cannot be read is as if it were not there, but for If-Match, whose sender would rather
    have nothing than another version, and If-Range, whose sender would rather have the whole."""
    match, unmodified, none_match, modified, if_range = (headers.getlist(name) for name in NAMES)
    return Preconditions(
        if_match=(entity_tags(match) or EntityTags()) if match else None,
        if_unmodified_since=date(unmodified),
        if_none_match=entity_tags(none_match) if none_match else None,
        if_modified_since=None if none_match else date(modified),  # also beside one that cannot be read (§13.1.3)
        if_range=(entity_tag(if_range) or date(if_range) or MATCHES_NOTHING) if if_range else None,
    )


def entity_tags(lines: list[str]) -> EntityTags | None:
    """The tags of a list; None if it is none, or empty. Tags may hold commas, so that it cannot be split at them."""
    text = ",".join(lines).strip(" \t")
    if text == "*":
        return EntityTags(is_any=True)
    tags, at = [], 0
    while at < len(text):
        member = MEMBER.match(text, at)
        if member is None:
            return None
        if member[1]:
            tags.append(tag_of(member[1]))
        at = member.end()
    return EntityTags(tuple(tags)) if tags else None


def entity_tag(lines: list[str]) -> EntityTag | None:
    return tag_of(lines[0].strip(" \t")) if len(lines) == 1 and ENTITY_TAG.fullmatch(lines[0].strip(" \t")) else None


def tag_of(text: str) -> EntityTag:
    """The tag that a well-formed text is."""
    return EntityTag(text.removeprefix("W/")[1:-1], text.startswith("W/"))


def date(lines: list[str]) -> datetime | None:
    """The date of a field that has one value (RFC 9110 §13.1.3: anything else is ignored)."""
    return parsed_http_date(lines[0].strip(" \t")) if len(lines) == 1 else None
