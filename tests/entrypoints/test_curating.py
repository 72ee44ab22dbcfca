"""Who has a key adds, changes and deletes clips; who has none is told what to do about it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from entrypoints.web.faces import WHY
from tests.entrypoints.edge import KEY, RAIN, WAV, WRITING, Edge, Sounds, an_edge
from tests.examples import a_wav

ADTS_FRAME = b"\xff\xf1\x50\x80\x0c\x9f\xfc" + bytes(93)  # AAC as it is broadcast: 100 bytes, and no duration
OFFERED = {"title": "Rain", "genre": "Nature", "audio_url": RAIN}


def places(answer: httpx.Response) -> list[str]:
    """Where a refused body's faults are."""
    assert answer.status_code == 422, answer.text
    return [fault["path"] for fault in answer.json()["errors"]]


async def offer(edge: Edge, **said: Any) -> httpx.Response:
    return await edge.client.post("/play", json=OFFERED | said, headers=WRITING)


# adding


async def test_an_added_clip_is_answered_with_its_address(edge: Edge) -> None:
    answer = await offer(edge)

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/play/{answer.json()['id']}"
    assert (await edge.client.get(answer.headers["location"])).json() == answer.json()


async def test_ids_rise_and_none_is_given_twice(edge: Edge) -> None:
    first, second = await edge.added(), await edge.added()
    await edge.client.delete(f"/play/{second['id']}", headers=WRITING)

    assert first["id"] < second["id"] < (await edge.added())["id"]


async def test_the_audio_tells_type_size_and_duration(edge: Edge) -> None:
    clip = await edge.added()

    assert (clip["media_type"], clip["size"], clip["duration"]) == ("audio/wav", len(WAV), 0.25)


async def test_a_duration_that_is_given_goes_before_the_audios_own(edge: Edge) -> None:
    assert (await edge.added(duration=7))["duration"] == 7
    assert (await edge.added(duration=None))["duration"] == 0.25


async def test_audio_that_tells_no_duration_needs_one(edge: Edge) -> None:
    edge.sounds.content[AudioLocation("library:a.aac")] = ADTS_FRAME * 4

    answer = await offer(edge, audio_url="library:a.aac")

    assert places(answer) == ["duration"]
    assert (await offer(edge, audio_url="library:a.aac", duration=3)).status_code == 201


@pytest.mark.parametrize("failure", SourceFailure)
async def test_a_clip_whose_audio_cannot_be_opened_is_refused_and_not_kept(edge: Edge, failure: SourceFailure) -> None:
    edge.sounds.failing[RAIN] = AudioUnavailable(RAIN, failure)

    answer = await offer(edge)

    assert places(answer) == ["audio_url"]
    assert WHY[failure] in answer.json()["detail"]
    assert (await edge.client.get("/play")).json() == []


async def test_the_audio_of_an_offered_clip_is_let_go_of(edge: Edge) -> None:
    await edge.added()

    assert edge.sounds.opened
    assert all(audio.closed for audio in edge.sounds.opened)


async def test_a_file_of_the_media_folder_can_be_added_and_one_outside_cannot(tmp_path: Path) -> None:
    real = an_edge(tmp_path)
    real.container.audio.reset_override()
    media = tmp_path / "media"
    media.mkdir()
    (media / "here.wav").write_bytes(WAV)
    (tmp_path / "outside.wav").write_bytes(WAV)
    (media / "link.wav").symlink_to(tmp_path / "outside.wav")
    fresh = an_edge(tmp_path, sounds=real.container.audio())

    async with fresh.client:
        assert (await offer(fresh, audio_url="library:here.wav")).status_code == 201
        for name in ("gone.wav", "link.wav", "../outside.wav", "/etc/passwd", "..", ".", "a/../../outside.wav", ""):
            assert places(await offer(fresh, audio_url=f"library:{name}")) == ["audio_url"], name


# changing


async def test_a_change_touches_what_it_names_and_nothing_else(edge: Edge) -> None:
    clip = await edge.added(description="On a roof.")

    answer = await edge.client.patch(f"/play/{clip['id']}", json={"title": "Hail"}, headers=WRITING)

    assert answer.status_code == 200
    assert answer.json() == clip | {"title": "Hail"} == (await edge.client.get(f"/play/{clip['id']}")).json()


async def test_a_change_that_names_nothing_changes_nothing(edge: Edge) -> None:
    clip = await edge.added()

    answer = await edge.client.patch(f"/play/{clip['id']}", json={}, headers=WRITING)

    assert (answer.status_code, answer.json()) == (200, clip)


async def test_null_clears_the_description(edge: Edge) -> None:
    clip = await edge.added(description="On a roof.")

    answer = await edge.client.patch(f"/play/{clip['id']}", json={"description": None}, headers=WRITING)

    assert answer.json()["description"] is None


@pytest.mark.parametrize("name", ["title", "genre", "audio_url", "duration", "tags"])
async def test_null_clears_nothing_else(edge: Edge, name: str) -> None:
    clip = await edge.added()

    answer = await edge.client.patch(f"/play/{clip['id']}", json={name: None}, headers=WRITING)

    assert places(answer) == [name]
    assert (await edge.client.get(f"/play/{clip['id']}")).json() == clip


async def test_tags_are_given_anew_all_at_once(edge: Edge) -> None:
    clip = await edge.added(tags=["rain", "Night"])

    for tags in (["hail"], []):
        answer = await edge.client.patch(f"/play/{clip['id']}", json={"tags": tags}, headers=WRITING)

        assert answer.json() == clip | {"tags": tags}


async def test_a_tag_that_is_refused_is_told_by_its_place(edge: Edge) -> None:
    answer = await offer(edge, tags=["rain", " "])

    assert answer.json()["detail"] == "Tags at place 2 must not be blank."


async def test_new_audio_brings_its_own_size_and_duration(edge: Edge) -> None:
    clip = await edge.added(duration=7)
    edge.sounds.content[AudioLocation("library:hail.wav")] = longer = a_wav(seconds=0.5)

    answer = await edge.client.patch(f"/play/{clip['id']}", json={"audio_url": "library:hail.wav"}, headers=WRITING)

    assert (answer.json()["size"], answer.json()["duration"]) == (len(longer), 0.5)


async def test_new_audio_that_cannot_be_opened_leaves_the_clip_as_it_was(edge: Edge) -> None:
    clip = await edge.added()

    answer = await edge.client.patch(f"/play/{clip['id']}", json={"audio_url": "library:no.wav"}, headers=WRITING)

    assert places(answer) == ["audio_url"]
    assert (await edge.client.get(f"/play/{clip['id']}")).json() == clip


# deleting


async def test_a_deleted_clip_is_gone(edge: Edge) -> None:
    clip = await edge.added()

    answer = await edge.client.delete(f"/play/{clip['id']}", headers=WRITING)

    assert (answer.status_code, answer.content) == (204, b"")
    for address in (f"/play/{clip['id']}", clip["stream_url"], f"/play/{clip['id']}/stats"):
        assert (await edge.client.get(address)).status_code == 404
    assert (await edge.client.delete(f"/play/{clip['id']}", headers=WRITING)).status_code == 404


async def test_a_clip_that_is_not_there_can_be_neither_changed_nor_deleted(edge: Edge) -> None:
    assert (await edge.client.patch("/play/7", json={"title": "x"}, headers=WRITING)).status_code == 404
    assert (await edge.client.patch("/play/7", json={"audio_url": RAIN}, headers=WRITING)).status_code == 404
    assert (await edge.client.delete("/play/7", headers=WRITING)).status_code == 404


# keys


async def every_write(edge: Edge, headers: dict[str, str] | list[tuple[bytes, bytes]]) -> list[httpx.Response]:
    return [
        await edge.client.post("/play", json=OFFERED, headers=headers),
        await edge.client.patch("/play/1", json={"title": "x"}, headers=headers),
        await edge.client.delete("/play/1", headers=headers),
    ]


@pytest.mark.parametrize(
    "headers", [{"authorization": f"Bearer {KEY}"}, {"authorization": f"bearer  {KEY} "}, {"x-api-key": KEY}]
)
async def test_a_key_is_taken_from_either_header(edge: Edge, headers: dict[str, str]) -> None:
    assert [answer.status_code for answer in await every_write(edge, headers)] == [201, 200, 204]


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": ""}, {"authorization": "Bearer "}, {"authorization": "Basic YTpi"}, {"x-api-key": " "}],
)
async def test_a_write_without_a_key_is_told_how_to_send_one(edge: Edge, headers: dict[str, str]) -> None:
    for answer in await every_write(edge, headers):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "X-API-Key" in answer.json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"authorization", b"Bearer another")],
        [(b"authorization", f"Bearer {KEY}x".encode())],
        [(b"authorization", f"Bearer {KEY[:-1]}".encode())],
        [(b"authorization", b"Bearer k\xc3\xa9y \xff")],
        [(b"x-api-key", b"\xff\xfe")],
        [(b"x-api-key", KEY.upper().encode())],
    ],
)
async def test_a_key_that_is_none_of_ours_is_refused(edge: Edge, headers: list[tuple[bytes, bytes]]) -> None:
    for answer in await every_write(edge, headers):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert "not a key" in answer.json()["detail"]


async def test_a_refused_write_changes_nothing(edge: Edge) -> None:
    clip = await edge.added()

    await every_write(edge, {"x-api-key": "another"})

    assert (await edge.client.get("/play")).json() == [clip]


async def test_where_no_key_is_set_nobody_writes_and_the_answer_says_how_to_allow_it(tmp_path: Path) -> None:
    closed = an_edge(tmp_path, keys=())
    async with closed.client:
        for headers in ({}, {"x-api-key": ""}, {"x-api-key": "any"}):
            for answer in await every_write(closed, headers):
                assert answer.status_code == 403
                assert "PLAY_WRITE_KEYS" in answer.json()["detail"]


async def test_any_of_several_keys_may_write_and_they_may_be_in_any_script(tmp_path: Path) -> None:
    keys = ("first", "clé à", "钥匙")
    several = an_edge(tmp_path, keys=keys, sounds=Sounds())
    async with several.client:
        for key in keys:
            for header in ((b"x-api-key", key.encode()), (b"authorization", b"Bearer " + key.encode())):
                assert (await several.client.post("/play", json=OFFERED, headers=[header])).status_code == 201


async def test_a_key_is_asked_for_before_the_body_is_read(edge: Edge) -> None:
    answer = await edge.asked("POST", "/play", body=[None])

    assert answer.status == 401


def test_a_key_shows_in_no_representation(edge: Edge) -> None:
    assert KEY not in repr(edge.container.play())
