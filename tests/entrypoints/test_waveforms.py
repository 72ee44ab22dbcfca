"""`GET /play/{id}/peaks`: the waveform of a clip, by the real decoder."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest
from attrs import define

from adapters.single_flight import SingleFlights
from domain.location import AudioLocation
from domain.peaks import Peaks
from domain.ports import OpenedAudio
from entrypoints.settings import Settings
from tests.entrypoints.edge import RAIN, Edge, an_edge
from tests.examples import a_wav
from tests.sounds import m4a
from tests.upstream import soon

M4A = AudioLocation("library:sound.m4a")


async def test_a_waveform_is_the_extremes_of_each_stretch(edge: Edge) -> None:
    clip = await edge.added()
    answer = await edge.client.get(f"/play/{clip['id']}/peaks?points=4")

    samples = [index * 7 % 251 - 128 for index in range(2_000)]  # those of `a_wav`
    stretches = [samples[at : at + 500] for at in range(0, 2_000, 500)]
    assert answer.status_code == 200
    assert answer.json() == {
        "id": clip["id"],
        "duration": 0.25,
        "bits": 8,
        "peaks": [[min(stretch), max(stretch)] for stretch in stretches],
    }
    assert answer.headers["cache-control"] == "no-cache"


async def test_there_are_800_points_unless_another_number_is_asked_for(edge: Edge) -> None:
    peaks = f"/play/{(await edge.added())['id']}/peaks"

    assert len((await edge.client.get(peaks)).json()["peaks"]) == 800
    for points in (1, 2_000):
        assert len((await edge.client.get(f"{peaks}?points={points}")).json()["peaks"]) == points


@pytest.mark.parametrize("points", ["0", "2001", "-1", "+1", "1.5", "1e3", "²", "", "9" * 99])
async def test_points_that_there_cannot_be_are_refused(edge: Edge, points: str) -> None:
    peaks = f"/play/{(await edge.added())['id']}/peaks"
    answer = await edge.client.get(peaks, params={"points": points})

    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["errors"]] == ["points"]


async def test_who_has_it_is_told_so_and_another_version_has_another_tag(edge: Edge) -> None:
    peaks = f"/play/{(await edge.added())['id']}/peaks?points=10"
    first = await edge.client.get(peaks)
    has_it = {"if-none-match": first.headers["etag"]}
    again = await edge.client.get(peaks, headers=has_it)
    more = await edge.client.get(f"{peaks}0", headers=has_it)
    edge.sounds.content[RAIN] = a_wav(1)
    changed = await edge.client.get(peaks, headers=has_it)

    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["etag"], again.headers["cache-control"]) == (first.headers["etag"], "no-cache")
    assert (more.status_code, changed.status_code) == (200, 200)
    assert len({each.headers["etag"] for each in (first, more, changed)}) == 3


async def test_it_is_no_play_and_everything_that_was_opened_is_closed(edge: Edge) -> None:
    clip = await edge.added()
    before = len(edge.sounds.opened)
    for _ in range(3):
        await edge.client.get(f"/play/{clip['id']}/peaks")
    await edge.container.delivery_queue().settled()

    assert await edge.play_count(clip) == 0
    assert (await edge.client.get(f"/play/{clip['id']}/stats")).json()["downloads"] == 0
    assert len(edge.sounds.opened) == before + 4  # each to know the version, and one to draw it
    assert all(opened.closed for opened in edge.sounds.opened)


async def test_what_cannot_be_decoded_is_said_in_words(edge: Edge) -> None:
    edge.sounds.content[M4A] = m4a(3, index_first=True)
    clip = await edge.added(audio_url=M4A)
    answer = await edge.client.get(f"/play/{clip['id']}/peaks")

    assert answer.status_code == 422
    assert "format" in answer.json()["detail"]
    assert "errors" not in answer.json()


@define
class Waiting:
    """A decoder that draws when it is let, and notes how often it was asked."""

    let: asyncio.Event
    asked: int = 0

    async def drawn(self, location: AudioLocation, audio: OpenedAudio) -> Peaks:
        self.asked += 1
        await self.let.wait()
        return Peaks(1.0, bytes(4))


async def test_a_hundred_who_ask_at_once_have_it_drawn_once(tmp_path: Path) -> None:
    decoder = Waiting(asyncio.Event())
    edge = an_edge(tmp_path, decoder=decoder)
    peaks = f"/play/{(await edge.added())['id']}/peaks"
    asking = [asyncio.create_task(edge.client.get(peaks)) for _ in range(100)]
    leaver, *_ = asking
    while not decoder.asked:
        await asyncio.sleep(0.01)
    leaver.cancel()
    decoder.let.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)

    assert decoder.asked == 1
    assert {answer.status_code for answer in answers[1:] if not isinstance(answer, BaseException)} == {200}


async def test_too_many_at_once_are_asked_to_come_again(tmp_path: Path) -> None:
    decoder = Waiting(asyncio.Event())
    edge = an_edge(tmp_path, decoder=decoder, flights=SingleFlights(most=32))
    for number in range(40):
        place = AudioLocation(f"library:{number}.wav")
        edge.sounds.content[place] = a_wav()
        await edge.added(audio_url=place)
    asking = [asyncio.create_task(edge.client.get(f"/play/{clip}/peaks")) for clip in range(1, 41)]
    assert await soon(lambda: sum(task.done() for task in asking) >= 8, 20)
    refused = [task.result() for task in asking if task.done()]
    decoder.let.set()
    answers = await asyncio.gather(*asking)

    assert [answer.status_code for answer in refused] == 8 * [503]
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert sorted(answer.status_code for answer in answers) == 32 * [200] + 8 * [503]


async def test_the_service_ends_what_is_being_drawn_when_it_ends(tmp_path: Path) -> None:
    decoder = Waiting(asyncio.Event())
    edge = an_edge(tmp_path, decoder=decoder)
    asking = asyncio.create_task(edge.client.get(f"/play/{(await edge.added())['id']}/peaks"))
    while not decoder.asked:
        await asyncio.sleep(0.01)
    await edge.container.flights().close()

    assert (await asking).status_code == 503


async def test_where_reading_takes_a_key_a_waveform_does(tmp_path: Path) -> None:
    digest = f"reader:{sha256(b'a key').hexdigest()}"
    edge = an_edge(tmp_path, settings=Settings(data=tmp_path, read_keys=(digest,)))
    peaks = f"/play/{(await edge.added())['id']}/peaks"
    kept = await edge.client.get(peaks, headers={"x-api-key": "a key"})
    has_it = {"x-api-key": "a key", "if-none-match": kept.headers["etag"]}

    assert (await edge.client.get(peaks)).status_code == 401
    assert (kept.status_code, kept.headers["cache-control"]) == (200, "no-store")
    assert (await edge.client.get(peaks, headers=has_it)).headers["cache-control"] == "no-store"


async def test_it_answers_under_the_prefix_of_the_first_version_and_to_head(edge: Edge) -> None:
    clip = await edge.added()

    assert (await edge.client.get(f"/api/v1/play/{clip['id']}/peaks/")).status_code == 200
    assert (await edge.client.head(f"/play/{clip['id']}/peaks")).status_code == 200
