"""A database that is filled for a measurement is one that the service could have left behind."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from attrs import evolve
from psycopg.sql import SQL, Identifier

from adapters.postgres.migrate import migrate
from adapters.system import new_id
from benchmarks.balanced import Tally
from benchmarks.durable import Postgres, told
from benchmarks.filled import RARE, Size, fill
from benchmarks.seen import Unsound

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SIZE = Size(20, 1_000)
INDEXES = """
    SELECT string_agg(pg_get_indexdef(indexrelid) || indisprimary, '; ' ORDER BY indexrelid::regclass::text)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace"""
FOUND = """
    SELECT count(*) FILTER (WHERE title_words @@ 'theremin'), count(*), count(title_words || description_words)
    FROM clips"""


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """A database of its own, which is gone afterwards."""
    name = f"filled_{new_id().hex}"
    yield Postgres(postgres_url).database(name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def test_every_play_that_is_filled_in_is_in_the_sums(database: str) -> None:
    fill(database, SIZE, NOW)
    tally = Tally(database)

    tally.check_sums()
    tally.add(SIZE.plays, SIZE.plays)


def test_clips_that_are_filled_in_are_found_by_their_words(database: str) -> None:
    fill(database, SIZE, NOW)

    assert RARE == "theremin"
    assert told(database, FOUND) == (1, SIZE.clips, SIZE.clips)


def test_a_filled_database_has_the_indexes_that_migrations_make(database: str) -> None:
    migrate(database)
    before = told(database, INDEXES)
    fill(database, SIZE, NOW)

    assert told(database, INDEXES) == before


def test_a_play_that_was_answered_and_not_counted_is_unsound(database: str) -> None:
    fill(database, SIZE, NOW)

    with pytest.raises(Unsound, match="1000 plays counted, 1001 answered"):
        Tally(database).add(SIZE.plays + 1, SIZE.plays + 64)


def test_a_play_that_was_counted_and_not_asked_for_is_unsound(database: str) -> None:
    fill(database, SIZE, NOW)

    with pytest.raises(Unsound, match="999 asked for"):
        Tally(database).add(SIZE.plays - 1, SIZE.plays - 1)


def test_a_sum_that_misses_a_play_is_unsound(database: str) -> None:
    fill(database, SIZE, NOW)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE play_counts SET plays = plays - 1 WHERE clip_id = 1")

    with pytest.raises(Unsound, match="999"):
        Tally(database).check_sums()


def test_a_tally_of_several_turns_is_that_of_all(database: str) -> None:
    fill(database, evolve(SIZE, plays=100), NOW)
    tally = Tally(database, answered=40, asked=40)
    tally.add(50, 60)

    assert (tally.answered, tally.asked) == (90, 100)
