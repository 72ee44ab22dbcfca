"""Words as PostgreSQL reads them in a tsvector or a tsquery. It is told them; it cuts no texts by rules of its own."""

from collections.abc import Sequence
from functools import lru_cache

from adapters.postgres.statement import Parameters
from domain.words import text_words


@lru_cache(maxsize=256)  # genres and tags come again and again, and many a clip has no description
def vector(*texts: str) -> str:
    """The words of ``texts`` as a tsvector, without places: each field has a column of its own."""
    return " ".join(map(quoted, sorted(text_words(*texts))))


def beginning(word: str) -> str:
    """A tsquery for what has any word that begins so."""
    return f"{quoted(word)}:*"


def asked(words: Sequence[str]) -> Parameters:
    """What a search is told: all of ``words`` as one tsquery, and each as it may be in a title."""
    beginnings = [beginning(word) for word in words]
    return {
        "all_words": " & ".join(beginnings),
        "whole_words": [quoted(word) for word in words],
        "beginnings": beginnings,
    }


def quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
