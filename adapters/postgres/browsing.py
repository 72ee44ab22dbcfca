"""The statements that list clips, their genres and their tags: put together from what is asked and nothing else, so
that the planner sees which indexes can answer."""

from functools import cache
from typing import Any, LiteralString

from adapters.postgres.ranking import HEAT, MOST_PLAYED, MOST_TRENDING, OF_THE_DAYS
from adapters.postgres.words import asked
from domain.browsing import MOST_FACETS, ClipFilter, ClipQuery, Cursor, Sort
from domain.clip import LARGEST_CLIP_ID, ClipId
from domain.trending import weights

BY_GENRE = """
      AND genre_key = %(genre)s"""
BY_TAGS = """
      AND tag_keys @> %(tags)s::text[]"""
BY_WORDS = """
      AND (title_words || genre_words || tag_words || description_words) @@ %(all_words)s::tsquery"""

# The plays of a clip are looked up when it is known which clips are shown.
NEWEST = """
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce((SELECT plays FROM play_counts WHERE clip_id = id), 0) AS play_count, created_at, tags, NULL AS key
    FROM clips
    WHERE removed_at IS NULL AND id < %(after)s::bigint"""

TITLE = """
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce((SELECT plays FROM play_counts WHERE clip_id = id), 0) AS play_count, created_at, tags,
           title_key AS key
    FROM clips
    WHERE removed_at IS NULL AND (title_key, id) > (%(key)s::text, %(after)s::bigint)"""

PLAYS = """
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce(plays, 0) AS play_count, created_at, tags, coalesce(plays, 0) AS key
    FROM clips LEFT JOIN play_counts ON clip_id = id
    WHERE removed_at IS NULL AND (coalesce(plays, 0), id) < (%(key)s::bigint, %(after)s::bigint)"""

TRENDING = f"""
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce((SELECT plays FROM play_counts WHERE clip_id = id), 0) AS play_count, created_at, tags,
           coalesce(heat, 0) AS key
    FROM clips LEFT JOIN (
        SELECT clip_id, {HEAT} AS heat FROM counts WHERE {OF_THE_DAYS} AND clip_id > 0 GROUP BY clip_id
    ) AS played ON clip_id = id
    WHERE removed_at IS NULL AND (coalesce(heat, 0), id) < (%(key)s::bigint, %(after)s::bigint)"""  # noqa: S608  # ours

# The score is that of domain/search.py.
RELEVANCE = """
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce((SELECT plays FROM play_counts WHERE clip_id = id), 0) AS play_count, created_at, tags, score AS key
    FROM clips, LATERAL (
        SELECT coalesce(sum(CASE WHEN title_words @@ whole THEN 8
                                 WHEN title_words @@ beginning THEN 4
                                 WHEN genre_words @@ beginning OR tag_words @@ beginning THEN 2
                                 ELSE 1 END), 0) AS score
        FROM unnest(%(whole_words)s::tsquery[], %(beginnings)s::tsquery[]) AS word (whole, beginning)
    ) AS scored
    WHERE removed_at IS NULL AND (score, id) < (%(key)s::bigint, %(after)s::bigint)"""

# Clips with certain words are never looked for along an order, which takes long where few have them: no index has these
# two orders.
NEWEST_OF_THESE = """
    ORDER BY id + 0 DESC LIMIT %(limit)s"""
TITLE_OF_THESE = """
    ORDER BY title_key || '', id LIMIT %(limit)s"""

PAGE: dict[Sort, tuple[LiteralString, LiteralString]] = {
    Sort.NEWEST: (NEWEST, "\n    ORDER BY id DESC LIMIT %(limit)s"),
    Sort.TITLE: (TITLE, "\n    ORDER BY title_key, id LIMIT %(limit)s"),
    Sort.PLAYS: (PLAYS, "\n    ORDER BY coalesce(plays, 0) DESC, id DESC LIMIT %(limit)s"),
    Sort.TRENDING: (TRENDING, "\n    ORDER BY coalesce(heat, 0) DESC, id DESC LIMIT %(limit)s"),
    Sort.RELEVANCE: (RELEVANCE, "\n    ORDER BY score DESC, id DESC LIMIT %(limit)s"),
}
RANKED: dict[Sort, LiteralString] = {Sort.PLAYS: MOST_PLAYED, Sort.TRENDING: MOST_TRENDING}  # of all clips
PAGE_OF_THESE: dict[Sort, tuple[LiteralString, LiteralString]] = PAGE | {
    Sort.NEWEST: (NEWEST, NEWEST_OF_THESE),
    Sort.TITLE: (TITLE, TITLE_OF_THESE),
}

LAST = Cursor(ClipId(LARGEST_CLIP_ID), LARGEST_CLIP_ID)
# Before every clip that there can be: one condition for first and later pages, which an index can answer.
BEGINNING = dict.fromkeys(Sort, LAST) | {Sort.TITLE: Cursor(ClipId(0), "")}

# The newest of the clips tells how a name is spelled.
GENRES = """
    SELECT genre AS name, found.clips
    FROM (
        SELECT genre_key AS key, count(*) AS clips, max(id) AS newest FROM clips
        WHERE removed_at IS NULL"""
TAGS = """
    SELECT tags[array_position(tag_keys, key)] AS name, found.clips
    FROM (
        SELECT key COLLATE "C", count(*) AS clips, max(id) AS newest FROM clips, unnest(tag_keys) AS key
        WHERE removed_at IS NULL"""
MOST_CLIPS_FIRST = """
        GROUP BY 1 ORDER BY clips DESC, 1 LIMIT %(most)s
    ) AS found JOIN clips ON id = newest
    ORDER BY found.clips DESC, key"""


def page_statement(query: ClipQuery) -> LiteralString:
    if query.sort in RANKED and not conditions(query):
        return RANKED[query.sort]
    clips, order = (PAGE_OF_THESE if query.words else PAGE)[query.sort]
    return put_together(clips, conditions(query), order)


@cache
def put_together(clips: LiteralString, conditions: LiteralString, order: LiteralString) -> LiteralString:
    """A statement that is the very same text each time, by which a connection knows it at once."""
    return clips + conditions + order


def page_parameters(query: ClipQuery) -> dict[str, Any]:
    after, days = query.after or BEGINNING[query.sort], weights(query.as_of)
    place = {"after": after.id, "key": after.key, "limit": query.limit + 1}  # one more tells that there are more
    return filter_parameters(query) | place | {"days": list(days), "weights": list(days.values())}


def genres_statement(among: ClipFilter) -> LiteralString:
    return GENRES + conditions(among) + MOST_CLIPS_FIRST


def tags_statement(among: ClipFilter) -> LiteralString:
    return TAGS + conditions(among) + MOST_CLIPS_FIRST


def facet_parameters(among: ClipFilter) -> dict[str, Any]:
    return filter_parameters(among) | {"most": MOST_FACETS}


def is_walked_by_index(query: ClipQuery) -> bool:
    """Whether only the page's own clips are looked at, however many there are."""
    return query.sort in (Sort.NEWEST, Sort.TITLE) and not conditions(query)


def conditions(among: ClipFilter) -> LiteralString:
    return (
        (BY_GENRE if among.genre is not None else "")
        + (BY_TAGS if among.tags else "")
        + (BY_WORDS if among.words else "")
    )


def filter_parameters(among: ClipFilter) -> dict[str, Any]:
    return {"genre": among.genre, "tags": list(among.tags), **asked(among.words)}
