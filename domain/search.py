"""Search: which clips have the words that are asked for, and how well each of them answers."""

from collections.abc import Iterable, Sequence
from enum import IntEnum

from attrs import frozen

from domain.words import text_words


class Match(IntEnum):
    """How well a clip answers one word, by the best place in which it is found."""

    DESCRIPTION = 1
    LABEL = 2  # in its genre or a tag
    TITLE_BEGINNING = 4  # begins a word of the title
    TITLE = 8  # is a word of the title


@frozen
class ClipWords:
    """The words that a clip is found by, place by place."""

    title: frozenset[str]
    genre: frozenset[str]
    tags: frozenset[str]
    description: frozenset[str]


def clip_words(title: str, genre: str, tags: Iterable[str], description: str | None) -> ClipWords:
    return ClipWords(text_words(title), text_words(genre), text_words(*tags), text_words(description or ""))


def has_all(clip: ClipWords, words: Sequence[str]) -> bool:
    """Whether each of ``words``, as `query_words` cuts them, begins a word of the clip."""
    everywhere = clip.title | clip.genre | clip.tags | clip.description
    return all(begins_any(word, everywhere) for word in words)


def score(clip: ClipWords, words: Sequence[str]) -> int:
    """How well a clip that `has_all` of ``words`` answers them: the sum over them of the best `Match` of each.

    It depends on nothing else, so that a place in the order holds."""
    return sum(match(clip, word) for word in words)


def match(clip: ClipWords, word: str) -> Match:
    if word in clip.title:
        return Match.TITLE
    if begins_any(word, clip.title):
        return Match.TITLE_BEGINNING
    return Match.LABEL if begins_any(word, clip.genre | clip.tags) else Match.DESCRIPTION


def begins_any(word: str, others: Iterable[str]) -> bool:
    return any(other.startswith(word) for other in others)
