"""What the service really answers is what the contract says of that operation: status, type, headers and body."""

from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.errors import AudioUnavailable, SourceFailure
from entrypoints.settings import Settings
from tests.entrypoints.contract import obeys
from tests.entrypoints.edge import RAIN, WRITING, Edge, LedgerAway, an_edge

OFFERED = {"title": "Rain", "genre": "Nature", "audio_url": RAIN}
WRONG_KEY = {"x-api-key": "no key"}
NO_JSON = {"accept": "text/html"}
CSV = {"accept": "text/csv"}


async def test_what_is_answered_to_a_good_request_is_as_written(edge: Edge) -> None:
    ask = edge.client.request
    clip = f"/play/{(await edge.added(description='Soft'))['id']}"

    assert obeys(await ask("POST", "/play", json=OFFERED, headers=WRITING), "addClip")
    assert obeys(await ask("GET", "/play?limit=1"), "listClips")
    assert obeys(await ask("GET", "/genres"), "listGenres")
    assert obeys(await ask("GET", "/tags"), "listTags")
    assert obeys(await ask("GET", clip), "getClip")
    assert obeys(await ask("PATCH", clip, json={"description": None}, headers=WRITING), "changeClip")
    assert obeys(await ask("GET", f"{clip}/stats"), "getClipStats")
    assert obeys(await ask("GET", f"{clip}/peaks?points=3"), "getClipPeaks")
    assert obeys(await ask("GET", f"{clip}/stream"), "streamClip")
    assert obeys(await ask("GET", f"{clip}/stats"), "getClipStats")
    assert obeys(await ask("GET", f"{clip}/stream", headers={"range": "bytes=2-5"}), "streamClip")
    assert obeys(await ask("GET", f"{clip}/stream", headers={"range": "bytes=2-5, 9-"}), "streamClip")
    assert obeys(await ask("HEAD", f"{clip}/stream"), "describeStream")
    await edge.container.delivery_queue().settled()
    assert obeys(await ask("GET", f"{clip}/stats?interval=hour"), "getClipStats")
    assert obeys(await ask("GET", f"{clip}/stats", headers=CSV), "getClipStats")
    assert obeys(await ask("GET", "/stats?limit=1"), "getStats")
    assert obeys(await ask("GET", "/stats", headers=CSV), "getStats")
    explained = await ask("GET", f"{clip}/stats/explain", headers=WRITING)
    assert obeys(explained, "explainClipStats")
    assert len(explained.json()["requests"]) == 4
    assert obeys(await ask("DELETE", clip, headers=WRITING), "removeClip")


@pytest.mark.parametrize(
    ("operation", "path"),
    [("livez", "/livez"), ("health", "/health"), ("readyz", "/readyz"), ("metrics", "/metrics"), ("page", "/"),
     ("docs", "/docs"), ("contract", "/openapi.json"), ("aboutCounting", "/about/counting")],
)  # fmt: skip
async def test_what_is_answered_to_an_operator_is_as_written(edge: Edge, operation: str, path: str) -> None:
    answer = await edge.client.get(path)

    assert answer.status_code == 200
    assert obeys(answer, operation)


@pytest.mark.parametrize(
    ("operation", "asked", "status", "sent"),
    [
        ("listClips", "GET /play?limit=0&sort=loudest&q=" + 201 * "q", 422, {}),
        ("listClips", "GET /play", 406, {"headers": NO_JSON}),
        (
            "addClip",
            "POST /play",
            400,
            {"content": b"{", "headers": {**WRITING, "content-type": "application/json"}},
        ),
        ("addClip", "POST /play", 401, {"json": OFFERED}),
        ("addClip", "POST /play", 401, {"json": OFFERED, "headers": WRONG_KEY}),
        ("addClip", "POST /play", 413, {"json": {"title": "x" * 70_000}, "headers": WRITING}),
        ("addClip", "POST /play", 415, {"content": b"x", "headers": WRITING}),
        ("addClip", "POST /play", 422, {"json": {"colour": "red"}, "headers": WRITING}),
        ("addClip", "POST /play", 422, {"json": [], "headers": WRITING}),
        ("listGenres", "GET /genres", 406, {"headers": NO_JSON}),
        ("listTags", "GET /tags?genre=" + 201 * "g", 422, {}),
        ("getClip", "GET /play/77", 404, {}),
        ("getClip", "GET /play/1", 406, {"headers": NO_JSON}),
        ("changeClip", "PATCH /play/77", 404, {"json": {}, "headers": WRITING}),
        ("changeClip", "PATCH /play/1", 422, {"json": {"title": None}, "headers": WRITING}),
        ("removeClip", "DELETE /play/77", 404, {"headers": WRITING}),
        ("removeClip", "DELETE /play/1", 401, {}),
        ("getClipPeaks", "GET /play/77/peaks", 404, {}),
        ("getClipPeaks", "GET /play/1/peaks", 304, {"headers": {"if-none-match": "*"}}),
        ("getClipPeaks", "GET /play/1/peaks", 406, {"headers": NO_JSON}),
        ("getClipPeaks", "GET /play/1/peaks", 412, {"headers": {"if-match": '"another"'}}),
        ("getClipPeaks", "GET /play/1/peaks?points=0", 422, {}),
        ("getClipStats", "GET /play/abc/stats", 404, {}),
        ("getClipStats", "GET /play/1/stats", 406, {"headers": NO_JSON}),
        ("getClipStats", "GET /play/1/stats?interval=week&from=soon&to=" + 99 * "9", 422, {}),
        ("getClipStats", "GET /play/1/stats?from=2026-01-02&to=2026-01-01", 422, {}),
        ("getStats", "GET /stats", 406, {"headers": NO_JSON}),
        ("getStats", "GET /stats?interval=hour&from=1999-01-01&to=1999-01-02&limit=5", 422, {}),
        ("getStats", "GET /stats?limit=0", 422, {}),
        ("explainClipStats", "GET /play/1/stats/explain", 401, {}),
        ("explainClipStats", "GET /play/77/stats/explain", 404, {"headers": WRITING}),
        ("explainClipStats", "GET /play/1/stats/explain", 406, {"headers": {**WRITING, **NO_JSON}}),
        ("explainClipStats", "GET /play/1/stats/explain?limit=x", 422, {"headers": WRITING}),
        ("aboutCounting", "GET /about/counting", 406, {"headers": {"accept": "image/png"}}),
        ("streamClip", "GET /play/0/stream", 404, {}),
        ("streamClip", "GET /play/1/stream", 416, {"headers": {"range": "bytes=9999999-"}}),
        ("streamClip", "GET /play/1/stream?play=once", 422, {}),
        ("streamClip", "GET /play/1/stream", 304, {"headers": {"if-none-match": "*"}}),
        ("streamClip", "GET /play/1/stream", 412, {"headers": {"if-match": '"another"'}}),
        ("describeStream", "HEAD /play/1/stream", 304, {"headers": {"if-none-match": "*"}}),
        ("describeStream", "HEAD /play/1/stream", 412, {"headers": {"if-match": '"another"'}}),
        ("followPlayCounts", "GET /play/events", 406, {"headers": NO_JSON}),
        ("followPlayCounts", "GET /play/events?clips=1,,2", 422, {}),
        ("contract", "GET /openapi.json", 406, {"headers": NO_JSON}),
    ],
)
async def test_what_is_refused_is_refused_as_written(
    edge: Edge, operation: str, asked: str, status: int, sent: dict[str, Any]
) -> None:
    await edge.added()
    method, path = asked.split()
    answer = await edge.client.request(method, path, **sent)

    assert answer.status_code == status
    assert obeys(answer, operation)


@pytest.mark.parametrize(("failure", "status"), [(SourceFailure.UNREACHABLE, 502), (SourceFailure.TOO_SLOW, 504)])
async def test_a_source_that_fails_is_answered_as_written(edge: Edge, failure: SourceFailure, status: int) -> None:
    clip = await edge.added()
    edge.sounds.failing[RAIN] = AudioUnavailable(RAIN, failure)
    stream = f"/play/{clip['id']}/stream"
    answer, head = await edge.client.get(stream), await edge.client.head(stream)

    assert (answer.status_code, head.status_code) == (status, status)
    assert obeys(answer, "streamClip")
    drawn = await edge.client.get(f"/play/{clip['id']}/peaks")

    assert drawn.status_code == status
    assert obeys(drawn, "getClipPeaks")


async def test_a_closed_or_broken_service_answers_as_written(tmp_path: Path) -> None:
    closed = an_edge(tmp_path, keys=())
    added, explained = await closed.client.post("/play", json=OFFERED), await closed.client.get("/play/1/stats/explain")

    assert (added.status_code, explained.status_code) == (403, 403)
    assert obeys(added, "addClip")
    assert obeys(explained, "explainClipStats")

    broken = an_edge(tmp_path, statistics=LedgerAway())
    clip = f"/play/{(await broken.added())['id']}"
    for path, operation in (
        (f"{clip}/stats", "getClipStats"),
        (f"{clip}/stats/explain", "explainClipStats"),
        ("/stats", "getStats"),
    ):
        answer = await broken.client.get(path, headers=WRITING)

        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert obeys(answer, operation)


async def test_a_private_service_answers_as_written(tmp_path: Path) -> None:
    digest = f"reader:{sha256(b'a key').hexdigest()}"
    private = an_edge(tmp_path, settings=Settings(data=tmp_path, read_keys=(digest,), metrics_key=digest))
    clip = await private.added()
    listens = f"/play/1/listens/{uuid4()}"
    for operation, method, path in (
        ("listClips", "GET", "/play"),
        ("listGenres", "GET", "/genres"),
        ("listTags", "GET", "/tags"),
        ("getClip", "GET", "/play/1"),
        ("getClipStats", "GET", "/play/1/stats"),
        ("getStats", "GET", "/stats"),
        ("getClipPeaks", "GET", "/play/1/peaks"),
        ("streamClip", "GET", "/play/1/stream"),
        ("describeStream", "HEAD", "/play/1/stream"),
        ("confirmListen", "PUT", listens),
        ("metrics", "GET", "/metrics"),
        ("aboutCounting", "GET", "/about/counting"),
    ):
        refused = await private.client.request(method, path)

        assert refused.status_code == 401
        assert obeys(refused, operation)

    for operation, method, path in (
        ("streamClip", "GET", f"{clip['stream_url']}0"),
        ("describeStream", "HEAD", f"{clip['stream_url']}0"),
        ("confirmListen", "PUT", f"{listens}?signature=0"),
    ):
        forged = await private.client.request(method, path)

        assert forged.status_code == 403
        assert obeys(forged, operation)
