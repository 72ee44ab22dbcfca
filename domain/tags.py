"""Tags: short words that somebody puts on a clip, so that it is found among its like."""

from collections.abc import Iterable

from domain.text import folded, line_of_text

MOST_TAGS = 20
LONGEST_TAG = 50

a_tag = line_of_text(longest=LONGEST_TAG)


def kept_in_order(values: Iterable[str]) -> tuple[str, ...]:
    """An attrs converter: tags from wherever they were kept, in the order in which they were given."""
    return tuple(values)


def tags(instance: object, attribute: object, value: tuple[str, ...]) -> None:
    """An attrs validator: at most `MOST_TAGS`, each a line of at most `LONGEST_TAG` characters, none there twice."""
    if len(value) > MOST_TAGS:
        raise ValueError(f"must be at most {MOST_TAGS}, not {len(value)}")
    seen: set[str] = set()
    for place, tag in enumerate(value, start=1):
        try:
            a_tag(instance, attribute, tag)
        except ValueError as error:
            raise ValueError(f"at place {place} {error}") from error
        if folded(tag) in seen:
            raise ValueError(f"must not name “{tag}” twice")
        seen.add(folded(tag))
