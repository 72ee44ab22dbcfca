"""Cuts the words of clips that were written before there were any, so that they are found too."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from adapters.postgres.words import vector

AT_ONCE = 500  # clips; whoever changes one of them waits for so many at most

WITHOUT_WORDS = """
    SELECT id, xmin::text AS version, title, genre, tags, description FROM clips
    WHERE (title_words || genre_words || tag_words || description_words) IS NULL
    ORDER BY id LIMIT %(at_once)s"""

# A clip that was changed since it was read is left for the next round, when it is read again.
CUT = """
    UPDATE clips SET title_words = cut.title, genre_words = cut.genre, tag_words = cut.tags,
                     description_words = cut.description
    FROM unnest(%(ids)s::bigint[], %(versions)s::text[], %(titles)s::tsvector[], %(genres)s::tsvector[],
                %(tags)s::tsvector[], %(descriptions)s::tsvector[])
         AS cut (id, version, title, genre, tags, description)
    WHERE clips.id = cut.id AND clips.xmin::text = cut.version"""


def cut_words(connection: Connection) -> None:
    """Cut the words of all clips that have none, in batches that are each a transaction. Safe while others write."""
    cursor = connection.cursor(row_factory=dict_row)
    while clips := cursor.execute(WITHOUT_WORDS, {"at_once": AT_ONCE}).fetchall():
        connection.execute(CUT, columns(clips))


def columns(clips: Sequence[DictRow]) -> dict[str, Any]:
    return {
        "ids": [clip["id"] for clip in clips],
        "versions": [clip["version"] for clip in clips],
        "titles": [vector(clip["title"]) for clip in clips],
        "genres": [vector(clip["genre"]) for clip in clips],
        "tags": [vector(*clip["tags"]) for clip in clips],
        "descriptions": [vector(clip["description"] or "") for clip in clips],
    }
