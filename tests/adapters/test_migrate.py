"""Migrating: what is missing and nothing else, and a sentence where it cannot be done."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

import adapters.postgres.earlier_clips
import adapters.postgres.migrate
from adapters.postgres.catalogue import PostgresCatalogue
from adapters.postgres.migrate import (
    LOCK,
    NOTE_DOWN,
    PREPARE,
    migrate,
    migrations,
)
from adapters.postgres.pool import Database, connection_pool
from adapters.postgres.statistics import PostgresStatistics
from adapters.postgres.unfit import DatabaseUnfitError, MigrationChangedError
from adapters.system import new_id
from domain.browsing import ClipQuery
from domain.clip import ClipId
from domain.errors import StoreUnavailable
from domain.statistics import Interval, Period
from domain.words import query_words
from tests.examples import NOON
from tests.worlds import unhurried


@pytest.fixture
def empty(postgres_url: str) -> Iterator[str]:
    """The URL of a new database without any table."""
    name = f"migrate_{new_id().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        yield make_conninfo(postgres_url, dbname=name)
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def test_what_is_missing_is_applied_and_the_second_time_nothing_is(empty: str) -> None:
    assert migrate(empty) == [migration.name for migration in migrations()]
    assert migrate(empty) == []


def test_a_database_that_a_later_version_migrated_still_serves_this_one(empty: str) -> None:
    migrate(empty)
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("INSERT INTO schema_migrations (name, sha256) VALUES ('9999_later.sql', 'unknown')")

    assert migrate(empty) == []


def test_a_migration_that_was_applied_in_another_form_stops_all(empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(PREPARE)
        connection.execute("INSERT INTO schema_migrations (name, sha256) VALUES (%s, 'other')", [migrations()[-1].name])

    with pytest.raises(MigrationChangedError, match=migrations()[-1].name):
        migrate(empty)

    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT to_regclass('clips')").fetchone() == (None,)


def test_a_user_who_may_make_no_tables_is_told_so(empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN")
        try:
            with pytest.raises(StoreUnavailable, match="permission denied for schema public"):
                migrate(make_conninfo(empty, user="reader"))
        finally:
            connection.execute("DROP ROLE reader")


def test_a_user_who_may_make_no_tables_is_served_where_none_are_missing(empty: str) -> None:
    migrate(empty)
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("GRANT SELECT ON schema_migrations, clips TO reader")
        try:
            assert migrate(make_conninfo(empty, user="reader")) == []
        finally:
            connection.execute("DROP OWNED BY reader")
            connection.execute("DROP ROLE reader")


def test_a_database_that_is_read_only_is_told_as_that(empty: str) -> None:
    with pytest.raises(StoreUnavailable, match="read-only transaction"):
        migrate(make_conninfo(empty, options="-c default_transaction_read_only=on"))


def test_tables_of_somebody_else_are_told_and_left_alone(empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE TABLE clips (theirs int)")

        with pytest.raises(DatabaseUnfitError, match='relation "clips" already exists'):
            migrate(empty)

        assert connection.execute("SELECT theirs FROM clips").fetchall() == []


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_text_is_refused(postgres_url: str, encoding: str) -> None:
    name = Identifier(f"migrate_{new_id().hex}")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} ENCODING {} TEMPLATE template0").format(name, encoding))
        try:
            with pytest.raises(DatabaseUnfitError, match=f"encoding is {encoding}"):
                migrate(make_conninfo(postgres_url, dbname=name.as_string().strip('"')))
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))


async def test_plays_of_an_older_version_are_counted_by_the_hour_and_the_day(empty: str) -> None:
    hours = Period(Interval.HOUR, NOON - timedelta(hours=13), NOON + timedelta(hours=1))
    days = Period(Interval.DAY, hours.start.replace(hour=0), hours.start.replace(hour=0) + timedelta(days=2))
    with psycopg.connect(empty, autocommit=True) as connection:
        make_first_version(connection)
        for clip, at in [(1, NOON), (1, NOON), (2, NOON), (1, NOON - timedelta(hours=13))]:
            connection.execute("INSERT INTO plays VALUES (%s, %s, %s)", [clip, new_id(), at])
    migrate(empty)
    with unhurried():
        async with connection_pool(empty, 2) as pool:
            statistics = PostgresStatistics(Database(pool))
            asked = [(clip, period) for clip in (ClipId(1), None) for period in (hours, days)]
            found = [(await statistics.series(clip, period)).values() for clip, period in asked]

    assert [sorted(counts.play_count for counts in buckets) for buckets in found] == [[1, 2], [1, 2], [1, 3], [1, 3]]


EARLIER_CLIP = """
    INSERT INTO clips (title, title_key, genre, genre_key, description, description_key, duration, audio_url,
                       media_type, created_at)
    VALUES (%(title)s, %(title)s, 'Música', 'música', %(description)s, '', 1, 'library:a', 'audio/ogg', now())"""


async def found(url: str, text: str) -> list[str]:
    """The titles of what a search finds."""
    with unhurried():
        async with connection_pool(url, 2) as pool:
            page = await PostgresCatalogue(Database(pool)).page(ClipQuery(words=query_words(text)))
    return sorted(clip.title for clip in page.clips)


async def test_clips_of_an_older_version_are_found_by_their_words(empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as connection:
        make_first_version(connection)
        for title, description in [
            ("Été à la Straße", None),
            ("'; \\ :*", "Ünten"),
            *((f"n{n}", "") for n in range(999)),
        ]:
            connection.execute(EARLIER_CLIP, {"title": title, "description": description})
    migrate(empty)

    assert await found(empty, "ete strasse music") == ["Été à la Straße"]
    assert await found(empty, "unt") == ["'; \\ :*"]
    assert len(await found(empty, "n998")) == 1


async def test_a_clip_that_an_older_version_adds_meanwhile_is_found_from_the_next_start_on(empty: str) -> None:
    migrate(empty)
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(EARLIER_CLIP, {"title": "Été", "description": None})
    assert await found(empty, "ete") == []
    assert migrate(empty) == []

    assert await found(empty, "ete") == ["Été"]


def test_a_clip_that_is_changed_while_its_words_are_cut_is_read_again(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty)
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(EARLIER_CLIP, {"title": "old", "description": None})
        read = adapters.postgres.earlier_clips.columns

        def change_and_read(clips: Any) -> dict[str, Any]:
            if [clip["title"] for clip in clips] == ["old"]:
                connection.execute("UPDATE clips SET title = 'new'")
            return read(clips)

        monkeypatch.setattr(adapters.postgres.earlier_clips, "columns", change_and_read)
        migrate(empty)

        assert connection.execute("SELECT title_words::text FROM clips").fetchone() == ("'new'",)


def make_first_version(connection: "psycopg.Connection") -> None:
    """Bring an empty database to the schema of the first version."""
    first = migrations()[0]
    connection.execute(PREPARE)
    connection.execute(first.sql)
    connection.execute(NOTE_DOWN, {"name": first.name, "sha256": first.sha256})


def test_a_migration_waits_for_who_reads_and_nobody_waits_long_behind_it(empty: str) -> None:
    with (
        ThreadPoolExecutor() as pool,
        psycopg.connect(empty, autocommit=True) as connection,
        psycopg.connect(empty) as reader,
    ):
        make_first_version(connection)
        connection.execute("SET statement_timeout = '20s'")
        reader.execute("SELECT FROM clips")  # and the transaction stays open
        migrating = pool.submit(migrate, empty)
        waits: list[float] = []
        while len(waits) < 3:
            begun = monotonic()
            connection.execute("SELECT FROM clips")
            waits += [waited for waited in (monotonic() - begun,) if waited > 0.2]
            sleep(0.1)
            assert not migrating.done()
        reader.rollback()

        assert migrating.result(60) == [migration.name for migration in migrations()[1:]]
        assert median(waits) < 1.4  # a machine that stands still lengthens one


def test_replicas_that_start_at_once_migrate_once(empty: str) -> None:
    with ThreadPoolExecutor() as pool:
        applied = list(pool.map(migrate, [empty] * 6))

    assert sorted(applied) == [[]] * 5 + [[migration.name for migration in migrations()]]


def test_who_waits_too_long_for_another_replicas_migrations_says_so(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.postgres.migrate, "WAIT_NO_LONGER", "SET lock_timeout = '100ms'")
    with psycopg.connect(empty, autocommit=True) as other:
        other.execute(LOCK)
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            migrate(empty)

    assert migrate(empty)
