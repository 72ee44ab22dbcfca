"""A clip is streamed as RFC 9110 says, and counted as ADR 1 says: once, and before its first byte leaves."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from domain.clip import UNKNOWN_VERSION, ClipVersion
from domain.errors import AudioUnavailable, SourceFailure
from domain.play import Play
from domain.validators import UNKNOWN
from entrypoints.web.faces import WHY
from tests.entrypoints.edge import RAIN, WAV, Edge, LedgerAway, WatchedAudio, an_edge

SIZE = len(WAV)
A_UUID = "5c1bfbc2-40d1-4b8a-9786-f16610802700"


# what is sent


async def test_the_whole_clip_is_sent_as_what_it_is(edge: Edge) -> None:
    clip = await edge.added()

    answer = await edge.client.get(clip["stream_url"])

    assert (answer.status_code, answer.content) == (200, WAV)
    assert {name: value for name, value in answer.headers.items() if name != "x-request-id"} == {
        "content-type": "audio/wav",
        "content-length": str(SIZE),
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": answer.headers["access-control-expose-headers"],
        "content-disposition": 'inline; filename="Rain.wav"',
        "cross-origin-resource-policy": "cross-origin",
        "etag": answer.headers["etag"],
        "x-content-type-options": "nosniff",
    }


@given(first=st.integers(0, SIZE - 1), length=st.integers(1, SIZE + 10))
async def test_a_range_is_what_slicing_selects(edge: Edge, first: int, length: int) -> None:
    clip = await edge.added()

    answer = await edge.client.get(clip["stream_url"], headers={"range": f"bytes={first}-{first + length - 1}"})

    expected = WAV[first : first + length]
    assert (answer.status_code, answer.content) == (206, expected)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(len(expected))
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(("asked", "part"), [("bytes=100-", WAV[100:]), ("bytes=-100", WAV[-100:])])
async def test_a_range_may_be_open_or_count_from_the_end(edge: Edge, asked: str, part: bytes) -> None:
    clip = await edge.added()

    answer = await edge.client.get(clip["stream_url"], headers={"range": asked})

    assert (answer.status_code, answer.content) == (206, part)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", f"bytes={10**30}-", f"bytes={SIZE}-{SIZE + 1}"])
async def test_a_range_behind_the_end_is_a_416_that_tells_the_size(edge: Edge, asked: str) -> None:
    clip = await edge.added()

    answer = await edge.client.get(clip["stream_url"], headers={"range": asked})

    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert str(SIZE) in answer.json()["detail"]


@pytest.mark.parametrize("asked", ["items=0-1", "bytes=5-2", "bytes", "bytes=a-b", "bytes=+1-2", ""])
async def test_a_range_that_cannot_be_understood_is_ignored(edge: Edge, asked: str) -> None:
    clip = await edge.added()

    answer = await edge.client.get(clip["stream_url"], headers={"range": asked})

    assert (answer.status_code, answer.content) == (200, WAV)


async def test_if_range_gives_the_whole_of_another_version(edge: Edge) -> None:
    clip = await edge.added()

    headers = {"range": "bytes=5-9", "if-range": '"anything"'}
    answer = await edge.client.get(clip["stream_url"], headers=headers)

    assert (answer.status_code, answer.content) == (200, WAV)
    assert await edge.play_count(clip) == 1


async def test_head_tells_what_get_would_and_sends_nothing(edge: Edge) -> None:
    clip = await edge.added()

    head = await edge.client.head(clip["stream_url"])
    get = await edge.client.get(clip["stream_url"])

    assert (head.status_code, head.content) == (200, b"")
    assert without_id(head.headers) == without_id(get.headers)


async def test_head_knows_no_ranges(edge: Edge) -> None:
    clip = await edge.added()

    answer = await edge.client.head(clip["stream_url"], headers={"range": "bytes=0-1"})

    assert (answer.status_code, answer.headers["content-length"]) == (200, str(SIZE))


def without_id(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "x-request-id"}


async def test_audio_is_let_go_of_once_it_is_sent(edge: Edge) -> None:
    clip = await edge.added()
    edge.sounds.opened.clear()

    await edge.client.get(clip["stream_url"])
    await edge.client.head(clip["stream_url"])

    assert [audio.closed for audio in edge.sounds.opened] == [1, 1]
    assert edge.sounds.opened[1].read_chunks == 0


async def test_audio_of_unknown_size_is_sent_without_a_length(tmp_path: Path) -> None:
    odd = an_edge(tmp_path, sounds=Unmeasured(WAV))
    async with odd.client:
        clip = await odd.added(duration=1)
        answer = await odd.client.get(clip["stream_url"], headers={"range": "bytes=5-9"})

    assert (answer.status_code, answer.content) == (200, WAV)
    assert "content-length" not in answer.headers
    assert "accept-ranges" not in answer.headers
    assert answer.headers["content-type"] == "audio/mpeg"


@frozen
class Unmeasured:
    """A source that tells neither size nor type, and cannot be cut."""

    content: bytes

    async def open(self, location: object, requested: object = None) -> "UnmeasuredAudio":
        return UnmeasuredAudio([self.content[:100], self.content[100:]])


class UnmeasuredAudio:
    size = None
    range = None
    media_type = "audio/mpeg"
    validators = UNKNOWN
    can_reopen = False

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    async def reopen(self, requested: object) -> "UnmeasuredAudio":
        raise AudioUnavailable(RAIN, SourceFailure.CHANGED)

    async def read(self, at_most: int = 0) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def close(self) -> None:
        self.pieces = []


# what fails


@pytest.mark.parametrize("failure", SourceFailure)
async def test_a_source_that_fails_is_told_in_words_before_any_audio_and_is_no_play(
    edge: Edge, failure: SourceFailure
) -> None:
    clip = await edge.added()
    edge.sounds.failing[RAIN] = AudioUnavailable(RAIN, failure)

    for asked in (edge.client.get, edge.client.head):
        answer = await asked(clip["stream_url"])
        assert answer.status_code == (504 if failure is SourceFailure.TOO_SLOW else 502)
        assert answer.headers["content-type"] == "application/problem+json"
    answer = await edge.client.get(clip["stream_url"])
    assert WHY[failure] in answer.json()["detail"]
    assert await edge.play_count(clip) == 0


async def test_a_file_that_was_taken_away_is_a_502_and_no_play(edge: Edge) -> None:
    clip = await edge.added()
    edge.sounds.content.clear()

    assert (await edge.client.get(clip["stream_url"])).status_code == 502
    assert await edge.play_count(clip) == 0


@frozen
class BreaksOff:
    """A source whose audio breaks off behind its first half."""

    async def open(self, location: object, requested: object = None) -> "BrokenAudio":
        return BrokenAudio()


class BrokenAudio(UnmeasuredAudio):
    size = SIZE  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__([WAV[:1_000]])

    async def read(self, at_most: int = 0) -> bytes:
        if not self.pieces:
            raise AudioUnavailable(RAIN, SourceFailure.INTERRUPTED)
        return await super().read()


async def test_audio_that_breaks_off_looks_broken_off_to_the_listener(edge: Edge, tmp_path: Path) -> None:
    clip = await edge.added()
    store = edge.container.catalogue()
    broken = an_edge(tmp_path, sounds=BreaksOff(), catalogue=store, ledger=store)
    sent = []

    async def send(message: Any) -> None:
        sent.append(message)

    async with broken.client:
        await broken.app(http_get(clip["stream_url"]), never, send)

    body = [message for message in sent if message["type"] == "http.response.body"]
    assert b"".join(message["body"] for message in body) == WAV[:1_000]
    assert all(message["more_body"] for message in body)


def http_get(path: str) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": []}


async def never() -> Any:
    """A listener who stays."""
    await asyncio.Event().wait()


async def test_a_ledger_that_is_away_is_a_503_and_nothing_is_sent_or_left_open(edge: Edge, tmp_path: Path) -> None:
    clip = await edge.added()
    away = an_edge(tmp_path, catalogue=edge.container.catalogue(), ledger=LedgerAway())

    async with away.client:
        answer = await away.client.get(clip["stream_url"])

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(audio.closed, audio.read_chunks) for audio in away.sounds.opened] == [(1, 0)]


async def test_what_is_no_play_needs_no_ledger(edge: Edge, tmp_path: Path) -> None:
    clip = await edge.added()
    away = an_edge(tmp_path, catalogue=edge.container.catalogue(), ledger=LedgerAway())

    async with away.client:
        assert (await away.client.get(clip["stream_url"], headers={"range": "bytes=5-"})).status_code == 206
        assert (await away.client.head(clip["stream_url"])).status_code == 200


# what counts


@pytest.mark.parametrize(
    ("headers", "counts"),
    [
        ({}, True),
        ({"range": "bytes=0-"}, True),
        ({"range": "bytes=0-2"}, True),
        ({"range": f"bytes=0-{SIZE - 1}"}, True),
        ({"range": f"bytes=-{SIZE}"}, True),
        ({"range": "bytes=5-2"}, True),  # ignored, so the whole was sent
        ({"range": "bytes=0-1, 5-6"}, True),
        ({"range": "bytes=0-0"}, False),
        ({"range": "bytes=0-1"}, False),
        ({"range": "bytes=1-"}, False),
        ({"range": "bytes=-5"}, False),
        ({"range": f"bytes={SIZE}-"}, False),
        ({"sec-purpose": "prefetch"}, False),
        ({"sec-purpose": "prefetch;anonymous-client-ip"}, False),
        ({"sec-purpose": "prefetch", "range": "bytes=0-"}, False),
    ],
)
async def test_an_answer_from_the_first_byte_on_is_a_play_and_probes_and_seeks_are_none(
    edge: Edge, headers: dict[str, str], counts: bool
) -> None:
    clip = await edge.added()

    await edge.client.get(clip["stream_url"], headers=headers)

    assert await edge.play_count(clip) == (1 if counts else 0)


async def test_head_is_no_play(edge: Edge) -> None:
    clip = await edge.added()

    await edge.client.head(clip["stream_url"], params={"play": str(uuid4())})

    assert await edge.play_count(clip) == 0


async def test_what_a_browser_asks_while_it_plays_and_seeks_is_one_play(edge: Edge) -> None:
    clip = await edge.added()

    for asked in ("bytes=0-1", f"bytes=0-{SIZE - 1}", "bytes=900-", "bytes=500-"):
        assert (await edge.client.get(clip["stream_url"], headers={"range": asked})).status_code == 206

    assert await edge.play_count(clip) == 1


async def test_each_play_without_a_playback_id_is_one_of_its_own(edge: Edge) -> None:
    clip = await edge.added()

    for _ in range(3):
        await edge.client.get(clip["stream_url"])

    assert await edge.play_count(clip) == 3


async def test_a_playback_id_counts_once_for_each_clip(edge: Edge) -> None:
    first, second = await edge.added(), await edge.added()
    playback = uuid4()

    for clip in (first, second, first, second):
        answers = [
            await edge.client.get(clip["stream_url"], params={"play": str(playback)}),
            await edge.client.get(clip["stream_url"], params={"play": str(playback).upper()}),
            await edge.client.get(clip["stream_url"], headers={"x-playback-session-id": str(playback).upper()}),
        ]
        assert [answer.content for answer in answers] == [WAV] * 3

    assert (await edge.play_count(first), await edge.play_count(second)) == (1, 1)


async def test_two_playback_ids_are_two_plays(edge: Edge) -> None:
    clip = await edge.added()

    for _ in range(2):
        await edge.client.get(clip["stream_url"], headers={"x-playback-session-id": str(uuid4())})

    assert await edge.play_count(clip) == 2


async def test_the_parameter_goes_before_the_players_header(edge: Edge) -> None:
    clip = await edge.added()
    playback = str(uuid4())

    for _ in range(2):
        headers = {"x-playback-session-id": str(uuid4())}
        await edge.client.get(clip["stream_url"], params={"play": playback}, headers=headers)

    assert await edge.play_count(clip) == 1


@pytest.mark.parametrize("session", ["", "abc", f"{{{A_UUID}}}", A_UUID.replace("-", ""), "x" * 5_000])
async def test_a_players_session_id_that_is_no_uuid_is_ignored(edge: Edge, session: str) -> None:
    clip = await edge.added()

    for _ in range(2):
        answer = await edge.client.get(clip["stream_url"], headers={"x-playback-session-id": session})
        assert answer.status_code == 200

    assert await edge.play_count(clip) == 2


@pytest.mark.parametrize("playback", ["", "abc", f"{A_UUID}\n", A_UUID.replace("-", ""), "é", "\0"])
async def test_a_playback_id_that_is_no_uuid_is_refused_and_nothing_is_opened(edge: Edge, playback: str) -> None:
    clip = await edge.added()
    edge.sounds.opened.clear()

    answer = await edge.client.get(clip["stream_url"], params={"play": playback})

    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["errors"]] == ["play"]
    assert edge.sounds.opened == []
    assert await edge.play_count(clip) == 0


class NotingLedger:
    """A ledger that notes what had been read of the audio when it was asked."""

    def __init__(self) -> None:
        self.audio: list[WatchedAudio] = []
        self.read_before: list[int] = []

    async def record(self, play: Play, version: ClipVersion = UNKNOWN_VERSION) -> bool:
        self.read_before.append(sum(audio.read_chunks for audio in self.audio))
        return True


async def test_a_play_is_written_down_before_its_first_byte_is_read(edge: Edge, tmp_path: Path) -> None:
    clip = await edge.added()
    ledger = NotingLedger()
    noting = an_edge(tmp_path, catalogue=edge.container.catalogue(), ledger=ledger)
    ledger.audio = noting.sounds.opened

    async with noting.client:
        assert (await noting.client.get(clip["stream_url"])).content == WAV

    assert ledger.read_before == [0]
