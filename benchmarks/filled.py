"""A database as it looks after eighty days of listening, filled as fast as PostgreSQL takes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from attrs import frozen
from psycopg import ClientCursor, Connection, connect
from psycopg.sql import SQL, Identifier

from adapters.postgres.clip_rows import new_row
from adapters.postgres.migrate import migrate
from benchmarks.many_clips import Recording as Described
from benchmarks.many_clips import recordings
from benchmarks.recordings import KB_100, RATE
from benchmarks.service import library_clip
from domain.clip import AudioFacts, ClipDetails
from domain.location import AudioLocation

FILL = Path(__file__).with_suffix(".sql")
RARE = "theremin"  # a word that one clip has
RARE_AT = 5
AT_EASE = "SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'; SET max_parallel_maintenance_workers = 2"
INDEXES = """
    SELECT CASE WHEN kept.oid IS NULL THEN 'DROP INDEX ' || indexrelid::regclass
                ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', indrelid::regclass, conname) END,
           CASE WHEN kept.oid IS NULL THEN pg_get_indexdef(indexrelid)
                ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', indrelid::regclass, conname,
                            pg_get_constraintdef(kept.oid)) END
    FROM pg_index LEFT JOIN pg_constraint AS kept ON kept.conindid = indexrelid AND contype IN ('p', 'u')
    WHERE indrelid IN ('clips'::regclass, 'plays'::regclass, 'counts'::regclass, 'deliveries'::regclass)"""
AUDIO = AudioFacts("audio/wav", KB_100.size, KB_100.size / RATE, header_size=44)


@frozen
class Size:
    """How many clips a database has, and how many plays of them."""

    clips: int
    plays: int

    @property
    def name(self) -> str:
        return f"clips_{self.clips}_plays_{self.plays}"


def fill(url: str, size: Size, now: datetime) -> None:
    """Make such a database of an empty one, ending ``now``, as it is when there was time to tidy up."""
    migrate(url)
    with connect(url, autocommit=True, cursor_factory=ClientCursor) as connection:
        connection.execute(AT_EASE)
        with connection.transaction(), without_indexes(connection):
            add_clips(connection, rows(size.clips, now))
            for statement in FILL.read_text().split(";\n"):
                if statement.strip():
                    connection.execute(statement, {"now": now, "plays": size.plays, "clips": size.clips})
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


@contextmanager
def without_indexes(connection: Connection) -> Iterator[None]:
    """Drop the indexes of what is filled, and make them anew after the block: sorted once, they cost less."""
    found = connection.execute(INDEXES).fetchall()
    for drop, _ in found:
        connection.execute(drop)
    yield
    for _, make in found:
        connection.execute(make)


def add_clips(connection: Connection, clips: Iterator[dict[str, Any]]) -> None:
    first = next(clips)
    copy = SQL("COPY clips ({}) FROM STDIN").format(SQL(", ").join(map(Identifier, first)))
    with connection.cursor().copy(copy) as copying:
        copying.write_row(list(first.values()))
        for clip in clips:
            copying.write_row(list(clip.values()))


def rows(clips: int, now: datetime) -> Iterator[dict[str, Any]]:
    """Clips as the catalogue writes them, all of one file."""
    return (new_row(details(each), AUDIO, now) for each in recordings(clips, Random(2)))


def details(said: Described) -> ClipDetails:
    return ClipDetails(
        title=f"{said.title}, with {RARE}" if said.number == RARE_AT else said.title,
        genre=said.genre,
        description=said.description,
        tags=said.tags,
        duration=AUDIO.duration,
        audio_url=AudioLocation(library_clip(KB_100)["audio_url"]),
    )
