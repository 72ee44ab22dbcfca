"""Audio that is sent with a new clip, or in place of a clip's: kept whole, or refused with nothing left."""

import json
from collections.abc import AsyncIterator, Iterable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import StorageFull, StoreUnavailable
from domain.location import AudioLocation
from entrypoints.settings import Settings
from tests.entrypoints.contract import obeys
from tests.entrypoints.edge import RAIN, WRITING, Answer, Edge, an_edge
from tests.examples import a_wav
from tests.sounds import flac, m4a, mp3, opus, tagged_opus, wav, with_id3_frames

SOUND = wav(2.0)
FIELDS: dict[str, Any] = {"title": "Hail", "genre": "Nature"}
BOUNDARY = b"a-boundary"
FORM = (b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)
RAW_KEY = (b"authorization", WRITING["authorization"].encode())


def location_of(content: bytes, ending: str) -> str:
    return f"library:uploads/{sha256(content).hexdigest()}.{ending}"


async def sent(edge: Edge, content: bytes = SOUND, name: str = "hail.wav", **fields: Any) -> Any:
    """A form as a browser sends it."""
    return await edge.client.post("/play", data=fields, files={"audio": (name, content)}, headers=WRITING)


async def put(edge: Edge, clip: int, content: bytes = SOUND, media_type: str = "audio/wav") -> Any:
    headers = {**WRITING, "content-type": media_type}
    return await edge.client.put(f"/play/{clip}/audio", content=content, headers=headers)


def part(name: str, content: bytes, file_name: str | None = None) -> bytes:
    named = f'; filename="{file_name}"' if file_name is not None else ""
    head = f'Content-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return b"--" + BOUNDARY + b"\r\n" + head.encode() + content + b"\r\n"


END = b"--" + BOUNDARY + b"--\r\n"


async def posted(edge: Edge, body: Iterable[bytes | None], *headers: tuple[bytes, bytes]) -> Answer:
    return await edge.asked("POST", "/play", headers=[RAW_KEY, *(headers or (FORM,))], body=body)


def uploads(edge: Edge) -> set[str]:
    """What is kept of all that was sent."""
    return {location for location in edge.sounds.content if location.startswith("library:uploads/")}


def errors(answer: Any) -> dict[str, str]:
    return {error["path"]: error["message"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("content", "name", "media_type", "ending"),
    [
        (mp3(40), "hail.mp3", "audio/mpeg", "mp3"),
        (opus(3), "hail.opus", "audio/ogg", "ogg"),
        (flac(3), "hail.flac", "audio/flac", "flac"),
        (SOUND, "hail.wav", "audio/wav", "wav"),
        (m4a(9, index_first=False), "hail.m4a", "audio/mp4", "m4a"),
    ],
)
async def test_a_clip_that_is_sent_with_its_audio_is_kept_and_heard(
    edge: Edge, content: bytes, name: str, media_type: str, ending: str
) -> None:
    answer = await sent(edge, content, name, **FIELDS, description="On a roof.", tags=["ice", "night"])
    clip = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/play/{clip['id']}"
    assert obeys(answer, "addClip")
    assert (clip["title"], clip["genre"], clip["description"]) == ("Hail", "Nature", "On a roof.")
    assert (clip["tags"], clip["media_type"], clip["size"]) == (["ice", "night"], media_type, len(content))
    assert clip["audio_url"] == location_of(content, ending)
    assert clip["duration"] > 0
    stream = await edge.client.get(clip["stream_url"])
    assert (stream.status_code, stream.content) == (200, content)
    assert stream.headers["etag"] == f'"{sha256(content).hexdigest()}"'


async def test_what_is_not_said_is_taken_from_the_tags(edge: Edge) -> None:
    content = with_id3_frames(mp3(100), TIT2="Thunder", TCON="Nature", COMM="Far away.")
    clip = (await sent(edge, content)).json()

    assert (clip["title"], clip["genre"], clip["description"]) == ("Thunder", "Nature", "Far away.")
    assert clip["duration"] == pytest.approx(2.6, abs=0.1)


async def test_what_is_said_wins_over_the_tags(edge: Edge) -> None:
    content = tagged_opus("TITLE=Thunder", "GENRE=Nature", "COMMENT=Far away.")
    clip = (await sent(edge, content, **FIELDS, description="Near.", duration="1.5")).json()

    assert (clip["title"], clip["description"], clip["duration"]) == ("Hail", "Near.", 1.5)


async def test_a_field_that_is_empty_is_not_said(edge: Edge) -> None:
    content = tagged_opus("TITLE=Thunder", "GENRE=Nature", "COMMENT=Far away.")
    empty = dict.fromkeys(("title", "genre", "description", "duration", "tags"), "")
    clip = (await sent(edge, content, **empty)).json()

    assert (clip["title"], clip["description"], clip["duration"], clip["tags"]) == ("Thunder", "Far away.", 3, [])


@pytest.mark.parametrize(
    ("name", "title"),
    [("heavy hail.wav", "heavy hail"), ("C:\\sounds\\hail.tar.wav", "hail.tar"), ("a/b/hail", "hail"),
     (".wav", ".wav"), ("große Hagelkörner.wav", "große Hagelkörner"), ("x" * 400 + ".wav", "x" * 200)],
)  # fmt: skip
async def test_a_title_that_nobody_tells_is_the_files_name(edge: Edge, name: str, title: str) -> None:
    assert (await sent(edge, name=name, genre="Nature")).json()["title"] == title


async def test_what_neither_the_form_nor_the_tags_tell_is_asked_for_at_once(edge: Edge) -> None:
    answer = await posted(edge, [part("audio", b"fLaC\x80\x00\x00\x22" + bytes(34)), END])

    assert answer.status == 422
    assert errors(answer) == dict.fromkeys(("title", "genre", "duration"), "is required: the audio's tags tell none")
    assert uploads(edge) == set()


async def test_the_same_audio_sent_twice_is_one_file_and_two_clips(edge: Edge) -> None:
    one, two = (await sent(edge, **FIELDS)).json(), (await sent(edge, **FIELDS)).json()

    assert one["id"] != two["id"]
    assert uploads(edge) == {one["audio_url"]} == {two["audio_url"]}
    for clip, left in ((one, {two["audio_url"]}), (two, set())):
        assert (await edge.client.delete(f"/play/{clip['id']}", headers=WRITING)).status_code == 204
        assert uploads(edge) == left


@pytest.mark.parametrize("before", [True, False])
async def test_fields_may_stand_before_the_audio_or_behind_it(edge: Edge, before: bool) -> None:
    fields = part("title", b"Hail") + part("genre", b"Nature")
    audio = part("audio", SOUND, "x.wav")
    answer = await posted(edge, [fields + audio if before else audio + fields, END])

    assert answer.status == 201
    assert answer.json()["title"] == "Hail"


@given(cuts=st.lists(st.integers(0, 17_000), max_size=30))
async def test_a_form_is_the_same_however_it_is_cut_on_its_way(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    body = part("title", b"Hail") + part("audio", SOUND + b"\r\n--a-boundar\r\n--", "x") + part("genre", b"N") + END
    places = sorted({0, *(cut for cut in cuts if cut < len(body)), len(body)})
    edge = an_edge(tmp_path_factory.getbasetemp())
    answer = await posted(edge, [body[at:to] for at, to in pairwise(places)])

    assert answer.status == 201
    assert answer.json()["audio_url"] == location_of(SOUND + b"\r\n--a-boundar\r\n--", "wav")


HTML = b"<!doctype html>" * 1_000
REFUSED: dict[str, tuple[list[bytes], dict[str, Any]]] = {
    "no audio": ([part("title", b"Hail"), END], {"audio": "is required"}),
    "nothing": ([END], {"audio": "is required"}),
    "empty audio": ([part("audio", b"", ""), END], {"audio": "is empty"}),
    "a web page": ([part("audio", HTML), END], {"audio": None}),
    "two audios": ([part("audio", SOUND), part("audio", SOUND), END], {"audio": "must be sent once"}),
    "two titles": ([part("title", b"a") * 2, part("audio", SOUND), END], {"title": "must be sent once"}),
    "an unknown field": ([part("audio_url", b"x"), part("audio", SOUND), END], {"audio_url": "is not a known field"}),
    "an unknown field behind": ([part("audio", SOUND), part("colour", b"x"), END], {"colour": "is not a known field"}),
    "a field of ours": ([part("file_name", b"x"), part("audio", SOUND), END], {"file_name": "is not a known field"}),
    "a part without a name": ([part("", b"x"), part("audio", SOUND), END], {"": "is not a known field"}),
    "no number": ([part("duration", b"long"), part("audio", SOUND), END], {"duration": "must be a number"}),
    "a number of Python's": ([part("duration", b"1_0"), part("audio", SOUND), END], {"duration": "must be a number"}),
    "no time": ([part("duration", b"0"), part("audio", SOUND), END],
                {"duration": "must be a number of seconds greater than 0"}),
    "no UTF-8": ([part("title", b"\xff"), part("audio", SOUND), END], {"title": "must be text in UTF-8"}),
    "two faults": ([part("title", b"a\0b"), part("hue", b""), part("audio", SOUND), END], {"title": None, "hue": None}),
    "21 tags": ([part("tags", b"t%d" % at) for at in range(21)] + [part("audio", SOUND), END], {"tags": None}),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_a_form_that_is_not_right_is_refused_by_its_fields(edge: Edge, case: str) -> None:
    body, expected = REFUSED[case]
    answer = await posted(edge, body)

    assert answer.status == 422
    assert errors(answer).keys() == expected.keys()
    assert all(message in (None, errors(answer)[path]) for path, message in expected.items())
    assert uploads(edge) == set()


async def test_wrong_fields_before_the_audio_are_told_before_it_is_read(edge: Edge) -> None:
    answer = await posted(edge, [part("title", b"x" * 201) + part("audio", SOUND)[:100], None])

    assert answer.status == 422
    assert errors(answer) == {"title": "must have 1 to 200 characters, not 201"}


@pytest.mark.parametrize("at", [0, 1, 30, 60, 100, 5_000, -40, -5])
async def test_of_a_form_that_breaks_off_nothing_is_kept(edge: Edge, at: int) -> None:
    body = part("title", b"Hail") + part("genre", b"N") + part("audio", SOUND) + END
    for ending in ([None], []):
        answer = await posted(edge, [body[:at], *ending])

        assert answer.status == 400
        assert answer.headers["content-type"] == "application/problem+json"
    assert uploads(edge) == set()


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (b"multipart/form-data", part("audio", SOUND) + END),
        (b"multipart/form-data; boundary=", part("audio", SOUND) + END),
        (b"multipart/form-data; boundary=other", part("audio", SOUND) + END),
        (FORM[1], b"--a-boundaryX\r\n" + END),
        (FORM[1], b"--a-boundary\nContent-Disposition: form-data; name=audio\n\nx" + END),
        (FORM[1], b"--a-boundary\r\nx: y\r\n\r\nsound\r\n" + END),
        (FORM[1], part("audio", SOUND).replace(b"\r\n\r\n", b"\r\n" + b"x: y\r\n" * 50 + b"\r\n") + END),
        (FORM[1], part("x" * 10_000, b"x") + END),
        (FORM[1], part("tags", b"") * 200 + END),
        (FORM[1], part("audio", SOUND, "\xe9.wav").replace("\xe9".encode(), b"\xe9") + END),
        (FORM[1], b"{}"),
    ],
)
async def test_a_body_that_is_no_form_is_a_400(edge: Edge, media_type: bytes, body: bytes) -> None:
    answer = await posted(edge, [body], (b"content-type", media_type))

    assert answer.status == 400
    assert "multipart/form-data" in answer.json()["detail"]
    assert "Error(" not in answer.json()["detail"]  # words, and nothing of Python's
    assert uploads(edge) == set()


def limited(tmp_path: Path) -> Edge:
    settings = Settings(data=tmp_path, write_rate="off", upload_limit=len(SOUND), body_limit=1_024)
    return an_edge(tmp_path, settings=settings)


async def test_audio_may_be_as_large_as_the_limit_and_no_larger(tmp_path: Path) -> None:
    edge = limited(tmp_path)
    clip = (await sent(edge, SOUND, **FIELDS)).json()["id"]
    larger = wav(2.001)

    assert (await put(edge, clip, SOUND)).status_code == 200
    for answer in (await sent(edge, larger, **FIELDS), await put(edge, clip, larger)):
        assert answer.status_code == 413
        assert answer.json()["detail"] == f"The audio has more than {len(SOUND)} bytes."
        assert answer.headers["connection"] == "close"
    assert uploads(edge) == {location_of(SOUND, "wav")}


async def test_a_length_that_is_too_much_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    edge = limited(tmp_path)
    length = (b"content-length", str(len(SOUND) + 1_024 + 1).encode())
    clip = (await edge.added())["id"]
    headers = [RAW_KEY, (b"content-type", b"audio/wav"), length]

    assert (await posted(edge, [None], FORM, length)).status == 413
    assert (await edge.asked("PUT", f"/play/{clip}/audio", headers=headers, body=[None])).status == 413


@pytest.mark.parametrize(
    "body",
    [
        [part("description", b"x" * 1_100), part("audio", SOUND), END],
        [part("audio", SOUND), part("description", b"x" * 1_100), END],
        [b"\r\n" * 600, part("audio", SOUND), END],
        [part("tags", b"x") * 30, part("audio", SOUND), END],
    ],
)
async def test_what_is_sent_beside_the_audio_is_bounded_too(tmp_path: Path, body: list[bytes]) -> None:
    answer = await posted(limited(tmp_path), body)

    assert answer.status == 413
    assert answer.json()["detail"] == "What is sent beside the audio has more than 1024 bytes."


async def test_other_audio_takes_the_place_of_the_clips_and_brings_its_duration(edge: Edge) -> None:
    clip = await edge.added(title="Rain", description="Soft.")
    await edge.client.get(clip["stream_url"])
    answer = await put(edge, clip["id"], opus(7), "application/octet-stream")
    changed = answer.json()

    assert obeys(answer, "replaceAudio")
    assert changed == clip | {
        "audio_url": location_of(opus(7), "ogg"), "duration": 7, "media_type": "audio/ogg", "size": len(opus(7)),
        "play_count": 1,
    }  # fmt: skip
    assert (await edge.client.get(clip["stream_url"])).content == opus(7)
    assert RAIN in edge.sounds.content  # what lies in the media folder is its owner's


async def test_the_audio_before_goes_when_no_clip_uses_it(edge: Edge) -> None:
    one, two = (await sent(edge, **FIELDS)).json(), (await sent(edge, **FIELDS)).json()
    before, after = one["audio_url"], location_of(opus(3), "ogg")

    assert (await put(edge, one["id"], opus(3))).status_code == 200
    assert uploads(edge) == {before, after}
    assert (await put(edge, two["id"], opus(3))).status_code == 200
    assert uploads(edge) == {after}
    assert (await put(edge, two["id"], opus(3))).status_code == 200
    assert uploads(edge) == {after}
    for clip in (one, two):
        changed = {"audio_url": RAIN}
        assert (await edge.client.patch(f"/play/{clip['id']}", json=changed, headers=WRITING)).status_code == 200
    assert uploads(edge) == set()
    assert RAIN in edge.sounds.content


async def test_a_second_clip_can_be_made_of_what_was_uploaded(edge: Edge) -> None:
    first = (await sent(edge, **FIELDS)).json()
    second = await edge.added(audio_url=first["audio_url"])
    await edge.client.delete(f"/play/{first['id']}", headers=WRITING)

    assert (await edge.client.get(second["stream_url"])).content == SOUND
    gone = AudioLocation(f"library:uploads/{'0' * 64}.wav")
    answer = await edge.client.post("/play", json={**FIELDS, "audio_url": gone}, headers=WRITING)
    assert answer.status_code == 422
    assert errors(answer) == {"audio_url": "cannot be opened: there is nothing there"}


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [(b"", "audio/wav", 422), (HTML, "audio/mpeg", 422), (SOUND, "text/plain", 415), (SOUND, "", 415),
     (b"fLaC\x80\x00\x00\x22" + bytes(34), "audio/flac", 422)],
)  # fmt: skip
async def test_what_cannot_take_the_place_of_a_clips_audio_changes_nothing(
    edge: Edge, content: bytes, media_type: str, status: int
) -> None:
    clip = await edge.added()
    answer = await put(edge, clip["id"], content, media_type)

    assert answer.status_code == status
    assert obeys(answer, "replaceAudio")
    assert (await edge.client.get(f"/play/{clip['id']}")).json() == clip
    assert uploads(edge) == set()


async def test_a_part_of_some_audio_does_not_take_the_place_of_the_whole(edge: Edge) -> None:
    clip = await edge.added()
    headers = {**WRITING, "content-type": "audio/wav", "content-range": f"bytes 0-{len(SOUND) - 1}/9000000"}
    answer = await edge.client.put(f"/play/{clip['id']}/audio", content=SOUND, headers=headers)

    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "The body is not whole: Content-Range names a part of it.",
    )
    assert obeys(answer, "replaceAudio")
    assert (await edge.client.get(f"/play/{clip['id']}")).json() == clip
    assert uploads(edge) == set()


async def test_nothing_is_read_for_a_clip_that_is_not_there_or_without_a_key(edge: Edge) -> None:
    headers = [(b"content-type", b"audio/wav")]

    assert (await edge.asked("PUT", "/play/77/audio", headers=[RAW_KEY, *headers], body=[None])).status == 404
    assert (await edge.asked("PUT", "/play/77/audio", headers=headers, body=[None])).status == 401
    assert (await edge.asked("POST", "/play", headers=[FORM], body=[None])).status == 401
    assert (await edge.client.put("/play/abc/audio", content=SOUND, headers=WRITING)).status_code == 404
    assert (await edge.client.get("/play/77/audio")).status_code == 405


async def test_what_breaks_off_takes_no_place(edge: Edge) -> None:
    clip = await edge.added()
    headers = [RAW_KEY, (b"content-type", b"audio/wav")]
    answer = await edge.asked("PUT", f"/play/{clip['id']}/audio", headers=headers, body=[SOUND, None])

    assert answer.status == 400
    assert answer.json()["detail"] == "The body is not whole: it was broken off."
    assert uploads(edge) == set()


class Failing:
    """A store in which there is no room, or that fails otherwise."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def receive(self, chunks: AsyncIterator[bytes]) -> Any:
        async for _ in chunks:
            raise self.error


@pytest.mark.parametrize(
    ("error", "status"), [(StorageFull(), 507), (StoreUnavailable("the media folder cannot be used"), 503)]
)
async def test_a_disk_that_is_full_or_away_is_told_as_written(tmp_path: Path, error: Exception, status: int) -> None:
    edge = an_edge(tmp_path, uploads=Failing(error))
    clip = await edge.added()
    added, replaced = await sent(edge, **FIELDS), await put(edge, clip["id"])

    assert (added.status_code, replaced.status_code) == (status, status)
    assert obeys(added, "addClip")
    assert obeys(replaced, "replaceAudio")


async def test_clips_are_added_by_address_as_ever(edge: Edge) -> None:
    clip = await edge.added()

    assert json.loads((await edge.client.get(f"/play/{clip['id']}")).content) == clip
    assert clip["size"] == len(a_wav())


async def test_uploads_are_under_the_first_versions_prefix_too(edge: Edge) -> None:
    files = {"audio": ("hail.wav", SOUND)}
    answer = await edge.client.post("/api/v1/play", data=FIELDS, files=files, headers=WRITING)
    clip = answer.json()["id"]

    assert answer.status_code == 201
    headers = {**WRITING, "content-type": "audio/wav"}
    assert (await edge.client.put(f"/api/v1/play/{clip}/audio", content=SOUND, headers=headers)).status_code == 200
