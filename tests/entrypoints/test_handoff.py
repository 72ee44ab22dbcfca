"""Library files are left to the nginx in front where it answers just as we would; all is counted as ever."""

from pathlib import Path
from typing import Any

import pytest

from domain.location import AudioLocation
from entrypoints.settings import Settings
from tests.entrypoints.edge import WAV, Edge, Sounds, an_edge

NAMED = AudioLocation("library:deep/50%_of_ä.wav")
REMOTE = AudioLocation("https://audio.test/rain.wav")


@pytest.fixture
def behind_nginx(tmp_path: Path) -> Edge:
    """A service that was told of an nginx."""
    edge = an_edge(tmp_path, settings=Settings(data=tmp_path, accel_redirect="/protected/"))
    edge.sounds.content.update({NAMED: WAV, REMOTE: WAV})
    return edge


async def asked(edge: Edge, method: str = "GET", audio_url: str = NAMED, **fields: str) -> tuple[Any, int]:
    """The answer, and how often it was counted."""
    async with edge.client:
        clip = await edge.added(audio_url=audio_url)
        edge.sounds.opened.clear()
        answer = await edge.client.request(
            method, clip["stream_url"], headers={name.replace("_", "-"): value for name, value in fields.items()}
        )
        return answer, await edge.play_count(clip)


async def test_a_file_is_handed_off_by_its_name_and_counted(behind_nginx: Edge) -> None:
    answer, plays = await asked(behind_nginx)

    assert answer.headers["x-accel-redirect"] == "/protected/deep/50%25_of_%C3%A4.wav"
    assert (answer.status_code, answer.content, plays) == (200, b"", 1)


async def test_what_is_handed_off_is_described_as_ever_and_let_go_of(behind_nginx: Edge, tmp_path: Path) -> None:
    handed, _ = await asked(behind_nginx)
    alone = an_edge(tmp_path)
    alone.sounds.content.update({NAMED: WAV})
    sent, _ = await asked(alone)
    left_to_nginx = {"content-length", "accept-ranges", "x-request-id", "x-accel-redirect"}

    described = {name: value for name, value in handed.headers.items() if name not in left_to_nginx}
    assert described == {name: value for name, value in sent.headers.items() if name not in left_to_nginx}
    assert [(audio.closed, audio.read_chunks) for audio in behind_nginx.sounds.opened] == [(1, 0)]


@pytest.mark.parametrize(("field", "plays"), [("bytes=0-", 1), ("bytes=0-1", 0), ("bytes=5-", 0), ("bytes=-5", 0)])
async def test_a_single_range_is_handed_off_and_judged(behind_nginx: Edge, field: str, plays: int) -> None:
    answer, counted = await asked(behind_nginx, range=field)

    assert "x-accel-redirect" in answer.headers
    assert counted == plays


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"range": "bytes=0-1,5-9"}, 206),
        ({"range": "bytes=0-9,"}, 206),
        ({"range": f"bytes=0-{10**20}"}, 206),
        ({"range": "bytes= 0-9"}, 200),  # which nginx might read otherwise
        ({"range": "items=0-9"}, 200),
        ({"range": "bytes=999999-"}, 416),
        ({"if_none_match": "*"}, 304),
        ({"if_match": '"another"'}, 412),
        ({"if_modified_since": "Thu, 15 Jan 2026 08:30:11 GMT"}, 200),
        ({"if_range": '"another"', "range": "bytes=0-9"}, 200),
    ],
)
async def test_what_nginx_might_judge_otherwise_is_answered_here(
    behind_nginx: Edge, fields: dict[str, str], status: int
) -> None:
    answer, _ = await asked(behind_nginx, **fields)

    assert answer.status_code == status
    assert "x-accel-redirect" not in answer.headers


async def test_what_nginx_cannot_have_is_sent_from_here(behind_nginx: Edge) -> None:
    answer, plays = await asked(behind_nginx, audio_url=REMOTE)

    assert "x-accel-redirect" not in answer.headers
    assert (answer.content, plays) == (WAV, 1)


async def test_head_is_answered_here(behind_nginx: Edge) -> None:
    answer, plays = await asked(behind_nginx, "HEAD")

    assert "x-accel-redirect" not in answer.headers
    assert (answer.headers["content-length"], plays) == (str(len(WAV)), 0)


async def test_nothing_is_handed_off_unless_there_is_an_nginx(tmp_path: Path) -> None:
    answer, _ = await asked(an_edge(tmp_path, sounds=Sounds({NAMED: WAV})))

    assert "x-accel-redirect" not in answer.headers
    assert answer.content == WAV
