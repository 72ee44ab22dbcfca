"""Pages of any site may list and play, and read what they need of the answers; none may write a clip (Fetch §3.2)."""

import pytest

from tests.entrypoints.edge import WRITING, Edge

ELSEWHERE = {"origin": "https://player.test"}


@pytest.mark.parametrize("path", ["/play", "/play/1", "/play/1/stream", "/play/1/stats", "/play/77/stream", "/nowhere"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_any_page_may_read_every_answer_also_a_refusal(edge: Edge, method: str, path: str) -> None:
    await edge.added()

    answer = await edge.client.request(method, path, headers=ELSEWHERE)

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "origin" not in answer.headers.get("vary", "").lower()


async def test_a_page_may_read_what_a_player_needs_to_know(edge: Edge) -> None:
    clip = await edge.added()

    answer = await edge.client.get(clip["stream_url"], headers={**ELSEWHERE, "range": "bytes=0-9"})

    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"accept-ranges", "content-range", "content-length", "etag", "content-disposition"} <= exposed
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_a_page_may_ask_with_ranges_conditions_and_a_key(edge: Edge) -> None:
    asking = {
        **ELSEWHERE,
        "access-control-request-method": "GET",
        "access-control-request-headers": "range, if-range, x-playback-session-id, authorization",
    }
    answer = await edge.client.options("/play/1/stream", headers=asking)

    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"range", "if-range", "if-none-match", "x-playback-session-id", "authorization"} <= allowed
    assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
async def test_no_page_of_another_site_may_write(edge: Edge, method: str) -> None:
    answer = await edge.client.options("/play", headers={**ELSEWHERE, "access-control-request-method": method})

    allowed = answer.headers["access-control-allow-methods"].replace(" ", "").split(",")
    assert sorted(allowed) == ["GET", "HEAD"]


async def test_credentials_are_never_asked_for(edge: Edge) -> None:
    answer = await edge.client.get("/play", headers={**ELSEWHERE, **WRITING})

    assert "access-control-allow-credentials" not in answer.headers
