"""Every address answers with and without a trailing slash, under both prefixes, to HEAD and OPTIONS; else it is 405."""

import pytest

from tests.entrypoints.edge import RAIN, WRITING, Edge

READ = ["/play", "/play/1", "/play/1/stream", "/play/1/stats"]
OTHERS = [
    "/stats",
    "/about/counting",
    "/livez",
    "/readyz",
    "/health",
    "/metrics",
    "/",
    "/openapi.json",
    "/page/play.js",
]
ALLOWED = {
    "/play": "GET, HEAD, OPTIONS, POST",
    "/play/1": "DELETE, GET, HEAD, OPTIONS, PATCH",
    **dict.fromkeys(["/play/1/stream", "/play/1/stats", *OTHERS], "GET, HEAD, OPTIONS"),
}


@pytest.fixture
async def edge(edge: Edge) -> Edge:
    """The service with two clips."""
    await edge.added(title="a")
    await edge.added(title="b")
    return edge


@pytest.mark.parametrize("path", READ)
async def test_the_prefix_of_the_first_version_leads_to_the_same(edge: Edge, path: str) -> None:
    plain, prefixed = await edge.client.get(path), await edge.client.get(f"/api/v1{path}")

    assert (plain.status_code, prefixed.status_code) == (200, 200)
    assert prefixed.headers["content-type"] == plain.headers["content-type"]
    if path != "/play/1/stream":
        assert without_counts(prefixed.json()) == without_counts(plain.json())


def without_counts(answer: object) -> object:
    if isinstance(answer, list):
        return [without_counts(item) for item in answer]
    assert isinstance(answer, dict)
    return {name: value for name, value in answer.items() if name not in ("play_count", "last_played_at")}


async def test_writing_works_under_the_prefix_too(edge: Edge) -> None:
    offered = {"title": "c", "genre": "g", "audio_url": RAIN}

    added = await edge.client.post("/api/v1/play", json=offered, headers=WRITING)
    changed = await edge.client.patch(f"/api/v1/play/{added.json()['id']}/", json={"title": "d"}, headers=WRITING)
    removed = await edge.client.delete(f"/api/v1/play/{added.json()['id']}", headers=WRITING)

    assert [answer.status_code for answer in (added, changed, removed)] == [201, 200, 204]
    assert added.headers["location"] == "/play/3"


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
async def test_the_link_to_the_next_page_keeps_the_prefix(edge: Edge, prefix: str) -> None:
    for path in (f"{prefix}/play", f"{prefix}/play/"):
        first = await edge.client.get(path, params={"limit": 1})
        link = first.links["next"]["url"]
        assert link.startswith(f"{prefix}/play?")
        assert [clip["title"] for clip in (await edge.client.get(link)).json()] == ["a"]


@pytest.mark.parametrize("path", OTHERS)
async def test_nothing_but_play_answers_under_the_prefix(edge: Edge, path: str) -> None:
    assert (await edge.client.get(f"/api/v1{path}")).status_code == 404


@pytest.mark.parametrize("path", [*READ, *(f"/api/v1{path}" for path in READ), "/livez", "/metrics", "/openapi.json"])
async def test_a_trailing_slash_is_tolerated_without_a_redirect(edge: Edge, path: str) -> None:
    plain, slashed = await edge.client.get(path), await edge.client.get(f"{path}/")

    assert (slashed.status_code, plain.status_code) == (200, 200)
    assert slashed.headers["content-type"] == plain.headers["content-type"]


@pytest.mark.parametrize("path", [*READ, *OTHERS, "/play/999", "/nowhere", "/play?limit=0"])
async def test_head_answers_what_get_would_with_the_same_headers(edge: Edge, path: str) -> None:
    head, get = await edge.client.head(path), await edge.client.get(path)
    ever_other = {"x-request-id"} | ({"content-length"} if path == "/metrics" else set())

    assert head.status_code == get.status_code
    assert {name: value for name, value in head.headers.items() if name not in ever_other} == {
        name: value for name, value in get.headers.items() if name not in ever_other
    }


@pytest.mark.parametrize(("path", "allowed"), ALLOWED.items())
async def test_options_tells_what_an_address_answers(edge: Edge, path: str, allowed: str) -> None:
    answer = await edge.client.options(path)

    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allowed, b"")


@pytest.mark.parametrize(("path", "allowed"), [*ALLOWED.items(), ("/api/v1/play/", ALLOWED["/play"])])
@pytest.mark.parametrize("method", ["PUT", "FOO", "TRACE", "get", "POSTT", "POST", "DELETE", "PATCH"])
async def test_another_method_is_a_405_that_names_all_that_are_allowed(
    edge: Edge, path: str, allowed: str, method: str
) -> None:
    if method in allowed.split(", "):
        return

    answer = await edge.asked(method, path, headers=[(b"authorization", WRITING["authorization"].encode())])

    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"
    assert allowed in answer.json()["detail"]
    assert method in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/play//", "/play/1/2", "/play/1/stream/2", "/Play", "/api/v1", "/api/v1/", "/api/v2/play",
     "/api/v1/playing", "/api/v1/api/v1/play", "/favicon.ico/../play", "/play/1/../2"],
)  # fmt: skip
async def test_an_address_that_is_not_there_is_a_problem(edge: Edge, path: str) -> None:
    answer = await edge.asked("GET", path)

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
    }


@pytest.mark.parametrize("path", ["/play", "/play/1", "/play/1/stats", "/openapi.json"])
async def test_who_does_not_take_json_is_refused(edge: Edge, path: str) -> None:
    answer = await edge.client.get(path, headers={"accept": "text/html"})

    assert answer.status_code == 406
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/", "/play/1/stream", "/livez", "/metrics"])
async def test_who_asks_for_what_is_no_json_gets_it_whatever_is_accepted(edge: Edge, path: str) -> None:
    assert (await edge.client.get(path, headers={"accept": "image/png"})).status_code == 200
