"""A clip's stats are the clip and its counters, as they are at this moment."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.entrypoints.edge import WRITING, Edge, LedgerAway, an_edge
from tests.examples import NOON, a_play

NOTHING = {"play_count": 0, "downloads": 0, "listeners": 0, "completed": 0, "listens": 0, "skips": 0}


async def test_stats_are_the_clip_and_its_counters(edge: Edge) -> None:
    clip = await edge.added()

    answer = await edge.client.get(f"/play/{clip['id']}/stats")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == clip | NOTHING | {"last_played_at": None}


async def test_a_play_shows_at_once_everywhere(edge: Edge) -> None:
    clip, other = await edge.added(), await edge.added()
    before = datetime.now(UTC)

    await edge.client.get(clip["stream_url"])

    stats = (await edge.client.get(f"/play/{clip['id']}/stats")).json()
    assert stats["play_count"] == 1
    assert before <= datetime.fromisoformat(stats["last_played_at"]) <= datetime.now(UTC)
    assert (await edge.client.get(f"/play/{clip['id']}")).json()["play_count"] == 1
    assert [item["play_count"] for item in (await edge.client.get("/play")).json()] == [0, 1]
    assert await edge.play_count(other) == 0


async def test_the_last_play_is_told_in_utc(edge: Edge) -> None:
    clip = await edge.added()
    await edge.container.ledger().record(a_play(of=clip["id"], at=NOON))

    assert (await edge.client.get(f"/play/{clip['id']}/stats")).json()["last_played_at"] == "2026-11-22T12:00:00Z"


async def test_a_change_of_the_clip_keeps_its_plays(edge: Edge) -> None:
    clip = await edge.added()
    await edge.client.get(clip["stream_url"])

    await edge.client.patch(f"/play/{clip['id']}", json={"title": "Hail"}, headers=WRITING)

    assert await edge.play_count(clip) == 1


async def test_a_clip_that_is_not_there_has_no_stats(edge: Edge) -> None:
    assert (await edge.client.get("/play/7/stats")).status_code == 404


async def test_a_ledger_that_is_away_is_a_503_that_says_when_to_come_back(tmp_path: Path) -> None:
    away = an_edge(tmp_path, statistics=LedgerAway())
    async with away.client:
        clip = await away.added()
        answer = await away.client.get(f"/play/{clip['id']}/stats")

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "cannot be reached" in answer.json()["detail"]


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
@pytest.mark.parametrize("path", ["/play/{id}/stats", "/play/{id}/stats?interval=day", "/stats"])
async def test_no_cache_answers_with_numbers_of_before(edge: Edge, path: str, accept: str) -> None:
    clip = await edge.added()
    answer = await edge.client.get(path.format(id=clip["id"]), headers={"accept": accept})

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
