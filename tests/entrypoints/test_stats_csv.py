"""The same series as tables: CSV as RFC 4180 has it, for whoever prefers it to JSON."""

import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from domain.statistics import COUNTERS
from tests.entrypoints.edge import Edge, an_edge
from tests.examples import NOON, a_play

CSV = {"accept": "text/csv"}
PATHS = ["/play/1/stats", "/stats"]
HEADER = "since,play_count,downloads,listeners,completed,listens,skips\r\n"


@pytest.fixture
async def edge(tmp_path: Path) -> Edge:
    """The service at noon, with a clip that was played twice yesterday."""
    made = an_edge(tmp_path, clock=lambda: NOON)
    clip = await made.added()
    for _ in range(2):
        await made.container.ledger().record(a_play(of=clip["id"], at=NOON - timedelta(days=1)))
    return made


@pytest.mark.parametrize("path", PATHS)
async def test_a_series_is_a_table_with_a_header_and_a_line_for_each_bucket(edge: Edge, path: str) -> None:
    answer = await edge.client.get(f"{path}?from=2026-11-20&to=2026-11-22", headers=CSV)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text == HEADER + "2026-11-20T00:00:00Z,0,0,0,0,0,0\r\n2026-11-21T00:00:00Z,2,0,0,0,0,0\r\n"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["interval=day", "interval=hour", "from=2026-11-01&to=2026-11-03T10:00:00Z"])
async def test_the_table_says_what_json_says(edge: Edge, path: str, query: str) -> None:
    table = await edge.client.get(f"{path}?{query}", headers=CSV)
    series = (await edge.client.get(f"{path}?{query}")).json()["series"]

    rows = list(csv.DictReader(StringIO(table.text, newline="")))
    assert rows == [{name: str(bucket[name]) for name in ("since", *COUNTERS)} for bucket in series]


@pytest.mark.parametrize("path", PATHS)
async def test_a_table_is_of_the_last_month_by_day_unless_told_otherwise(edge: Edge, path: str) -> None:
    lines = (await edge.client.get(path, headers=CSV)).text.splitlines()

    assert (lines[1][:10], lines[-1][:10], len(lines)) == ("2026-10-23", "2026-11-22", 32)


async def test_a_table_has_a_name_to_be_saved_under(edge: Edge) -> None:
    names = [
        (await edge.client.get(path, headers=CSV)).headers["content-disposition"]
        for path in ("/play/1/stats", "/stats?interval=hour")
    ]

    assert names == [
        'attachment; filename="clip-1-by-day.csv"',
        'attachment; filename="all-clips-by-hour.csv"',
    ]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/csv", "text/csv"),
        ("TEXT/CSV; header=present", "text/csv"),
        ("text/*", "text/csv"),
        ("application/json;q=0.5, text/csv", "text/csv"),
        ("application/json;q=0.5, text/csv;q=0.501", "text/csv"),
        ("*/*;q=0.1, text/csv;q=0.2", "text/csv"),
        ("text/csv, application/json;q=0", "text/csv"),
        ("text/csv, application/json", "application/json"),
        ("text/csv;q=0.9, application/json;q=0.9", "application/json"),
        ("text/csv;q=0.8, */*", "application/json"),
        ("text/html, */*;q=0.8", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
async def test_the_type_that_is_liked_best_is_sent_and_json_of_equals(
    edge: Edge, path: str, accept: str, media_type: str
) -> None:
    answer = await edge.client.get(path, headers={"accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("accept", ["text/html", "text/csv;q=0", "application/xml, text/plain", "*/*;q=0.000"])
async def test_who_takes_neither_is_refused_with_what_there_is(edge: Edge, path: str, accept: str) -> None:
    answer = await edge.client.get(path, headers={"accept": accept})

    assert answer.status_code == 406
    assert "application/json or text/csv" in answer.json()["detail"]


async def test_what_is_refused_is_a_problem_also_to_who_wants_a_table(edge: Edge) -> None:
    assert (await edge.client.get("/play/77/stats", headers=CSV)).status_code == 404
    for path in (*PATHS, "/stats?limit=0"):
        answer = await edge.client.get(path, params={"interval": "week", "limit": "0"}, headers=CSV)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_head_tells_of_a_table_what_get_does(edge: Edge) -> None:
    head, get = await edge.client.head("/stats", headers=CSV), await edge.client.get("/stats", headers=CSV)

    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == get.headers["content-length"]
