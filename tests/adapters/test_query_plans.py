"""Every statement finds its rows by an index, so that none becomes slower while the ledger grows.

Exceptions: the list by plays sorts all counts, and facets of all clips count them all."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from attrs import frozen
from psycopg.conninfo import make_conninfo
from psycopg.rows import scalar_row
from psycopg.sql import SQL, Identifier

from adapters.postgres.browsing import (
    facet_parameters,
    genres_statement,
    page_parameters,
    page_statement,
    tags_statement,
)
from adapters.postgres.catalogue import ADD_ONCE, CHANGE, FIND, REMOVE, USED
from adapters.postgres.clip_rows import new_row
from adapters.postgres.daily_keys import KEEP_OR_FIND
from adapters.postgres.deliveries import DELIVER
from adapters.postgres.delivery_columns import columns
from adapters.postgres.earlier_clips import WITHOUT_WORDS
from adapters.postgres.ledger import RECORD, RECORD_ONE
from adapters.postgres.listens import CONFIRM, RULE
from adapters.postgres.migrate import migrate
from adapters.postgres.play_counts import PLAYED_SINCE, PRESENT
from adapters.postgres.pool import array
from adapters.postgres.retention import FORGET
from adapters.postgres.rounds import Offer, first_round
from adapters.postgres.statistics import ALL_CLIPS, COUNTED, COUNTS, EXPLAINED, SERIES, SERIES_OF_ALL, TOP
from adapters.system import new_id
from domain.browsing import ClipFilter, ClipQuery, Cursor, Sort
from domain.clip import ClipId
from domain.listener import ListenerKey
from domain.play import PlayId
from tests.adapters.test_postgres_deliveries import a_delivery
from tests.examples import NOON, details, some_audio

GROWING = {"clips", "plays", "play_counts", "counts", "deliveries", "heard", "listens"}
DAYS = 90
FILL = """
    INSERT INTO clips (title, title_key, genre, genre_key, description_key, duration, audio_url, media_type, created_at,
                       tag_keys, title_words, genre_words, tag_words, description_words)
    SELECT n, lpad(n::text, 6, '0'), mod(n, 500), mod(n, 500), '', 100, 'library:' || n, 'audio/ogg', %(now)s,
           ARRAY[mod(n, 200)::text], array_to_tsvector(ARRAY['t' || n]), '', '',
           array_to_tsvector(ARRAY['d' || mod(n, 9)])
    FROM generate_series(1, 20000) AS n;

    INSERT INTO plays (clip_id, id, started_at, is_named)
    SELECT 1 + mod(n, 20000), gen_random_uuid(), %(now)s - n * interval '150 seconds', mod(n, 3) = 0
    FROM generate_series(1, 50000) AS n;

    INSERT INTO play_counts (clip_id, plays, last_played_at)
    SELECT clip_id, count(*), max(started_at) FROM plays GROUP BY clip_id;

    INSERT INTO counts (clip_id, interval, since, counter, count)
    SELECT clip_id, interval, date_trunc(interval, started_at, 'UTC'), counter, count(*)
    FROM plays, unnest('{hour,day}'::text[]) AS interval, unnest('{play_count,downloads}'::text[]) AS counter
    GROUP BY 1, 2, 3, 4
    UNION ALL SELECT clip_id, 'total', to_timestamp(0), 'downloads', plays FROM play_counts;

    INSERT INTO deliveries (id, clip_id, ended_at, listener, play, download, completes, ending, sent)
    SELECT id, clip_id, started_at, uuid_send(id), 'counted', 'counted', true, 'sent', '{[0,100)}' FROM plays;

    INSERT INTO heard (clip_id, whose, purpose, began, last, parts, is_begun, is_enough, hours, news)
    SELECT clip_id, uuid_send(id), purpose, started_at, started_at, '{}', true, true, 1, 0
    FROM plays, unnest('{download,playback}'::text[]) AS purpose;

    INSERT INTO listens (clip_id, id, began_at, played_seconds, is_finished, is_listen, is_skip, news)
    SELECT clip_id, id, started_at, 50, true, true, false, 0 FROM plays"""

MONTH = {"start": NOON - timedelta(days=30), "end": NOON}
CALLERS = [ListenerKey(b"%d" % number) for number in range(64)]
STORY = [
    a_delivery(clip=ClipId(number), listener=listener, known_as=b"before", playback=new_id())
    for number, listener in enumerate(CALLERS, start=1)
]
PLAYS = {
    "clips": array(range(1, 65)),
    "ids": array(new_id() for _ in CALLERS),
    "moments": array(NOON for _ in CALLERS),
    "named": array(True for _ in CALLERS),
    "versions": array(0 for _ in CALLERS),
}
CHANGES = dict.fromkeys(new_row(details(), some_audio(), NOON)) | {"clip": 7}


@frozen
class Asked:
    """A statement and what it is asked with."""

    statement: str
    parameters: Mapping[str, Any]

    @property
    def numbered(self) -> str:
        """The statement as PostgreSQL gets it, with a number for each name."""
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", self.statement)))
        return re.sub(r"%\((\w+)\)s", lambda name: f"${names.index(name[1]) + 1}", self.statement)


def a_page(**asked: Any) -> Asked:
    query = ClipQuery(**asked)
    return Asked(page_statement(query), page_parameters(query))


WORD = ClipFilter(words=("t77",))
STATEMENTS = {
    "find": Asked(FIND, {"clips": "{7,8,9}"}),
    "newest": a_page(after=Cursor(ClipId(10_000))),
    "first of the newest": a_page(),
    "by title": a_page(sort=Sort.TITLE, after=Cursor(ClipId(10_000), "010000")),
    "trending": a_page(sort=Sort.TRENDING, as_of=NOON.date()),
    "of a genre": a_page(genre="7"),
    "of a tag": a_page(tags=("7",)),
    "of a tag by title": a_page(tags=("7",), sort=Sort.TITLE),
    "of a rare word": a_page(words=("t7",)),
    "of a frequent word": a_page(words=("d7",)),
    "of a rare word by title": a_page(words=("t7",), sort=Sort.TITLE),
    "by relevance": a_page(words=("t", "d7"), sort=Sort.RELEVANCE),
    "later by relevance": a_page(words=("d7",), sort=Sort.RELEVANCE, after=Cursor(ClipId(10_000), 1)),
    "genres of a word": Asked(genres_statement(WORD), facet_parameters(WORD)),
    "tags of a word": Asked(tags_statement(WORD), facet_parameters(WORD)),
    "without words": Asked(WITHOUT_WORDS, {"at_once": 500}),
    "add once": Asked(ADD_ONCE, new_row(details(), some_audio(), NOON) | {"seed_key": "rain"}),
    "change": Asked(CHANGE, CHANGES),
    "remove": Asked(REMOVE, {"clip": 7}),
    "used": Asked(USED, {"locations": ["library:b", "library:c"]}),
    "record": Asked(RECORD, PLAYS),
    "record one": Asked(
        RECORD_ONE,
        {"clip": 7, "id": new_id(), "meant": 0, "started_at": NOON, "is_named": True, "day": NOON, "hour": NOON},
    ),
    "deliver": Asked(DELIVER, columns(first_round([Offer.of(each) for each in STORY])[0]) | {"window": "first-touch"}),
    "confirm": Asked(
        CONFIRM,
        {"clip": 7, "play": PlayId(new_id()), "at": NOON, "since": NOON, "played": 5.0, "finished": True} | RULE,
    ),
    "counted": Asked(COUNTED, {"clips": "{7,8,9}"}),
    "counts": Asked(COUNTS, {"clip": 7}),
    "series by day": Asked(SERIES, MONTH | {"clip": 7, "interval": "day"}),
    "series by hour": Asked(SERIES, MONTH | {"clip": 7, "interval": "hour"}),
    "series of all": Asked(SERIES_OF_ALL, MONTH | {"the_catalogue": ALL_CLIPS, "interval": "day"}),
    "top": Asked(TOP, MONTH | {"interval": "day", "limit": 10}),
    "explained": Asked(EXPLAINED, {"clip": 7, "limit": 50}),
    "forget": Asked(
        FORGET, dict.fromkeys(("before", "long_before", "closed"), NOON - timedelta(days=80)) | {"at_most": 20}
    ),
    "present counts": Asked(PRESENT, {"clips": "{7,8,9}"}),
    "played since": Asked(PLAYED_SINCE, {"moment": NOON - timedelta(hours=1), "hour": NOON, "limit": 1_001}),
    "daily key": Asked(KEEP_OR_FIND, {"day": NOON.date(), "key": b"key"}),
}
every_statement = pytest.mark.parametrize("asked", STATEMENTS.values(), ids=STATEMENTS)


@pytest.fixture(scope="session")
def grown(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A database of its own with three months of plays, as its planner knows it."""
    name = f"grown_{new_id().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        url = make_conninfo(postgres_url, dbname=name)
        migrate(url)
        with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as filling:
            filling.execute(FILL, {"now": NOON})
            filling.execute("VACUUM ANALYZE")
        with psycopg.connect(url, autocommit=True) as grown:
            yield grown
        connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def scanned(plan: Any) -> set[str]:
    """The tables that a plan reads from one end to the other."""
    if isinstance(plan, list):
        return set().union(*map(scanned, plan))
    if not isinstance(plan, dict):
        return set()
    own = {plan["Relation Name"]} if plan.get("Node Type") == "Seq Scan" else set()
    return own.union(*map(scanned, plan.values()))


def indexes(plan: Any) -> set[str]:
    """The indexes that a plan uses."""
    if isinstance(plan, list):
        return set().union(*map(indexes, plan))
    if not isinstance(plan, dict):
        return set()
    own = {plan["Index Name"]} if "Index Name" in plan else set()
    return own.union(*map(indexes, plan.values()))


@every_statement
def test_no_statement_reads_a_growing_table_from_one_end_to_the_other(
    grown: "psycopg.Connection[Any]", asked: Asked
) -> None:
    explain = SQL("EXPLAIN (FORMAT JSON) ") + SQL(asked.statement)
    [plan] = grown.cursor(row_factory=scalar_row).execute(explain, asked.parameters)

    assert scanned(plan) & GROWING == set()


@every_statement
def test_nor_does_it_when_the_planner_knows_no_parameters(grown: "psycopg.Connection[Any]", asked: Asked) -> None:
    """As PostgreSQL may plan a statement that was prepared."""
    cursor = psycopg.ClientCursor(grown)
    cursor.row_factory = scalar_row
    [plan] = cursor.execute("EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + asked.numbered)

    assert scanned(plan) & GROWING == set()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("by title", "clips_by_title"),
        ("of a genre", "clips_by_genre"),
        ("of a tag", "clips_by_tag"),
        ("of a tag by title", "clips_by_tag"),
        ("of a rare word", "clips_by_word"),
        ("of a frequent word", "clips_by_word"),
        ("of a rare word by title", "clips_by_word"),
        ("by relevance", "clips_by_word"),
        ("later by relevance", "clips_by_word"),
        ("genres of a word", "clips_by_word"),
        ("tags of a word", "clips_by_word"),
        ("without words", "clips_without_words"),
    ],
)
def test_clips_are_found_by_the_index_that_is_made_for_what_is_asked(
    grown: "psycopg.Connection[Any]", name: str, index: str
) -> None:
    asked = STATEMENTS[name]
    explain = SQL("EXPLAIN (FORMAT JSON) ") + SQL(asked.statement)
    [plan] = grown.cursor(row_factory=scalar_row).execute(explain, asked.parameters)

    assert index in indexes(plan)


@pytest.mark.parametrize("after", [None, Cursor(ClipId(5_000), 3)])
@pytest.mark.parametrize(("sort", "read_whole"), [(Sort.PLAYS, {"play_counts"}), (Sort.TRENDING, set())])
def test_a_list_by_rank_reads_counts_and_only_the_clips_that_it_shows(
    grown: "psycopg.Connection[Any]", sort: Sort, read_whole: set[str], after: Cursor | None
) -> None:
    asked = a_page(sort=sort, as_of=NOON.date(), after=after, limit=20)
    explain = SQL("EXPLAIN (ANALYZE, FORMAT JSON) ") + SQL(asked.statement)
    [plan] = grown.cursor(row_factory=scalar_row).execute(explain, asked.parameters)

    assert scanned(plan) & GROWING == read_whole
    assert rows_of("clips", plan) == 21


def rows_of(table: str, plan: Any) -> int:
    """How many rows of a table were looked up while a plan was carried out."""
    if isinstance(plan, list):
        return sum(rows_of(table, each) for each in plan)
    if not isinstance(plan, dict):
        return 0
    own = int(plan["Actual Rows"] * plan["Actual Loops"]) if plan.get("Relation Name") == table else 0
    return own + sum(rows_of(table, each) for each in plan.values())


def test_a_scan_from_one_end_to_the_other_is_seen(grown: "psycopg.Connection[Any]") -> None:
    [plan] = grown.cursor(row_factory=scalar_row).execute("EXPLAIN (FORMAT JSON) SELECT count(genre) FROM clips")

    assert scanned(plan) == {"clips"}
