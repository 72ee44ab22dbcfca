"""Clips that are added at once: they share a statement and a commit, and none fails by another's fault."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import orjson
from attrs import field, frozen
from psycopg import DataError, IntegrityError
from psycopg.rows import scalar_row

from adapters.postgres.batches import Batches
from adapters.postgres.clip_rows import new_clip, new_row
from adapters.postgres.pool import MOST_WAITING, Database
from domain.clip import AudioFacts, Clip, ClipDetails, ClipId
from domain.errors import StoreUnavailable

# Ids are given in the order of the rows: what is sorted is sorted before the identity's default is asked.
ADD = """
    INSERT INTO clips (title, title_key, genre, genre_key, description, description_key,
                       duration, audio_url, media_type, size, header_size, created_at, tags, tag_keys,
                       title_words, genre_words, tag_words, description_words)
    SELECT title, title_key, genre, genre_key, description, description_key,
           duration, audio_url, media_type, size, header_size, created_at, tags, tag_keys,
           title_words, genre_words, tag_words, description_words
    FROM json_populate_recordset(NULL::clips, %(clips)s) WITH ORDINALITY
    ORDER BY ordinality
    RETURNING id"""

# Characters of JSON in a statement, so that it ends in its time, whatever is said of the clips: each word of a
# description has its place in an index.
MOST_CHARACTERS = 256 * 1024

Row = str
"""A clip as JSON, by the names of its columns."""


@frozen
class Additions:
    """Adds clips to the table ``clips``, each once or not at all."""

    database: Database
    _batches: Batches[Row, ClipId] = field(init=False, eq=False, repr=False)

    @_batches.default
    def _own_batches(self) -> Batches[Row, ClipId]:
        return Batches(self._add_all, MOST_WAITING)

    async def add(self, details: ClipDetails, audio: AudioFacts, at: datetime) -> Clip:
        row = orjson.dumps(new_row(details, audio, at)).decode()
        return new_clip(await self._batches.tell(row), details, audio, at)

    async def _add_all(self, rows: Sequence[Row]) -> Sequence[ClipId | Exception]:
        return [answer for together in statements(rows) for answer in await self._add_together(together)]

    async def _add_together(self, rows: Sequence[Row]) -> Sequence[ClipId | Exception]:
        """What is answered to each: of one statement alone, since the one before may have taken effect."""
        try:
            return sorted(await self.database.tell(ADD, {"clips": f"[{','.join(rows)}]"}, scalar_row))
        except StoreUnavailable as error:
            return [StoreUnavailable(error.reason) for _ in rows]
        except (DataError, IntegrityError) as error:  # the database refuses all of them, and has kept none
            if len(rows) == 1:
                return [error]
            return [answer for row in rows for answer in await self._add_together([row])]


def statements(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """The rows in their order, as many together as one statement may have, and at least one."""
    together, characters = list[Row](), 0
    for row in rows:
        if together and characters + len(row) > MOST_CHARACTERS:
            yield together
            together, characters = [], 0
        together.append(row)
        characters += len(row)
    yield together
