"""Nobody writes or begins streams faster than the operator allows one client; others do not notice."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.settings import Settings
from entrypoints.web.rate_limits import MOST_CLIENTS, RateLimit, rate_limit
from entrypoints.web.refusals import RateExceeded
from tests.entrypoints.contract import faults, operations, resolved
from tests.entrypoints.edge import RAIN, WRITING, Edge, an_edge

OFFERED = {"title": "Rain", "genre": "Nature", "audio_url": RAIN}


def limited(folder: Path, address: str = "203.0.113.7", **rates: str) -> Edge:
    edge = an_edge(folder, settings=Settings(data=folder, **rates))  # type: ignore[arg-type]  # rates are texts
    return edge_of(edge, address)


def edge_of(edge: Edge, address: str) -> Edge:
    """The same service, asked from this address."""
    transport = httpx.ASGITransport(edge.app, client=(address, 50_000))
    return Edge(edge.container, edge.sounds, httpx.AsyncClient(transport=transport, base_url="http://play.test"))


async def test_who_writes_too_fast_is_told_when_to_come_back(tmp_path: Path) -> None:
    edge = limited(tmp_path, write_rate="3/minute")
    ask = edge.client.request
    done = [
        await ask("POST", "/play", json=OFFERED, headers=WRITING),
        await ask("PATCH", "/play/1", json={"title": "Snow"}, headers=WRITING),
        await ask("DELETE", "/play/77", headers=WRITING),
    ]
    assert [answer.status_code for answer in done] == [201, 200, 404]

    for operation, method, path in (
        ("addClip", "POST", "/play"), ("changeClip", "PATCH", "/play/1"), ("removeClip", "DELETE", "/play/1"),
    ):  # fmt: skip
        refused = await ask(method, path, headers=WRITING)
        written = resolved(operations()[operation]["responses"]["429"])

        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        assert "3 per minute" in refused.json()["detail"]
        assert faults(written["content"]["application/problem+json"]["schema"], refused.json()) == []
    assert (await ask("GET", "/play")).json()[0]["title"] == "Snow"


async def test_keys_cannot_be_guessed_faster_than_clips_are_written(tmp_path: Path) -> None:
    edge = limited(tmp_path, write_rate="5/minute")
    tried = [(await edge.client.post("/play", headers={"x-api-key": f"{guess}"})).status_code for guess in range(8)]

    assert tried == [401] * 5 + [429] * 3
    assert (await edge.client.post("/play", headers=WRITING)).status_code == 429


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
    ],
)
async def test_a_client_is_an_address_or_an_ipv6_network(tmp_path: Path, one: str, other: str, is_same: bool) -> None:
    first = limited(tmp_path, one, write_rate="1/hour")
    second = edge_of(first, other)
    await first.client.post("/play", json=OFFERED, headers=WRITING)

    answer = await second.client.post("/play", json=OFFERED, headers=WRITING)

    assert answer.status_code == (429 if is_same else 201)


async def test_a_stream_that_is_refused_is_no_play_and_seeks_are_not_refused(tmp_path: Path) -> None:
    edge = limited(tmp_path, stream_rate="2/hour")
    stream = (await edge.added())["stream_url"]

    async def got(method: str = "GET", asked: str | None = None) -> int:
        headers: dict[str, Any] = {} if asked is None else {"range": asked}
        return (await edge.client.request(method, f"{stream}?play={uuid4()}", headers=headers)).status_code

    assert [await got("HEAD"), await got(asked="bytes=0-1"), await got(asked="bytes=5-")] == [200, 206, 206]
    assert [await got(), await got(asked="bytes=0-"), await got(), await got(asked="bytes= 0-99")] == [
        *(200, 206),
        *(429, 429),
    ]
    assert [await got(asked="bytes=-5"), await got(asked="bytes=0010-")] == [429, 206]
    assert [await got("HEAD"), await got(asked="bytes=5-")] == [200, 206]
    assert await edge.play_count({"id": 1}) == 2
    assert len([audio for audio in edge.sounds.opened if not audio.closed]) == 0


@pytest.mark.parametrize(
    "fields",
    [
        [("range", "bytes=1-,0-")],
        [("range", "bytes=1-5, 0-")],
        [("range", "bytes=1-"), ("range", "bytes=0-")],
        [("range", "bytes=1-"), ("range", "bytes=5-")],
        [("range", "bytes=1-"), ("if-range", '"x"')],
        [("range", "bytes=0-1"), ("if-range", '"x"')],
        [("range", "bytes=1-x")],
        [("range", "bytes=5-1")],
        [("range", "bytes= 1-")],
        [("range", "items=1-")],
        [("range", "bytes=-99999")],
        [("range", "bytes=00-01,0-")],
    ],
)
async def test_what_may_be_answered_from_the_first_byte_on_is_limited(
    tmp_path: Path, fields: list[tuple[str, str]]
) -> None:
    edge = limited(tmp_path, stream_rate="1/hour")
    stream = (await edge.added())["stream_url"]
    first = await edge.client.get(stream, headers=fields)

    assert first.status_code in (200, 206)
    assert (await edge.client.get(stream, headers=fields)).status_code == 429


@pytest.mark.parametrize("asked", ["bytes=1-", "BYTES=0005-7", "bytes=5-,", "bytes=0-0", "bytes=0-1", "bytes=00-01"])
async def test_seeks_and_probes_are_not_limited(tmp_path: Path, asked: str) -> None:
    edge = limited(tmp_path, stream_rate="1/hour")
    stream = (await edge.added())["stream_url"]

    assert {(await edge.client.get(stream, headers={"range": asked})).status_code for _ in range(3)} == {206}


async def test_streams_are_not_limited_unless_it_is_set_since_a_whole_office_may_be_one_address(edge: Edge) -> None:
    stream = (await edge.added())["stream_url"]

    assert {(await edge.client.get(stream)).status_code for _ in range(200)} == {200}
    assert (Settings().write_rate, Settings().stream_rate) == ("600/minute", "off")


async def test_who_has_no_address_has_no_limit(tmp_path: Path) -> None:
    edge = limited(tmp_path, write_rate="1/hour")
    transport = httpx.ASGITransport(edge.app, client=None)  # type: ignore[arg-type]  # as a Unix socket has none
    async with httpx.AsyncClient(transport=transport, base_url="http://play.test") as client:
        assert [(await client.delete("/play/7", headers=WRITING)).status_code for _ in range(3)] == [404] * 3


@given(gaps=st.lists(st.floats(0, 30), max_size=60), count=st.integers(1, 5))
def test_no_window_has_more_than_twice_the_rate_and_whoever_waits_as_told_may_go_on(
    gaps: list[float], count: int
) -> None:
    moment, taken = 0.0, list[float]()
    limit = RateLimit(count, 10.0, lambda: moment)
    for gap in gaps:
        moment += gap
        try:
            limit.take("somebody")
        except RateExceeded as error:
            moment += error.wait
            limit.take("somebody")
        taken.append(moment)

    for start in taken:
        assert sum(start <= one < start + 10.0 - 1e-3 for one in taken) <= 2 * count
        assert sum(start <= one <= start + 1e-4 for one in taken) <= count


def test_what_is_remembered_of_clients_is_bounded() -> None:
    limit = RateLimit(1, 3_600.0)
    for number in range(MOST_CLIENTS + 500):
        limit.take(f"{number}")

    assert len(limit._whole_at) == MOST_CLIENTS
    with pytest.raises(RateExceeded):
        limit.take(f"{MOST_CLIENTS + 499}")


@pytest.mark.parametrize(
    "text", ["", "60", "0/minute", "-1/minute", "60/week", "60 / minute", "1e3/day", "9999999/day"]
)
def test_a_rate_is_a_number_in_a_while(text: str) -> None:
    with pytest.raises(ValueError, match="60/minute"):
        rate_limit(text)
