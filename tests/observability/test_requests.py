"""Each request has an id and leaves one line in the log, which tells what was asked and never by whom."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from adapters.system import new_id
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from observability.logs import log
from observability.metrics import Metrics
from observability.requests import RequestTelemetry, ids_after
from tests.entrypoints.edge import KEY, RAIN, WRITING, Edge, an_edge

MINTED = re.compile("[0-9a-f]{32}")


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    made = an_edge(tmp_path)
    async with made.client:
        yield made


async def test_a_request_without_an_id_gets_one_of_its_own(edge: Edge) -> None:
    named = [(await edge.client.get("/play")).headers["x-request-id"] for _ in range(2)]

    assert all(MINTED.fullmatch(name) for name in named)
    assert named[0] != named[1]


async def test_no_two_processes_give_the_same_id(tmp_path: Path) -> None:
    first, second = an_edge(tmp_path), an_edge(tmp_path)
    async with first.client, second.client:
        assert (await first.asked("GET", "/play")).headers["x-request-id"] != (
            await second.asked("GET", "/play")
        ).headers["x-request-id"]


@pytest.mark.parametrize("path", ["/play", "/play/7", "/nowhere", "/play/1/stream", "/livez", "/metrics"])
async def test_a_plain_id_of_the_clients_goes_on(edge: Edge, path: str) -> None:
    clip = await edge.added()
    assert clip["id"] == 1

    answer = await edge.client.get(path, headers={"x-request-id": "Trace_7.a-B"})

    assert answer.headers.get_list("x-request-id") == ["Trace_7.a-B"]


@pytest.mark.parametrize(
    "sent", [b"", b"a b", b"a\nb", b"a\r\nset-cookie: x", b"\xff", b"x" * 65, b'{"a":1}', b"a;b", b"\0"]
)
async def test_an_id_that_is_not_plain_is_replaced(edge: Edge, sent: bytes) -> None:
    answer = await edge.asked("GET", "/play", headers=[(b"x-request-id", sent)])

    assert MINTED.fullmatch(answer.headers["x-request-id"])


async def lines(edge: Edge, method: str, path: str, **asked: Any) -> list[Any]:
    """What the log says while this is asked."""
    with capture_logs() as said:
        await edge.asked(method, path, **asked)
    return said


async def test_a_request_leaves_one_line_that_tells_what_was_asked_and_answered(edge: Edge) -> None:
    begun = perf_counter()
    [line] = await lines(edge, "GET", "/api/v1/play/7/", query=b"play=secret", headers=[(b"cookie", b"secret")])

    assert 0 <= line.pop("seconds") < perf_counter() - begun
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/api/v1/play/7",
        "route": "/play/{id}",
        "status": 404,
    }


async def test_the_log_tells_nothing_of_who_asked(edge: Edge) -> None:
    headers = [(b"x-api-key", KEY.encode()), (b"user-agent", b"a browser"), (b"x-forwarded-for", b"198.51.100.9")]

    said = str(await lines(edge, "POST", "/play", headers=headers)) + str(await lines(edge, "GET", "/nowhere"))

    for private in ("203.0.113.7", "198.51.100.9", "a browser", KEY, "50000"):
        assert private not in said


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health", "/metrics", "/livez/"])
async def test_probes_leave_no_line(edge: Edge, path: str) -> None:
    assert await lines(edge, "GET", path) == []


async def test_a_method_that_nobody_knows_is_not_written_down(edge: Edge) -> None:
    [line] = await lines(edge, "X" * 1_000, "/play")

    assert (line["method"], line["status"]) == ("_OTHER", 405)


async def test_a_source_that_failed_leaves_a_line_without_the_signature_in_its_address(edge: Edge) -> None:
    signed = AudioLocation("https://audio.test/rain.wav?signature=secret")
    edge.sounds.content[signed] = edge.sounds.content[RAIN]
    clip = await edge.added(audio_url=signed)
    edge.sounds.failing[signed] = AudioUnavailable(signed, SourceFailure.REFUSED)

    failed, request = await lines(edge, "GET", clip["stream_url"])

    assert failed == {
        "event": "source failed",
        "log_level": "warning",
        "failure": "refused",
        "location": "https://audio.test/rain.wav",
    }
    assert request["status"] == 502


class BrokenCatalogue:
    """A catalogue with a defect."""

    async def find(self, clip: object) -> None:
        raise RuntimeError("a defect")

    async def used(self, locations: object) -> frozenset[str]:
        return frozenset()


async def test_a_defect_is_a_500_that_leads_to_the_log_and_tells_nothing_more(tmp_path: Path) -> None:
    broken = an_edge(tmp_path, catalogue=BrokenCatalogue())
    async with broken.client:
        with capture_logs() as said:
            answer = await broken.client.get("/play/1", headers=WRITING)
        counted = (await broken.client.get("/metrics")).text

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert MINTED.fullmatch(answer.headers["x-request-id"])
    assert "defect" not in answer.text
    assert [line["status"] for line in said] == [500]
    assert 'http_response_status_code="500",http_route="/play/{id}"' in counted


async def test_what_is_no_http_request_is_passed_on_untouched(edge: Edge) -> None:
    """A server tells of its start and its end the same way."""
    with capture_logs() as said, pytest.raises(StopAsyncIteration):
        await edge.app({"type": "lifespan"}, _nothing_comes, _nothing_goes)

    assert said == []


async def _nothing_comes() -> Any:
    raise StopAsyncIteration


async def _nothing_goes(_message: Any) -> None:
    raise AssertionError("nothing is said before something was asked")


async def test_a_request_that_is_given_up_before_its_answer_is_not_taken_for_a_defect() -> None:
    async def never_answers(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.Event().wait()

    metrics = Metrics()
    app = RequestTelemetry(never_answers, metrics, partial(log.info, "request"), ids_after(new_id()))

    async def asked() -> None:
        await app({"type": "http", "method": "GET", "path": "/play", "headers": []}, _nothing_comes, _nothing_goes)

    with capture_logs() as said:
        asking = asyncio.create_task(asked())
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.wait({asking})

    assert asking.cancelled()
    assert [line["status"] for line in said] == [499]
    assert 'http_response_status_code="499"' in metrics.exposition("")[0].decode()


async def test_a_stream_that_is_cut_when_the_service_ends_keeps_the_status_it_was_answered_with(edge: Edge) -> None:
    clip = await edge.added()
    sent = asyncio.Event()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            sent.set()
            await asyncio.Event().wait()  # a listener who takes nothing

    async def passed_on() -> None:
        scope = {"type": "http", "method": "GET", "path": clip["stream_url"], "query_string": b"", "headers": []}
        await edge.app(scope | {"root_path": "", "client": ("203.0.113.7", 50_000)}, _nothing_comes, send)

    with capture_logs() as said:
        asked = asyncio.create_task(passed_on())
        await sent.wait()
        asked.cancel()
        await asyncio.wait({asked})

    assert [line["status"] for line in said] == [200]
