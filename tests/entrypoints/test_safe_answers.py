"""Browsers are told with every answer to guess no types, tell no addresses, run nothing and frame nothing."""

import pytest

from tests.entrypoints.edge import WRITING, Edge

EVERYTHING = [
    "/play",
    "/play/1",
    "/play/77",
    "/play/1/stats",
    "/stats",
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
]
PAGES = ["/", "/docs", "/about/counting"]


@pytest.mark.parametrize("path", [*EVERYTHING, "/nowhere", "/play?limit=x", "/page/play.js", *PAGES])
async def test_every_answer_is_safe_to_open_in_a_browser(edge: Edge, path: str) -> None:
    await edge.added()

    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        headers = (await edge.client.request(method, path, headers={"accept": "text/html, */*"})).headers

        assert headers.get_list("x-content-type-options") == ["nosniff"]
        assert headers.get_list("referrer-policy") == ["no-referrer"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers.get_list("content-security-policy") == [headers["content-security-policy"]]
        assert "strict-transport-security" not in headers  # this is plain HTTP, and may be nobody's but ours


async def test_only_pages_may_run_scripts_and_only_our_own(edge: Edge) -> None:
    for path in EVERYTHING:
        headers = (await edge.client.get(path)).headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    for path in PAGES:
        policy = (await edge.client.get(path, headers={"accept": "text/html"})).headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


async def test_audio_is_what_it_says_and_browsers_own_players_show_it(edge: Edge) -> None:
    clip = await edge.added()
    headers = (await edge.client.get(clip["stream_url"])).headers

    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert "content-security-policy" not in headers


async def test_a_clip_that_speaks_html_is_shown_as_json(edge: Edge) -> None:
    await edge.added(title="<script>alert(1)</script>")
    answer = await edge.client.get("/play", headers={"accept": "text/html, application/json;q=0.9"} | WRITING)

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
