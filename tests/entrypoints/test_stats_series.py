"""Series: what was counted in each hour or day, of one clip and of all, for the time that was asked for."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from domain.heard import Window
from domain.statistics import COUNTERS, MOST_BUCKETS
from entrypoints.settings import Settings
from tests.entrypoints.edge import WRITING, Edge, an_edge
from tests.examples import NOON, a_play, an_entry

NOW = NOON + timedelta(minutes=7)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTHING = dict.fromkeys(COUNTERS, 0)


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    """The service at seven minutes past noon of 22 November 2026, which keeps hours for a week, with two clips."""
    made = an_edge(tmp_path, settings=Settings(data=tmp_path, keep_deliveries=7), clock=lambda: NOW)
    async with made.client:
        await made.added(title="Rain")
        await made.added(title="Hail")
        yield made


async def play(edge: Edge, clip: int, *moments: datetime) -> None:
    for moment in moments:
        await edge.container.ledger().record(a_play(of=clip, at=moment))  # type: ignore[arg-type]


async def deliver(edge: Edge, clip: int, *moments: datetime) -> None:
    """The whole clip, to one listener, whose key is another one each day."""
    entries = [an_entry(clip, at=moment, listener=f"ada {moment:%m-%d}") for moment in moments]  # type: ignore[arg-type]
    await edge.container.deliveries().deliver(entries, Window.CALENDAR_DAY)


async def told(edge: Edge, path: str) -> Any:
    answer = await edge.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def faults(answer: Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {fault["path"]: fault["message"] for fault in answer.json()["errors"]}


async def test_all_counters_of_a_clip_are_told_of_all_time(edge: Edge) -> None:
    await play(edge, 1, NOON - 40 * DAY, NOON - HOUR)
    await deliver(edge, 1, NOON - 40 * DAY, NOON)

    stats = await told(edge, "/play/1/stats")

    assert {name: stats[name] for name in COUNTERS} == NOTHING | {
        "play_count": 2, "downloads": 2, "listeners": 2, "completed": 2,
    }  # fmt: skip
    assert stats["last_played_at"] == "2026-11-22T11:00:00Z"
    assert not {"series", "interval", "from", "to"} & stats.keys()


async def test_a_series_by_day_has_every_day_and_the_counters_beside_it_are_of_all_time(edge: Edge) -> None:
    await play(edge, 1, NOON - 40 * DAY, NOON - DAY, NOON)
    await deliver(edge, 1, NOON)

    stats = await told(edge, "/play/1/stats?from=2026-11-20&to=2026-11-23")

    assert (stats["interval"], stats["from"], stats["to"]) == ("day", "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z")
    assert stats["series"] == [
        NOTHING | {"since": "2026-11-20T00:00:00Z"},
        NOTHING | {"since": "2026-11-21T00:00:00Z", "play_count": 1},
        NOTHING | {"since": "2026-11-22T00:00:00Z", "play_count": 1, "downloads": 1, "listeners": 1, "completed": 1},
    ]
    assert stats["play_count"] == 3


async def test_a_series_by_hour_has_every_hour(edge: Edge) -> None:
    await play(edge, 1, NOON - HOUR, NOON, NOON + timedelta(minutes=59))

    stats = await told(edge, "/play/1/stats?interval=hour&from=2026-11-22T10:00:00Z&to=2026-11-22T13:00:00Z")

    assert [(bucket["since"], bucket["play_count"]) for bucket in stats["series"]] == [
        ("2026-11-22T10:00:00Z", 0), ("2026-11-22T11:00:00Z", 1), ("2026-11-22T12:00:00Z", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "first", "end"),
    [
        ("interval=hour", "2026-11-21T12:00:00Z", "2026-11-22T13:00:00Z"),
        ("interval=day", "2026-10-23T00:00:00Z", "2026-11-23T00:00:00Z"),
        ("to=2026-11-01", "2026-10-02T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("from=2026-11-20", "2026-11-20T00:00:00Z", "2026-11-23T00:00:00Z"),
    ],
)
async def test_what_is_not_told_of_the_period_is_until_now_by_day_and_for_a_while(
    edge: Edge, query: str, first: str, end: str
) -> None:
    for path in ("/play/1/stats", "/stats"):
        stats = await told(edge, f"{path}?{query}")

        assert (stats["from"], stats["to"]) == (first, end)
        assert stats["series"][0]["since"] == first


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z"),
        ("2026-11-20t00:00:00z", "2026-11-20T00:00:00Z"),
        ("2026-11-20 00:00:00Z", "2026-11-20T00:00:00Z"),
        ("2026-11-20T23:59:59.999999999Z", "2026-11-20T00:00:00Z"),
        ("2026-11-21T01:30:00%2B02:00", "2026-11-20T00:00:00Z"),
        ("2026-11-21T01:30:00+02:00", "2026-11-20T00:00:00Z"),  # as a query string has it: a blank
        ("2026-11-19T23:30:00-01:00", "2026-11-20T00:00:00Z"),
        ("2024-02-29", "2024-02-29T00:00:00Z"),
    ],
)
async def test_moments_are_read_as_rfc_3339_has_them_and_dates_as_midnight_in_utc(
    edge: Edge, asked: str, meant: str
) -> None:
    assert (await told(edge, f"/play/1/stats?from={asked}&to=2026-11-22"))["from"] == meant


@pytest.mark.parametrize("path", ["/play/1/stats", "/stats"])
@pytest.mark.parametrize(
    "moment",
    ["", "yesterday", "2026", "2026-11", "2026-13-01", "2026-02-30", "2026-11-20T25:00:00Z", "2026-11-20T10:00Z",
     "2026-W47-1", "20261120", "2026-11-20T10:00:00", "2026-11-20T10:00:00+24:00", "2026-11-20T10:00:00+01:60",
     "2026-11-20T10:00:60Z", "²026-11-20", "0000-01-01", "0001-01-01", "0001-01-01T00:00:00+23:59", "1969-12-31",
     "9999-12-31", "9999-12-31T23:59:59-23:59", "99999-01-01", "1763769600", "2026-11-20%00", "2026-11-20%0A",
     "2026-11-20T10:00:00." + "1" * 50 + "Z", "\N{FULLWIDTH DIGIT TWO}026-11-20", "x" * 5_000],
)  # fmt: skip
async def test_what_is_no_moment_is_refused_by_its_name(edge: Edge, path: str, moment: str) -> None:
    answer = await edge.client.get(f"{path}?from={moment}&to={moment}")

    assert list(faults(answer)) == ["from", "to"]


async def test_a_series_holds_the_smallest_part_of_a_second_that_was_asked_for(edge: Edge) -> None:
    assert (await told(edge, "/stats?to=2026-11-20T00:00:00Z"))["to"] == "2026-11-20T00:00:00Z"
    assert (await told(edge, "/stats?to=2026-11-20T00:00:00.000001Z"))["to"] == "2026-11-21T00:00:00Z"


async def test_a_moment_without_its_offset_is_refused_with_what_is_missing(edge: Edge) -> None:
    answer = await edge.client.get("/stats?from=2026-11-20T10:00:00")

    assert "offset from UTC" in faults(answer)["from"]


async def test_years_with_which_nothing_can_be_reckoned_are_refused_and_all_others_are_not(edge: Edge) -> None:
    assert "1970 to 9998" in faults(await edge.client.get("/stats?to=9999-01-01"))["to"]
    assert (await told(edge, "/stats?to=1970-01-01"))["to"] == "1970-01-01T00:00:00Z"
    assert (await told(edge, "/stats?from=9998-12-31&to=9998-12-31T23:59:59Z"))["to"] == "9999-01-01T00:00:00Z"


@pytest.mark.parametrize("path", ["/play/1/stats", "/stats"])
@pytest.mark.parametrize("interval", ["", "week", "DAY", "day,hour", "%00", "\N{PARTY POPPER}", "x" * 5_000])
async def test_an_interval_that_is_none_is_refused(edge: Edge, path: str, interval: str) -> None:
    answer = await edge.client.get(f"{path}?interval={interval}")

    assert faults(answer) == {"interval": "must be one of hour, day"}


async def test_all_that_is_wrong_is_told_at_once(edge: Edge) -> None:
    answer = await edge.client.get("/stats?interval=week&from=soon&to=later&limit=0")

    assert list(faults(answer)) == ["interval", "from", "to", "limit"]


@pytest.mark.parametrize(
    "query", ["from=2026-11-20&to=2026-11-20", "from=2026-11-21&to=2026-11-20", "from=2026-11-23", "from=2027-01-01"]
)
async def test_a_period_that_ends_before_it_begins_is_refused(edge: Edge, query: str) -> None:
    for path in ("/play/1/stats", "/stats"):
        assert "must be before to" in faults(await edge.client.get(f"{path}?{query}"))["from"]


async def test_a_period_of_too_many_buckets_is_refused_with_how_many_there_may_be(edge: Edge) -> None:
    start = (NOON - (MOST_BUCKETS - 1) * DAY).date()

    assert len((await told(edge, f"/stats?from={start}"))["series"]) == MOST_BUCKETS
    for path in ("/play/1/stats", "/stats"):
        answer = await edge.client.get(f"{path}?from={start - DAY}")
        assert "at most 1000" in faults(answer)["from"]


async def test_hours_of_longer_ago_than_they_are_kept_are_refused_and_days_are_told(edge: Edge) -> None:
    for path in ("/play/1/stats", "/stats"):
        answer = await edge.client.get(f"{path}?interval=hour&from=2026-11-15&to=2026-11-16")
        assert "last 7 days" in faults(answer)["from"]
        await told(edge, f"{path}?interval=hour&from=2026-11-16&to=2026-11-17")
        await told(edge, f"{path}?interval=day&from=2026-11-01&to=2026-11-17")


async def test_a_clip_that_is_not_there_has_no_series(edge: Edge) -> None:
    assert (await edge.client.get("/play/77/stats?interval=day")).status_code == 404
    await edge.client.delete("/play/1", headers=WRITING)
    assert (await edge.client.get("/play/1/stats?interval=day")).status_code == 404


# all clips


async def test_the_catalogues_counts_are_those_of_the_period_and_sum_up_its_series(edge: Edge) -> None:
    await play(edge, 1, NOON - 2 * DAY, NOON - DAY, NOON)
    await play(edge, 2, NOON, NOON)
    await deliver(edge, 1, NOON - DAY, NOON)
    await deliver(edge, 2, NOON)

    stats = await told(edge, "/stats?from=2026-11-21&to=2026-11-23")

    assert [bucket["play_count"] for bucket in stats["series"]] == [1, 3]
    assert [bucket["listeners"] for bucket in stats["series"]] == [1, 1]  # of two clips on one day: one listener
    assert {name: stats[name] for name in COUNTERS} == NOTHING | {
        "play_count": 4, "downloads": 3, "listeners": 2, "completed": 3,
    }  # fmt: skip
    assert stats["interval"] == "day"


async def test_the_clips_that_were_played_most_come_with_their_plays_of_the_period(edge: Edge) -> None:
    await play(edge, 1, NOON - 2 * DAY, NOON - 2 * DAY, NOON - 2 * DAY, NOON)
    await play(edge, 2, NOON, NOON)

    stats = await told(edge, "/stats?from=2026-11-22&to=2026-11-23")

    assert [(clip["title"], clip["plays"], clip["play_count"]) for clip in stats["top"]] == [
        ("Hail", 2, 2), ("Rain", 1, 4),
    ]  # fmt: skip
    for clip in stats["top"]:
        assert clip | (await told(edge, f"/play/{clip['id']}")) == clip
    assert [clip["title"] for clip in (await told(edge, "/stats?limit=1"))["top"]] == ["Rain"]


async def test_ten_clips_are_shown_unless_told_otherwise(edge: Edge) -> None:
    for number in range(9):
        await edge.added(title=f"Rain {number}")
    for clip in range(1, 12):
        await play(edge, clip, NOON)

    assert len((await told(edge, "/stats"))["top"]) == 10
    assert len((await told(edge, "/stats?limit=100"))["top"]) == 11


@pytest.mark.parametrize("limit", ["", "0", "101", "-1", "1.5", "ten", "²", "9" * 5_000])
async def test_how_many_clips_are_shown_is_a_number_from_1_to_100(edge: Edge, limit: str) -> None:
    assert faults(await edge.client.get(f"/stats?limit={limit}")) == {"limit": "must be a whole number from 1 to 100"}


async def test_a_catalogue_that_nobody_listened_to_is_told_with_zeros(edge: Edge) -> None:
    stats = await told(edge, "/stats?interval=hour")

    assert {name: stats[name] for name in COUNTERS} == NOTHING
    assert stats["top"] == []
    assert len(stats["series"]) == 25


async def test_the_catalogues_stats_are_no_clips_and_not_under_the_prefix_of_the_first_version(edge: Edge) -> None:
    assert (await edge.client.get("/api/v1/stats")).status_code == 404
    assert (await edge.client.get("/stats/")).status_code == 200
    assert datetime.fromisoformat((await told(edge, "/stats"))["to"]).astimezone(UTC) > NOW
