"""Where reading takes a key, nobody without one lists or listens; a signed address plays, for a while, and no other."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from attrs import define

from domain.errors import StoreUnavailable
from entrypoints.settings import Settings
from tests.entrypoints.edge import WRITING, Edge, an_edge

OLD, NEW, MEASURES = "an old key", "a new key", "a key to the measures"
READING = {"authorization": f"Bearer {NEW}"}
HOURS = 6


def digest(name: str, key: str) -> str:
    return f"{name}:{sha256(key.encode()).hexdigest()}"


@define
class Watch:
    """A clock that tests put forward."""

    now: datetime = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def put_forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def a_private_edge(folder: Path, watch: Watch, **others: Any) -> Edge:
    settings = Settings(
        data=folder,
        read_keys=(digest("old", OLD), digest("new", NEW).upper().replace("NEW", "new", 1)),  # as PowerShell writes it
        metrics_key=digest("prometheus", MEASURES),
        address_lifetime=HOURS * 3600,
    )
    return an_edge(folder, settings=settings, clock=watch, **others)


@pytest.fixture
async def private(tmp_path: Path, watch: Watch) -> AsyncIterator[Edge]:
    made = a_private_edge(tmp_path, watch)
    async with made.client:
        yield made


def changed(address: str, **parts: str) -> str:
    """The same address with other values in its query; an empty one is left out."""
    path, _, query = address.partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()} | parts
    return f"{path}?" + "&".join(f"{name}={value}" for name, value in asked.items() if value)


LISTED = ["/play", "/play/1", "/play/1/stats", "/stats", "/play/77", "/api/v1/play"]


@pytest.mark.parametrize("path", [*LISTED, "/play/1/stream", "/play/77/stream"])
async def test_without_a_key_nothing_is_told_of_any_clip(private: Edge, path: str) -> None:
    await private.added()
    private.sounds.opened.clear()

    answer = await private.client.get(path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await private.client.head(path)).status_code == 401
    assert private.sounds.opened == []


@pytest.mark.parametrize("path", LISTED)
async def test_a_wrong_key_is_none(private: Edge, path: str) -> None:
    for key in ("no key", MEASURES, digest("new", NEW), sha256(NEW.encode()).hexdigest(), NEW + "x"):
        assert (await private.client.get(path, headers={"x-api-key": key})).status_code == 401


@pytest.mark.parametrize("sent", [READING, {"x-api-key": OLD}, WRITING])
async def test_every_key_to_read_or_write_lists_and_listens_and_no_cache_keeps_what_it_is_told(
    private: Edge, sent: dict[str, str]
) -> None:
    clip = await private.added()

    for path in ("/play", f"/play/{clip['id']}", f"/play/{clip['id']}/stats", "/stats"):
        answer = await private.client.get(path, headers=sent)

        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
    assert (await private.client.get(f"/play/{clip['id']}/stream", headers=sent)).status_code == 200


async def test_a_key_to_read_writes_nothing_and_sees_no_single_requests(private: Edge) -> None:
    clip = await private.added()

    added = await private.client.post("/play", json={}, headers=READING)
    explained = await private.client.get(f"/play/{clip['id']}/stats/explain", headers=READING)

    assert (added.status_code, explained.status_code) == (401, 401)


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/livez", "/readyz", "/page/play.js"])
async def test_pages_contract_and_probes_take_no_key(private: Edge, path: str) -> None:
    assert (await private.client.get(path)).status_code == 200


async def addresses(edge: Edge) -> list[str]:
    """The stream address in every answer that tells one."""
    clip = await edge.added()
    one = f"/play/{clip['id']}"

    async def told(path: str) -> Any:
        return (await edge.client.get(path, headers=READING)).json()

    changed = await edge.client.patch(one, json={"title": "Snow"}, headers=WRITING)
    found = [clip, changed.json(), await told(one), (await told("/play"))[0], await told(f"{one}/stats")]
    found.append(await told(f"{one}/stats?interval=day"))
    await edge.client.get(found[0]["stream_url"])
    found.append((await told("/stats"))["top"][0])
    return [each["stream_url"] for each in found]


async def test_every_answer_tells_an_address_that_plays_without_a_key(tmp_path: Path) -> None:
    private = a_private_edge(tmp_path, Watch(datetime.now(UTC)))
    told = await addresses(private)

    assert len(set(told)) == len(told)  # each is one listening
    for address in told:
        assert (await private.client.get(address)).status_code == 200
        assert (await private.client.head(address)).status_code == 200
        assert (await private.client.get(address, headers={"range": "bytes=5-"})).status_code == 206
        assert (await private.client.get(f"/api/v1{address}")).status_code == 200


async def test_an_address_is_one_play_however_often_and_by_whomever_it_is_used(private: Edge) -> None:
    clip = await private.added()
    for sent in ({}, {"range": "bytes=0-"}, {"user-agent": "another"}, {"x-playback-session-id": str(uuid4())}):
        await private.client.get(clip["stream_url"], headers=sent)

    async def count() -> int:
        stats = await private.client.get(f"/play/{clip['id']}/stats", headers=READING)
        return int(stats.json()["play_count"])

    assert await count() == 1
    again = (await private.client.get(f"/play/{clip['id']}", headers=READING)).json()
    await private.client.get(again["stream_url"])

    assert await count() == 2


@pytest.mark.parametrize(
    "forged",
    [
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "é"},
        {"signature": "%00"},
        {"play": str(uuid4())},
        {"play": "once"},
        {"play": ""},
        {"expires": "99999999999"},
        {"expires": "-1"},
        {"expires": "1_0"},
        {"expires": "²"},
        {"expires": "9" * 5_000},
        {"expires": ""},
    ],
)
async def test_a_forged_address_is_refused_and_nothing_is_looked_up(private: Edge, forged: dict[str, str]) -> None:
    clip = await private.added()
    private.sounds.opened.clear()

    answer = await private.client.get(changed(clip["stream_url"], **forged))

    assert answer.status_code == (401 if forged == {"signature": ""} else 403)
    assert answer.headers["content-type"] == "application/problem+json"
    assert private.sounds.opened == []


async def test_an_address_is_good_for_its_clip_alone(private: Edge) -> None:
    one, other = await private.added(), await private.added()
    moved = one["stream_url"].replace(f"/play/{one['id']}/", f"/play/{other['id']}/")

    assert (await private.client.get(moved)).status_code == 403


async def test_an_address_holds_for_its_lifetime_over_midnight_and_no_longer(private: Edge, watch: Watch) -> None:
    clip = await private.added()
    watch.put_forward(hours=HOURS)
    assert (await private.client.get(clip["stream_url"])).status_code == 200

    watch.put_forward(seconds=1)
    answer = await private.client.get(clip["stream_url"])

    assert answer.status_code == 403
    assert "expired" in answer.json()["detail"]
    assert (await private.client.get(clip["stream_url"], headers=READING)).status_code == 200


async def test_an_address_cannot_be_made_to_hold_longer(private: Edge, watch: Watch) -> None:
    clip = await private.added()
    expires = int(parse_qs(urlsplit(clip["stream_url"]).query)["expires"][0])

    assert (await private.client.get(changed(clip["stream_url"], expires=str(expires + 1)))).status_code == 403


async def test_replicas_over_one_store_take_each_others_addresses(tmp_path: Path, watch: Watch, private: Edge) -> None:
    clip = await private.added()
    store = private.container.catalogue()
    names = ("catalogue", "ledger", "daily_keys", "listens", "statistics", "deliveries")
    replica = a_private_edge(tmp_path, watch, **dict.fromkeys(names, store))
    stranger = a_private_edge(tmp_path, watch, **dict.fromkeys(names[:2], store))

    assert (await replica.client.get(clip["stream_url"])).status_code == 200
    assert (await stranger.client.get(clip["stream_url"])).status_code == 403


async def test_made_up_addresses_ask_the_store_for_no_more_than_the_days_that_can_be(
    tmp_path: Path, watch: Watch
) -> None:
    class Away:
        def __init__(self) -> None:
            self.asked: set[object] = set()

        async def daily_key(self, day: object) -> None:
            self.asked.add(day)
            raise StoreUnavailable("it is away")

    away = Away()
    private = a_private_edge(tmp_path, watch, daily_keys=away)
    now = int(watch().timestamp())
    for expires in (*range(now - 10_000_000, now + 10_000_000, 86_400), now + 1):
        answer = await private.client.get(f"/play/1/stream?play={uuid4()}&expires={expires}&signature=0")
        assert answer.status_code in (403, 503)

    assert len(away.asked) == 1


async def test_a_player_says_what_was_heard_by_its_signature_or_a_key(private: Edge, watch: Watch) -> None:
    clip = await private.added()
    await private.client.get(clip["stream_url"])
    watch.put_forward(seconds=60)
    query = urlsplit(clip["stream_url"]).query
    listens = f"/play/{clip['id']}/listens/{parse_qs(query)['play'][0]}"
    report = {"played_seconds": 1}

    assert (await private.client.put(listens, json=report)).status_code == 401
    assert (await private.client.put(f"{listens}?{query}", json=report)).status_code == 201
    assert (await private.client.put(listens, json=report, headers=READING)).status_code == 200
    elsewhere = f"/play/{clip['id']}/listens/{uuid4()}?{query}"
    assert (await private.client.put(elsewhere, json=report)).status_code == 403


@pytest.mark.parametrize("path", ["/metrics", "/about/counting"])
async def test_measures_take_their_own_key_where_there_is_one(private: Edge, path: str) -> None:
    for sent, status in ((None, 401), (NEW, 401), (MEASURES, 200)):
        headers = {} if sent is None else {"authorization": f"Bearer {sent}"}
        assert (await private.client.get(path, headers=headers)).status_code == status


@pytest.mark.parametrize("path", ["/play", "/play/1/listens/0b0e5f9e-8c1b-4a55-9a5c-3f0f0a3b8c11"])
async def test_pages_of_other_sites_may_send_their_key(private: Edge, path: str) -> None:
    answer = await private.client.options(path, headers={"origin": "https://player.test"})

    allowed = answer.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    assert {"authorization", "x-api-key"} <= set(allowed)


async def test_where_no_key_is_set_addresses_are_plain_and_open(edge: Edge) -> None:
    clip = await edge.added()

    assert clip["stream_url"] == f"/play/{clip['id']}/stream"
    assert (await edge.client.get(f"{clip['stream_url']}?expires=1&signature=x")).status_code == 200


async def test_keys_to_write_may_be_given_by_their_digest_too(tmp_path: Path) -> None:
    edge = an_edge(tmp_path, keys=("plain", digest("curator", "secret")))

    for key, status in (("plain", 422), ("secret", 422), (digest("curator", "secret"), 401)):
        assert (await edge.client.post("/play", json={}, headers={"x-api-key": key})).status_code == status
