"""The catalogue in PostgreSQL."""

from collections.abc import Collection, Sequence, Set
from datetime import datetime
from typing import TypeVar

from attrs import field, frozen
from psycopg.rows import class_row, scalar_row, tuple_row

from adapters.postgres.additions import Additions
from adapters.postgres.batches import Batches
from adapters.postgres.browsing import (
    facet_parameters,
    genres_statement,
    is_walked_by_index,
    page_parameters,
    page_statement,
    tags_statement,
)
from adapters.postgres.clip_rows import ClipRow, changed_row, new_row, same_clips, same_pages
from adapters.postgres.pool import MOST_WAITING, Database, array
from adapters.postgres.same_answers import SameAnswers
from adapters.postgres.shared_reads import SharedReads
from domain.browsing import ClipFilter, ClipQuery, Facet, Page
from domain.clip import LARGEST_CLIP_ID, AudioFacts, Clip, ClipChanges, ClipDetails, ClipId
from domain.errors import ClipNotFound
from domain.location import AudioLocation

# Looks before it inserts, since each insert that meets a conflict uses up an id; the conflict is for those who look
# at the same moment.
ADD_ONCE = """
    INSERT INTO clips (seed_key, title, title_key, genre, genre_key, description, description_key,
                       duration, audio_url, media_type, size, header_size, created_at, tags, tag_keys,
                       title_words, genre_words, tag_words, description_words)
    SELECT %(seed_key)s, %(title)s, %(title_key)s, %(genre)s, %(genre_key)s, %(description)s, %(description_key)s,
           %(duration)s, %(audio_url)s, %(media_type)s, %(size)s, %(header_size)s, %(created_at)s,
           %(tags)s::text[], %(tag_keys)s::text[], %(title_words)s::tsvector, %(genre_words)s::tsvector,
           %(tag_words)s::tsvector, %(description_words)s::tsvector
    WHERE NOT EXISTS (SELECT FROM clips WHERE seed_key = %(seed_key)s)
    ON CONFLICT (seed_key) DO NOTHING
    RETURNING id"""

WAS_ADDED = "SELECT EXISTS (SELECT FROM clips WHERE seed_key = %(seed_key)s)"

# A row's ``xmin`` is the transaction that wrote it, and so another after each change.
FIND = """
    SELECT id, title, description, genre, duration, audio_url, media_type, size, header_size,
           coalesce(plays, 0) AS play_count, created_at, tags, clips.xmin::text::bigint AS version
    FROM clips LEFT JOIN play_counts ON clip_id = id
    WHERE id = ANY(%(clips)s::bigint[]) AND removed_at IS NULL"""

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
            tag_keys        = coalesce(%(tag_keys)s::text[], tag_keys),
            title_words     = coalesce(%(title_words)s::tsvector, title_words),
            genre_words     = coalesce(%(genre_words)s::tsvector, genre_words),
            tag_words       = coalesce(%(tag_words)s::tsvector, tag_words),
            description_words = coalesce(%(description_words)s::tsvector, description_words)
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
    _additions: Additions = field(init=False, eq=False, repr=False)
    _batches: Batches[ClipId, Clip] = field(init=False, eq=False, repr=False)
    _pages: SharedReads[ClipQuery, Page] = field(init=False, eq=False, repr=False)
    _same_clips: SameAnswers[ClipId, ClipRow, Clip] = field(factory=same_clips, init=False, eq=False, repr=False)
    _same_pages: SameAnswers[ClipQuery, list[ClipRow], Page] = field(
        factory=same_pages, init=False, eq=False, repr=False
    )
    _genres: SharedReads[ClipFilter, Sequence[Facet]] = field(init=False, eq=False, repr=False)
    _tags: SharedReads[ClipFilter, Sequence[Facet]] = field(init=False, eq=False, repr=False)

    @_additions.default
    def _own_additions(self) -> Additions:
        return Additions(self.database)

    @_batches.default
    def _own_batches(self) -> Batches[ClipId, Clip]:
        return Batches(self._find_all, MOST_WAITING)

    @_pages.default
    def _own_pages(self) -> SharedReads[ClipQuery, Page]:
        return SharedReads(self._read_page, MOST_WAITING)

    @_genres.default
    def _own_genres(self) -> SharedReads[ClipFilter, Sequence[Facet]]:
        return SharedReads(self._read_genres, MOST_WAITING)

    @_tags.default
    def _own_tags(self) -> SharedReads[ClipFilter, Sequence[Facet]]:
        return SharedReads(self._read_tags, MOST_WAITING)

    async def add(self, details: ClipDetails, audio: AudioFacts, at: datetime) -> Clip:
        return await self._additions.add(details, audio, at)

    async def add_once(self, key: str, details: ClipDetails, audio: AudioFacts, at: datetime) -> bool:
        named = {"seed_key": key} | new_row(details, audio, at)
        return bool(await self.database.tell(ADD_ONCE, named, tuple_row))

    async def was_added(self, key: str) -> bool:
        return await self.database.ask(WAS_ADDED, {"seed_key": key}, scalar_row) == [True]

    async def find(self, clip: ClipId) -> Clip:
        if not 0 < clip <= LARGEST_CLIP_ID:  # a number that its column cannot hold would fail the whole batch
            raise ClipNotFound(clip)
        return await self._batches.ask(clip)

    async def _find_all(self, clips: Sequence[ClipId]) -> Sequence[Clip | ClipNotFound]:
        rows = await self.database.ask(FIND, {"clips": array(set(clips))}, tuple_row)
        found = {row[0]: self._same_clips.of(row[0], row) for row in rows}
        return [found.get(clip) or ClipNotFound(clip) for clip in clips]

    async def page(self, query: ClipQuery) -> Page:
        return await self._pages.ask(query)

    async def _read_page(self, query: ClipQuery) -> Page:
        ask = self.database.ask if is_walked_by_index(query) else self.database.ask_patiently
        rows = await ask(page_statement(query), page_parameters(query), tuple_row)
        return self._same_pages.of(query, rows)

    async def genres(self, among: ClipFilter) -> Sequence[Facet]:
        return await self._genres.ask(among)

    async def _read_genres(self, among: ClipFilter) -> Sequence[Facet]:
        return await self.database.ask_patiently(genres_statement(among), facet_parameters(among), class_row(Facet))

    async def tags(self, among: ClipFilter) -> Sequence[Facet]:
        return await self._tags.ask(among)

    async def _read_tags(self, among: ClipFilter) -> Sequence[Facet]:
        return await self.database.ask_patiently(tags_statement(among), facet_parameters(among), class_row(Facet))

    async def change(self, clip: ClipId, changes: ClipChanges, audio: AudioFacts | None) -> Clip:
        named = {"clip": clip} | changed_row(changes, audio)
        return only(await self.database.ask(CHANGE, named, class_row(Clip)), clip)

    async def remove(self, clip: ClipId) -> AudioLocation:
        return AudioLocation(only(await self.database.tell(REMOVE, {"clip": clip}, scalar_row), clip))

    async def used(self, locations: Collection[AudioLocation]) -> Set[AudioLocation]:
        return set(await self.database.ask(USED, {"locations": list(locations)}, scalar_row))


def only(rows: Sequence[Row], clip: ClipId) -> Row:
    """The one row about ``clip``. Raises ClipNotFound."""
    if not rows:
        raise ClipNotFound(clip)
    return rows[0]
