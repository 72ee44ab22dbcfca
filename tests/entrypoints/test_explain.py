"""Who may write sees why each request was counted or not, and never who it was."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from domain.clip import ClipId
from domain.decision import Reason
from domain.errors import AudioUnavailable, SourceFailure
from domain.heard import Window
from entrypoints.web.reasons import BECAUSE
from tests.entrypoints.edge import RAIN, WAV, WRITING, Edge, FromNoon, an_edge
from tests.examples import an_entry

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"}


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    """The service with a clip, and a client that says it is a browser."""
    made = an_edge(tmp_path, clock=FromNoon())
    made.client.headers.update(BROWSER)
    async with made.client:
        await made.added()
        yield made


async def explained(edge: Edge, query: str = "") -> list[dict[str, Any]]:
    """The clip's requests, once all are written down."""
    await edge.container.delivery_queue().settled()
    answer = await edge.client.get(f"/play/1/stats/explain{query}", headers=WRITING)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["requests"]
    return found


async def reasons(edge: Edge) -> tuple[str, str]:
    """Of the last request: why it is a play or not, and a download or not."""
    last = (await explained(edge))[0]
    return last["play"]["reason"], last["download"]["reason"]


async def stream(edge: Edge, method: str = "GET", query: str = "", **headers: str) -> None:
    await edge.client.request(
        method, f"/play/1/stream{query}", headers={n.replace("_", "-"): v for n, v in headers.items()}
    )


async def test_a_request_is_told_with_what_was_sent_and_why_it_counts(edge: Edge) -> None:
    playback = str(uuid4())
    await stream(edge, query=f"?play={playback}")

    [request] = await explained(edge)

    assert request["playback"] == playback
    assert (request["ending"], request["bytes_sent"], request["ranges"]) == ("sent", len(WAV), [[0, len(WAV) - 1]])
    assert request["play"] == {"counted": True, "reason": "counted", "because": BECAUSE[Reason.COUNTED]}
    assert request["download"] == {"counted": True, "reason": "counted", "because": BECAUSE[Reason.COUNTED]}
    assert request["completed_play"] is True


async def test_the_last_request_comes_first_and_a_listener_is_told_from_another(edge: Edge) -> None:
    await stream(edge)
    await stream(edge, range="bytes=0-9, 20-29")
    await stream(edge, user_agent="Another/1.0 browser")

    other, parts, first = await explained(edge)

    assert parts["ranges"] == [[0, 9], [20, 29]]
    assert parts["bytes_sent"] == 20
    assert parts["listener"] == first["listener"] != other["listener"]
    assert other["ended_at"] >= parts["ended_at"] >= first["ended_at"]
    assert len({request["id"] for request in (other, parts, first)}) == 3


async def test_each_way_of_asking_has_its_reasons(edge: Edge) -> None:
    playback = f"?play={uuid4()}"
    seen = []
    for asked in (
        {"range": "bytes=0-1"}, {"range": "bytes=50-"}, {"sec_purpose": "prefetch"}, {"if_none_match": "*"},
        {"if_match": '"other"'}, {"user_agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}, {"user_agent": ""},
    ):  # fmt: skip
        await stream(edge, **asked)
        seen.append(await reasons(edge))
    for method, query in (("HEAD", ""), ("GET", playback), ("GET", playback)):
        await stream(edge, method, query)
        seen.append(await reasons(edge))
    edge.sounds.failing[RAIN] = AudioUnavailable(RAIN, SourceFailure.UNREACHABLE)
    await stream(edge)
    seen.append(await reasons(edge))

    assert seen == [
        ("probe", "probe"), ("seek", "too_few_bytes"), ("prefetch", "prefetch"), ("not_modified", "not_modified"),
        ("refused", "refused"), ("counted", "bot"), ("counted", "no_user_agent"), ("head", "head"),
        ("counted", "counted"), ("repeat", "duplicate"), ("source_failed", "source_failed"),
    ]  # fmt: skip
    assert {reason for pair in seen for reason in pair} == set(Reason)


async def test_a_request_that_got_nothing_is_told_too(edge: Edge) -> None:
    await stream(edge, method="HEAD")

    [request] = await explained(edge)

    assert (request["ending"], request["bytes_sent"], request["ranges"]) == ("no_audio", 0, [])
    assert request["play"]["counted"] is request["download"]["counted"] is request["completed_play"] is False


async def test_no_address_and_no_more_of_a_listener_than_tells_it_apart_is_shown(edge: Edge) -> None:
    entry = an_entry(ClipId(1), listener="0123456789abcdef")
    await edge.container.deliveries().deliver([entry], Window.CALENDAR_DAY)

    [request] = await explained(edge)

    assert request["listener"] == entry.listener[:6].hex()
    assert "127.0.0.1" not in str(request)
    assert BROWSER["user-agent"] not in str(request)


async def test_as_many_are_shown_as_are_asked_for_and_50_unless_told(edge: Edge) -> None:
    entries = [an_entry(ClipId(1)) for _ in range(60)]
    await edge.container.deliveries().deliver(entries, Window.CALENDAR_DAY)

    assert len(await explained(edge)) == 50
    assert len(await explained(edge, "?limit=3")) == 3
    assert len(await explained(edge, "?limit=100")) == 60


@pytest.mark.parametrize("limit", ["", "0", "101", "-1", "1.5", "ten", "²", "9" * 5_000, "%00"])
async def test_how_many_are_shown_is_a_number_from_1_to_100(edge: Edge, limit: str) -> None:
    answer = await edge.client.get(f"/play/1/stats/explain?limit={limit}", headers=WRITING)

    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["errors"]] == ["limit"]


async def test_requests_of_other_clips_are_not_told(edge: Edge) -> None:
    await edge.added()
    await stream(edge)

    answer = await edge.client.get("/play/2/stats/explain", headers=WRITING)

    assert answer.json() == {"clip": 2, "counting": "/about/counting", "requests": []}


async def test_who_has_no_key_sees_no_request(edge: Edge, tmp_path: Path) -> None:
    assert (await edge.client.get("/play/1/stats/explain")).status_code == 401
    assert (await edge.client.get("/play/1/stats/explain", headers={"x-api-key": "guess"})).status_code == 401
    assert (await edge.client.get("/api/v1/play/1/stats/explain/", headers=WRITING)).status_code == 200

    closed = an_edge(tmp_path, keys=())
    async with closed.client:
        assert (await closed.client.get("/play/1/stats/explain", headers=WRITING)).status_code == 403


async def test_what_is_told_of_people_is_stored_nowhere(edge: Edge) -> None:
    answer = await edge.client.get("/play/1/stats/explain", headers=WRITING)

    assert answer.headers["cache-control"] == "no-store"


async def test_a_clip_that_is_not_there_has_no_requests(edge: Edge) -> None:
    for clip in ("77", "abc", "0"):
        assert (await edge.client.get(f"/play/{clip}/stats/explain", headers=WRITING)).status_code == 404


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_in_a_sentence_of_its_own(reason: Reason) -> None:
    because = BECAUSE[reason]

    assert because[0].isupper()
    assert because.endswith(".")
    assert list(BECAUSE.values()).count(because) == 1
