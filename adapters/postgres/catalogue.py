"""The catalogue in PostgreSQL."""

from collections.abc import Collection, Sequence, Set
from datetime import datetime
from typing import Any, TypeVar

from attrs import field, frozen
from psycopg.rows import class_row, scalar_row, tuple_row

from adapters.postgres.batches import Batches
from adapters.postgres.pool import MOST_WAITING, Database, array
from domain.browsing import ClipQuery, Cursor, Sort
from domain.clip import LARGEST_CLIP_ID, UNCHANGED, AudioFacts, Clip, ClipChanges, ClipDetails, ClipId
from domain.errors import ClipNotFound
from domain.location import AudioLocation
from domain.text import folded

ADD = """
    INSERT INTO clips (title, title_key, genre, genre_key, description, description_key,
                       duration, audio_url, media_type, size, header_size, created_at, tags, tag_keys)
    VALUES (%(title)s, %(title_key)s, %(genre)s, %(genre_key)s, %(description)s, %(description_key)s,
            %(duration)s, %(audio_url)s, %(media_type)s, %(size)s, %(header_size)s, %(created_at)s,
            %(tags)s, %(tag_keys)s)
    RETURNING id, title, description, genre, duration, audio_url, media_type, size, header_size, 0 AS play_count,
              created_at, tags"""

# Looks before it inserts, since each insert that meets a conflict uses up an id; the conflict is for those who look
# at the same moment.
ADD_ONCE = """
    INSERT INTO clips (seed_key, title, title_key, genre, genre_key, description, description_key,
                       duration, audio_url, media_type, size, header_size, created_at, tags, tag_keys)
    SELECT %(seed_key)s, %(title)s, %(title_key)s, %(genre)s, %(genre_key)s, %(description)s, %(description_key)s,
           %(duration)s, %(audio_url)s, %(media_type)s, %(size)s, %(header_size)s, %(created_at)s,
           %(tags)s::text[], %(tag_keys)s::text[]
    WHERE NOT EXISTS (SELECT FROM clips WHERE seed_key = %(seed_key)s)
    ON CONFLICT (seed_key) DO NOTHING
    RETURNING id"""

FIND = """
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce(plays, 0) AS play_count, created_at, tags
    FROM clips LEFT JOIN play_counts ON clip_id = id
    WHERE id = ANY(%(clips)s::bigint[]) AND removed_at IS NULL"""

MATCHING = """
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce(plays, 0) AS play_count, created_at, tags
    FROM clips LEFT JOIN play_counts ON clip_id = id
    WHERE removed_at IS NULL
      AND (%(genre)s::text IS NULL OR genre_key = %(genre)s)
      AND NOT EXISTS (SELECT FROM unnest(%(words)s::text[]) AS word
                      WHERE strpos(title_key || E'\\n' || genre_key || E'\\n' || description_key, word) = 0)"""

PAGE = {
    Sort.NEWEST: MATCHING
    + """
      AND id < %(after)s::bigint
    ORDER BY id DESC LIMIT %(limit)s""",
    Sort.TITLE: MATCHING
    + """
      AND (title_key, id) > (%(key)s::text, %(after)s::bigint)
    ORDER BY title_key, id LIMIT %(limit)s""",
    Sort.PLAYS: MATCHING
    + """
      AND (coalesce(plays, 0), id) < (%(key)s::bigint, %(after)s::bigint)
    ORDER BY coalesce(plays, 0) DESC, id DESC LIMIT %(limit)s""",
}

# Before every clip that there can be: one condition for first and later pages, which an index can answer.
BEGINNING = {
    Sort.NEWEST: Cursor(ClipId(LARGEST_CLIP_ID)),
    Sort.TITLE: Cursor(ClipId(0), ""),
    Sort.PLAYS: Cursor(ClipId(LARGEST_CLIP_ID), LARGEST_CLIP_ID),
}

CHANGE = """
    WITH changed AS (
        UPDATE clips
        SET title           = coalesce(%(title)s, title),
            title_key       = coalesce(%(title_key)s, title_key),
            genre           = coalesce(%(genre)s, genre),
            genre_key       = coalesce(%(genre_key)s, genre_key),
            description     = CASE WHEN %(description_key)s::text IS NULL THEN description ELSE %(description)s END,
            description_key = coalesce(%(description_key)s, description_key),
            duration        = coalesce(%(duration)s, duration),
            audio_url       = coalesce(%(audio_url)s, audio_url),
            media_type      = coalesce(%(media_type)s, media_type),
            size            = CASE WHEN %(media_type)s::text IS NULL THEN size ELSE %(size)s END,
            header_size     = coalesce(%(header_size)s, header_size),
            tags            = coalesce(%(tags)s::text[], tags),
            tag_keys        = coalesce(%(tag_keys)s::text[], tag_keys)
        WHERE id = %(clip)s AND removed_at IS NULL
        RETURNING id, title, description, genre, duration, audio_url, media_type, size, header_size, created_at, tags
    )
    SELECT changed.*, coalesce(plays, 0) AS play_count FROM changed LEFT JOIN play_counts ON clip_id = id"""

REMOVE = """
    UPDATE clips SET removed_at = clock_timestamp() WHERE id = %(clip)s AND removed_at IS NULL RETURNING audio_url"""

# Each looked up by itself: as a join, the planner may read all clips instead. The index knows equality only.
USED = """
    SELECT location FROM unnest(%(locations)s::text[]) AS location
    WHERE (SELECT true FROM clips WHERE audio_url = location AND removed_at IS NULL LIMIT 1)"""


Row = TypeVar("Row")


@frozen
class PostgresCatalogue:
    """Clips in the table ``clips``. Reads see every change that was answered before they began."""

    database: Database
    _batches: Batches[ClipId, Clip] = field(init=False, eq=False, repr=False)

    @_batches.default
    def _own_batches(self) -> Batches[ClipId, Clip]:
        return Batches(self._find_all, MOST_WAITING)

    async def add(self, details: ClipDetails, audio: AudioFacts, at: datetime) -> Clip:
        [clip] = await self.database.tell(ADD, new_row(details, audio, at), class_row(Clip))
        return clip

    async def add_once(self, key: str, details: ClipDetails, audio: AudioFacts, at: datetime) -> bool:
        named = {"seed_key": key} | new_row(details, audio, at)
        return bool(await self.database.tell(ADD_ONCE, named, tuple_row))

    async def find(self, clip: ClipId) -> Clip:
        if not 0 < clip <= LARGEST_CLIP_ID:  # a number that its column cannot hold would fail the whole batch
            raise ClipNotFound(clip)
        return await self._batches.ask(clip)

    async def _find_all(self, clips: Sequence[ClipId]) -> Sequence[Clip | ClipNotFound]:
        rows = await self.database.ask(FIND, {"clips": array(set(clips))}, class_row(Clip))
        found = {clip.id: clip for clip in rows}
        return [found.get(clip) or ClipNotFound(clip) for clip in clips]

    async def page(self, query: ClipQuery) -> Sequence[Clip]:
        after = query.after or BEGINNING[query.sort]
        place = {"after": after.id, "key": after.key, "limit": query.limit}
        filters = {"words": list(query.words), "genre": query.genre}
        ask = self.database.ask if is_walked_by_index(query) else self.database.ask_patiently
        return await ask(PAGE[query.sort], place | filters, class_row(Clip))

    async def change(self, clip: ClipId, changes: ClipChanges, audio: AudioFacts | None) -> Clip:
        named = {"clip": clip} | changed_row(changes, audio)
        return only(await self.database.ask(CHANGE, named, class_row(Clip)), clip)

    async def remove(self, clip: ClipId) -> AudioLocation:
        return AudioLocation(only(await self.database.tell(REMOVE, {"clip": clip}, scalar_row), clip))

    async def used(self, locations: Collection[AudioLocation]) -> Set[AudioLocation]:
        return set(await self.database.ask(USED, {"locations": list(locations)}, scalar_row))


def is_walked_by_index(query: ClipQuery) -> bool:
    """Whether only the page's own clips are looked at, however many there are."""
    return query.sort is not Sort.PLAYS and query.genre is None and not query.words


def only(rows: Sequence[Row], clip: ClipId) -> Row:
    """The one row about ``clip``. Raises ClipNotFound."""
    if not rows:
        raise ClipNotFound(clip)
    return rows[0]


def new_row(details: ClipDetails, audio: AudioFacts, at: datetime) -> dict[str, Any]:
    return {
        "title": details.title,
        "title_key": folded(details.title),
        "genre": details.genre,
        "genre_key": folded(details.genre),
        "description": details.description,
        "description_key": folded(details.description or ""),
        "duration": details.duration,
        "audio_url": details.audio_url,
        "media_type": audio.media_type,
        "size": audio.size,
        "header_size": audio.header_size,
        "created_at": at,
        "tags": list(details.tags),
        "tag_keys": [folded(tag) for tag in details.tags],
    }


def changed_row(changes: ClipChanges, audio: AudioFacts | None) -> dict[str, Any]:
    """What `CHANGE` is told: None leaves a column as it is; a ``description_key`` says that the description changes."""
    return {
        "title": given(changes.title),
        "title_key": None if changes.title is UNCHANGED else folded(changes.title),
        "genre": given(changes.genre),
        "genre_key": None if changes.genre is UNCHANGED else folded(changes.genre),
        "description": given(changes.description),
        "description_key": None if changes.description is UNCHANGED else folded(changes.description or ""),
        "duration": given(changes.duration),
        "audio_url": given(changes.audio_url),
        "media_type": audio and audio.media_type,
        "size": audio and audio.size,
        "header_size": audio and audio.header_size,
        "tags": None if changes.tags is UNCHANGED else list(changes.tags),
        "tag_keys": None if changes.tags is UNCHANGED else [folded(tag) for tag in changes.tags],
    }


def given(value: object) -> object:
    return None if value is UNCHANGED else value
