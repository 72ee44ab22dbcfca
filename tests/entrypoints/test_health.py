"""A probe learns at once whether the process lives and whether it can work."""

from pathlib import Path

import pytest

from domain.errors import StoreUnavailable
from tests.entrypoints.edge import Edge, an_edge


async def store_away() -> None:
    raise StoreUnavailable("the database cannot be reached")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health"])
async def test_a_service_that_can_work_says_ok(edge: Edge, path: str) -> None:
    answer = await edge.client.get(path)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"


async def test_without_its_database_it_lives_and_is_not_ready(tmp_path: Path) -> None:
    away = an_edge(tmp_path, check_store=store_away)
    async with away.client:
        ready = await away.client.get("/readyz")
        assert (await away.client.get("/livez")).status_code == 200
        assert (await away.client.get("/health")).status_code == 200

    assert ready.status_code == 503
    assert ready.headers["content-type"] == "application/problem+json"
    assert "the database cannot be reached" in ready.json()["detail"]


async def test_a_process_that_was_told_to_end_lives_and_is_not_ready(edge: Edge) -> None:
    edge.container.health().drain()

    ready = await edge.client.get("/readyz")

    assert ready.status_code == 503
    assert "ending" in ready.json()["detail"]
    assert (await edge.client.get("/livez")).status_code == 200


@pytest.mark.parametrize("accept", ["", "*/*", "text/plain", "nonsense", "text/plain;version=0.0.4", "é;=,;"])
async def test_metrics_are_prometheus_text_whatever_else_is_wanted(edge: Edge, accept: str) -> None:
    answer = await edge.client.get("/metrics", headers=[(b"accept", accept.encode())])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b"play_plays_recorded_total" in answer.content


@pytest.mark.parametrize("version", ["1.0.0", "abc", "", "1.x", "é", "9" * 5_000])
async def test_metrics_are_openmetrics_where_that_is_wanted_in_any_version(edge: Edge, version: str) -> None:
    accept = f"application/openmetrics-text; version={version}"

    answer = await edge.client.get("/metrics", headers=[(b"accept", accept.encode())])

    assert answer.status_code == 200
    assert "version=" in answer.headers["content-type"]
