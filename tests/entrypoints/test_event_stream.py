"""`GET /play/events` tells what the contract says, as the standard has it, and keeps no place for who has left."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define, field
from starlette.types import Message

import adapters.live_counts.feed
import entrypoints.web.event_stream
from domain.clip import ClipId
from domain.live_counts import News
from entrypoints.settings import Settings
from entrypoints.web.event_stream import ABORT, encoded, moment_at, place_of
from tests.entrypoints.edge import Edge, an_edge
from tests.event_source import EventSource
from tests.examples import NOON

TURN = 0.01  # seconds, a quarter of one in life
PATIENCE = 30.0  # seconds, on a busy machine


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.live_counts.feed, "SECONDS_BETWEEN", TURN)


@define
class Follower:
    """One who follows, and takes what is sent unless it ``is_stalled``."""

    source: EventSource = field(factory=EventSource)
    status: int = 0
    headers: dict[str, str] = field(factory=dict)
    is_complete: bool = False
    is_stalled: bool = False
    is_aborted: bool = False
    left: asyncio.Event = field(factory=asyncio.Event)

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.is_stalled:
            await asyncio.Event().wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        self.source.feed(message.get("body", b""))
        self.is_complete = not message.get("more_body", False)

    def abort(self) -> None:
        self.is_aborted = True
        self.left.set()

    async def told(self, counts: dict[int, int]) -> dict[int, int]:
        """The counts that were told, when these are among them."""
        await eventually(lambda: counts.items() <= self.source.counts.items())
        return self.source.counts


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` is true."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(TURN)


@asynccontextmanager
async def following(edge: Edge, query: bytes = b"", *headers: tuple[bytes, bytes]) -> AsyncIterator[Follower]:
    """One who follows until the block ends, and then leaves."""
    follower = Follower()
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/play/events",
        "raw_path": b"/play/events",
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"play.test"), *headers],
        "client": ("203.0.113.7", 50_000),
        "server": ("127.0.0.1", 8_000),
        "scheme": "http",
        "extensions": {ABORT: {"abort": follower.abort}},
    }
    answering = asyncio.ensure_future(edge.app(scope, follower.receive, follower.send))
    try:
        await eventually(lambda: follower.source.last_id != "" or answering.done())
        yield follower
    finally:
        follower.left.set()
        async with asyncio.timeout(PATIENCE):
            await answering
        await edge.container.live_counts().close()


async def answered(edge: Edge, method: str = "GET", **headers: str) -> httpx.Response:
    """What whoever is not let in to follow, or not for long, is answered."""
    async with asyncio.timeout(PATIENCE):
        return await edge.client.request(method, "/play/events", headers=headers)


async def played(edge: Edge, clip: dict[str, Any]) -> None:
    assert (await edge.client.get(f"/play/{clip['id']}/stream")).status_code == 200


async def test_a_play_is_told_to_who_follows(edge: Edge) -> None:
    rain, wind = await edge.added(), await edge.added()
    async with following(edge) as follower:
        await played(edge, rain)
        await played(edge, wind)
        await played(edge, wind)
        told = await follower.told({rain["id"]: 1, wind["id"]: 2})

    assert told.keys() == {rain["id"], wind["id"]}
    assert {event.type for event in follower.source.events} == {"counts"}


async def test_a_stream_is_one_as_the_standard_and_proxies_want_it_and_has_an_id_at_once(edge: Edge) -> None:
    async with following(edge) as follower:
        headers, source = follower.headers, follower.source

    assert follower.status == 200
    assert headers["content-type"] == "text/event-stream"
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
    assert (source.retry, source.events, source.comments) == (2_000, [], 1)
    assert source.last_id.isdigit()


def test_the_three_kinds_of_news_are_written_as_they_are_read() -> None:
    source = EventSource()
    for news in (
        News(NOON, {ClipId(3): 17}),
        News(moment_at("5")),
        News(moment_at("7"), is_reset=True),
    ):
        source.feed(encoded(news))

    assert [(event.type, event.data) for event in source.events] == [
        ("counts", [{"id": 3, "play_count": 17}]),
        ("reset", {}),
    ]
    assert [event.id for event in source.events] == [str(place_of(NOON)), "7"]
    assert source.comments == 1


async def test_who_comes_back_is_told_what_was_played_meanwhile(edge: Edge, tmp_path: Path) -> None:
    clip = await edge.added()
    async with following(edge) as follower:
        last = follower.source.last_id
    again = an_edge(tmp_path, play_counts=edge.container.play_counts())  # another process over the same store
    async with again.client:
        await played(edge, clip)
        async with following(again, b"", (b"last-event-id", last.encode())) as follower:
            assert await follower.told({clip["id"]: 1}) == {clip["id"]: 1}
            assert follower.source.events[0].type == "counts"
            assert int(follower.source.last_id) > int(last)


@pytest.mark.parametrize("last", [b"nonsense", b"-1", b"1e3", b"99999999999999999", b"17", "²".encode(), b"\xff"])
async def test_an_id_that_tells_nothing_any_more_leads_to_loading_again(edge: Edge, last: bytes) -> None:
    async with following(edge, b"", (b"last-event-id", last)) as follower:
        [event] = follower.source.events

    assert (event.type, event.data) == ("reset", {})
    assert int(event.id) > 10**15


async def test_who_wants_to_hear_of_some_clips_hears_of_no_others(edge: Edge) -> None:
    rain, wind = await edge.added(), await edge.added()
    async with following(edge, f"clips={wind['id']},404".encode()) as follower:
        await played(edge, rain)
        await asyncio.sleep(5 * TURN)
        await played(edge, wind)

        assert await follower.told({wind["id"]: 1}) == {wind["id"]: 1}


@pytest.mark.parametrize("clips", ["", "0", "a", "1,", "1,,2", "-1", "²", "9223372036854775808", ",".join(["1"] * 501)])
async def test_clips_that_cannot_be_are_refused(edge: Edge, clips: str) -> None:
    async with asyncio.timeout(PATIENCE):
        answer = await edge.client.get("/play/events", params={"clips": clips})

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "clips")


async def test_a_head_has_the_headers_and_follows_nothing(edge: Edge) -> None:
    answer = await answered(edge, "HEAD")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
    assert "play_followers_active 0.0" in (await edge.client.get("/metrics")).text


async def test_who_comes_beyond_the_limit_is_asked_to_come_again_until_another_leaves(tmp_path: Path) -> None:
    edge = an_edge(tmp_path, settings=Settings(data=tmp_path, most_followers=2, write_rate="off"))
    async with edge.client:
        async with following(edge), following(edge):
            refused = await answered(edge)
            metrics = (await edge.client.get("/metrics")).text
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert "As many follow" in refused.json()["detail"]
        assert "play_followers_active 2.0" in metrics
        assert "play_followers_active 0.0" in (await edge.client.get("/metrics")).text
        async with following(edge), following(edge) as follower:
            assert follower.status == 200


async def test_when_the_process_drains_all_streams_end_in_order_at_once(edge: Edge) -> None:
    async with following(edge) as one, following(edge) as other:
        edge.container.draining()()
        await eventually(lambda: one.is_complete and other.is_complete)

        late = await answered(edge)
        assert (late.status_code, late.text.splitlines()[0]) == (200, "retry: 2000")
        assert (await edge.client.get("/readyz")).status_code == 503


async def test_who_takes_nothing_any_more_is_cut(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrypoints.web.event_stream, "SECONDS_TO_TAKE", 5 * TURN)
    clip = await edge.added()
    async with following(edge) as follower:
        follower.is_stalled = True
        await played(edge, clip)
        async with asyncio.timeout(PATIENCE):
            while "play_followers_active 0.0" not in (await edge.client.get("/metrics")).text:
                await asyncio.sleep(TURN)

        assert (follower.is_aborted, follower.is_complete) == (True, False)


async def test_where_reading_needs_a_key_so_does_following(tmp_path: Path) -> None:
    digest = sha256(b"a key to read").hexdigest()
    edge = an_edge(tmp_path, settings=Settings(data=tmp_path, read_keys=(f"app:{digest}",)))
    async with edge.client:
        assert (await answered(edge)).status_code == 401
        assert (await answered(edge, "HEAD", **{"x-api-key": "a key to read"})).status_code == 200


async def test_a_follower_hears_nothing_for_as_long_as_nothing_is_played_but_that_all_is_well(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters.live_counts.feed, "SECONDS_TO_HEARTBEAT", 5 * TURN)
    async with following(edge) as follower:
        await eventually(lambda: follower.source.comments >= 3)

    assert follower.source.events == []
