"""A player says how much of a play was heard, and is told what is held of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from httpx import Response

from domain.errors import StoreUnavailable
from entrypoints.settings import Settings
from tests.entrypoints.contract import faults, operations, resolved
from tests.entrypoints.edge import RAIN, Edge, an_edge
from tests.entrypoints.test_bad_input import JSON, NEVER_AN_ID, NO_ID, assert_refused
from tests.examples import NOON

NAME = "0b0e5f9e-8c1b-4a55-9a5c-3f0f0a3b8c11"
NO_UUID = ("1", "once", NAME[:-1], f"{NAME}0", NAME.replace("-", ""), f"{{{NAME}}}", NAME.replace("0", "g"), "é", "\0")


@define
class Watch:
    """A clock that the test turns."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def edge(tmp_path: Path, watch: Watch) -> AsyncIterator[Edge]:
    """The service with one clip of 100 seconds that was played under `NAME`, and a minute went by."""
    made = an_edge(tmp_path, clock=watch)
    async with made.client:
        await played(made)
        watch.now += timedelta(minutes=1)
        yield made


async def played(edge: Edge) -> None:
    clip = await edge.added(duration=100)
    answer = await edge.client.get(f"{clip['stream_url']}?play={NAME}")
    assert answer.status_code == 200


async def said(edge: Edge, said: Any, clip: object = 1, name: str = NAME) -> Response:
    return await edge.client.put(f"/play/{clip}/listens/{name}", json=said)


async def counted(edge: Edge) -> tuple[int, int]:
    """How many listens and skips."""
    stats = (await edge.client.get("/play/1/stats")).json()
    return stats["listens"], stats["skips"]


async def test_the_first_report_is_a_201_and_later_ones_are_a_200(edge: Edge) -> None:
    first, second = await said(edge, {"played_seconds": 9.5}), await said(edge, {"played_seconds": 55})

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == {
        "clip_id": 1,
        "id": NAME,
        "played_seconds": 9.5,
        "finished": False,
        "began_at": "2026-11-22T12:00:00Z",
        "is_listen": False,
        "is_skip": False,
    }
    assert second.json() == first.json() | {"played_seconds": 55, "is_listen": True}
    assert await counted(edge) == (1, 0)


async def test_a_play_that_was_given_up_is_a_skip(edge: Edge) -> None:
    answer = await said(edge, {"played_seconds": 3, "finished": True})

    assert (answer.json()["finished"], answer.json()["is_skip"]) == (True, True)
    assert await counted(edge) == (0, 1)


async def test_the_same_report_again_changes_nothing(edge: Edge) -> None:
    report = {"played_seconds": 55, "finished": True}
    first = await said(edge, report)
    for _ in range(2):
        again = await said(edge, report)
        assert (again.status_code, again.json()) == (200, first.json())

    assert await counted(edge) == (1, 0)


async def test_nobody_heard_more_than_the_time_that_went_by(edge: Edge, watch: Watch) -> None:
    assert (await said(edge, {"played_seconds": 1e308})).json()["played_seconds"] == 60

    watch.now += timedelta(hours=1)
    assert (await said(edge, {"played_seconds": 10**300})).json()["played_seconds"] == 100


async def test_the_header_of_apple_s_player_names_a_play_too(edge: Edge) -> None:
    name = NAME.replace("0b", "1b")
    await edge.client.get("/play/1/stream", headers={"x-playback-session-id": name.upper()})

    assert (await said(edge, {"played_seconds": 0}, name=name)).status_code == 201


async def test_a_name_in_capital_letters_is_the_same_play(edge: Edge) -> None:
    await said(edge, {"played_seconds": 1})

    assert (await said(edge, {"played_seconds": 2}, name=NAME.upper())).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_both_prefixes_and_a_trailing_slash_lead_to_the_same_listen(edge: Edge, prefix: str, slash: str) -> None:
    answer = await edge.client.put(f"{prefix}/play/1/listens/{NAME}{slash}", json={"played_seconds": 1})

    assert answer.status_code == 201


async def test_a_play_that_was_never_counted_is_a_404_that_says_so(edge: Edge) -> None:
    answer = await said(edge, {"played_seconds": 1}, name=NAME.replace("0b", "1b"))

    assert answer.status_code == 404
    assert "no such play" in answer.json()["detail"]


async def test_a_play_of_another_clip_or_of_none_is_a_404(edge: Edge) -> None:
    await edge.added()
    answers = [await said(edge, {"played_seconds": 1}, clip=clip) for clip in (2, 3)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.json()["detail"][:21] for answer in answers] == ["There is no such play", "There is no such clip"]


async def test_a_play_of_longer_ago_than_is_kept_is_a_404(tmp_path: Path, watch: Watch) -> None:
    edge = an_edge(tmp_path, clock=watch, settings=Settings(data=tmp_path, keep_deliveries=2))
    async with edge.client:
        await played(edge)
        watch.now += timedelta(days=2)
        assert (await said(edge, {"played_seconds": 1})).status_code == 201

        watch.now += timedelta(microseconds=1)
        assert (await said(edge, {"played_seconds": 60})).status_code == 404
        assert await counted(edge) == (0, 0)


@pytest.mark.parametrize("name", NO_UUID)
async def test_what_names_no_play_is_a_404(edge: Edge, name: str) -> None:
    assert_refused(await put(edge, b'{"played_seconds": 1}', f"/play/1/listens/{name}"), 404)


@pytest.mark.parametrize("clip", NO_ID + NEVER_AN_ID)
async def test_what_names_no_clip_has_no_plays(edge: Edge, clip: str) -> None:
    assert_refused(await put(edge, b'{"played_seconds": 1}', f"/play/{clip}/listens/{NAME}"), 404)


async def put(edge: Edge, body: bytes, path: str = f"/play/1/listens/{NAME}") -> Any:
    return await edge.asked("PUT", path, headers=[JSON], body=[body])


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (b"{}", ["played_seconds"]),
        (b'{"played_seconds": -0.001}', ["played_seconds"]),
        (b'{"played_seconds": "9"}', ["played_seconds"]),
        (b'{"played_seconds": null}', ["played_seconds"]),
        (b'{"played_seconds": true}', ["played_seconds"]),
        (b'{"played_seconds": [1]}', ["played_seconds"]),
        (b'{"played_seconds": 1, "finished": 1}', ["finished"]),
        (b'{"played_seconds": 1, "finished": null}', ["finished"]),
        (b'{"played_seconds": 1, "finished": "false"}', ["finished"]),
        (b'{"played_seconds": 1, "clip": 1, "id": 2}', ["clip", "id"]),
        (b'{"played_seconds": -1, "finished": 0, "is_listen": true}', ["played_seconds", "finished", "is_listen"]),
        (b"[]", [""]),
        (b"null", [""]),
    ],
)
async def test_every_fault_of_a_report_is_named(edge: Edge, body: bytes, paths: list[str]) -> None:
    assert_refused(await put(edge, body), 422, *paths)
    assert (await said(edge, {"played_seconds": 1})).status_code == 201  # nothing was held before


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"played_seconds": NaN}', b'{"played_seconds": 1e400}', b'{"played_seconds": -Infinity}']
)
async def test_a_report_that_is_no_json_is_a_400(edge: Edge, body: bytes) -> None:
    assert_refused(await put(edge, body), 400)


async def test_a_report_that_breaks_off_is_no_defect_of_ours(edge: Edge) -> None:
    path = f"/play/1/listens/{NAME}"

    assert_refused(await edge.asked("PUT", path, headers=[JSON], body=[b'{"played_seconds":', None]), 400)


async def test_a_report_of_another_type_or_too_large_is_not_read(edge: Edge) -> None:
    path, text = f"/play/1/listens/{NAME}", (b"content-type", b"text/plain")

    assert_refused(await edge.asked("PUT", path, headers=[text], body=[b'{"played_seconds": 1}']), 415)
    assert_refused(await put(edge, b'{"played_seconds": 1}'.ljust(70_000)), 413)


class ListensAway:
    """A store whose database is away."""

    async def confirm(self, *_: object) -> None:
        raise StoreUnavailable("the database cannot be reached")


async def test_every_answer_is_as_it_is_written(edge: Edge, tmp_path: Path) -> None:
    good, path = {"played_seconds": 1}, f"/play/1/listens/{NAME}"
    away = an_edge(tmp_path, listens=ListensAway())
    answers = {
        "201": await said(edge, good),
        "200": await said(edge, good),
        "400": await edge.client.put(path, content=b"{", headers={"content-type": "application/json"}),
        "404": await said(edge, good, clip=77),
        "406": await edge.client.put(path, json=good, headers={"accept": "text/html"}),
        "413": await said(edge, {"played_seconds": "x" * 70_000}),
        "415": await edge.client.put(path, content=b"1"),
        "422": await said(edge, {}),
        "503": await said(away, good),
    }
    written = operations()["confirmListen"]["responses"]

    assert answers.keys() == written.keys() - {"401", "403"}  # of private services
    for status, answer in answers.items():
        content = resolved(written[status])["content"]
        media_type = answer.headers["content-type"]
        assert str(answer.status_code) == status
        assert faults(content[media_type]["schema"], answer.json()) == []


async def test_what_the_contract_takes_as_a_report_the_service_takes(edge: Edge) -> None:
    schema = operations()["confirmListen"]["requestBody"]["content"]["application/json"]["schema"]
    reports: list[Any] = [
        {"played_seconds": 0}, {"played_seconds": 1.5, "finished": True}, {}, {"finished": True}, [],
        {"played_seconds": -1}, {"played_seconds": None}, {"played_seconds": 1, "finished": None},
        {"played_seconds": 1, "colour": "red"}, {"played_seconds": True},
    ]  # fmt: skip
    for report in reports:
        answer = await said(edge, report)

        assert (answer.status_code < 300) == (faults(schema, report) == []), report


async def test_a_page_of_another_site_may_say_how_much_of_a_play_was_heard(edge: Edge) -> None:
    path, elsewhere = f"/play/1/listens/{NAME}", {"origin": "https://player.test"}
    asking = {"access-control-request-method": "PUT", "access-control-request-headers": "content-type"}
    preflight = await edge.client.options(path, headers=elsewhere | asking)
    answer = await edge.client.put(path, json={"played_seconds": 1}, headers=elsewhere)

    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-methods"] == "PUT"
    assert "content-type" in preflight.headers["access-control-allow-headers"].lower().split(", ")
    assert preflight.headers["allow"] == "OPTIONS, PUT"
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_listen_can_be_put_and_nothing_else(edge: Edge) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        answer = await edge.client.request(method, f"/play/1/listens/{NAME}")

        assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, PUT")


async def test_a_listen_is_counted_by_the_clock_of_the_service(tmp_path: Path) -> None:
    began = datetime.now(UTC)
    edge = an_edge(tmp_path)
    async with edge.client:
        await edge.added(duration=100, audio_url=RAIN)
        await edge.client.get(f"/play/1/stream?play={NAME}")
        listen = (await said(edge, {"played_seconds": 100})).json()

    assert began <= datetime.fromisoformat(listen["began_at"]) <= datetime.now(UTC)
    assert listen["played_seconds"] <= (datetime.now(UTC) - began).total_seconds()
