"""Clips that lie on another web server: relayed byte by byte, and refused in words, uncounted, where they cannot be."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256

import orjson
import pytest

from tests.end_to_end.clients import Client, client_of, listening
from tests.end_to_end.conftest import FreshFolder
from tests.examples import a_wav
from tests.services import Service, running_service
from tests.sounds import mp3, mp3_of
from tests.upstream import Answer, Request, Upstream, chunked, head, ignoring_ranges, saying, serving, upstream

WAV = a_wav(seconds=5)  # 40 kB, of all levels from -128 to 122
SOUND = mp3(200)  # 83 kB
LARGE = mp3_of(1_000_000) * 5
PATIENT = 20.0  # seconds


@pytest.fixture(scope="module")
def service(fresh_folder: FreshFolder) -> Iterator[Service]:
    """A service that a machine which stands still for a while does not make give a source up."""
    with running_service("--memory", "--data", str(fresh_folder()), PLAY_FIRST_BYTE_TIMEOUT="60") as running:
        yield running


@pytest.fixture(scope="module")
def impatient(fresh_folder: FreshFolder) -> Iterator[Service]:
    """A service that waits for half a second."""
    with running_service("--memory", "--data", str(fresh_folder()), PLAY_FIRST_BYTE_TIMEOUT="0.5") as running:
        yield running


@asynccontextmanager
async def clip_of(client: Client, answer: Answer) -> AsyncIterator[tuple[Upstream, int]]:
    """A web server that answers like this, and a clip that lies there."""
    async with upstream(answer) as server:
        yield server, await client.add(server.url())


async def streamed(client: Client, clip: int, asked: str = "") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a stream."""
    headers = {"range": f"bytes={asked}"} if asked else {}
    async with client.session.get(f"/play/{clip}/stream", headers=headers) as response:
        told = {name.lower(): value for name, value in response.headers.items()}
        return response.status, told, await response.read()


async def why_not(client: Client, clip: int) -> tuple[int, str]:
    """Status and words of a stream that is refused."""
    status, headers, body = await streamed(client, clip)
    assert headers["content-type"] == "application/problem+json"
    return status, orjson.loads(body)["detail"]


@pytest.mark.parametrize("answer", [serving(SOUND), ignoring_ranges(SOUND)], ids=["ranges", "ignoring ranges"])
@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("0-", SOUND),
        ("0-0", SOUND[:1]),
        ("5000-6999", SOUND[5_000:7_000]),
        ("40000-", SOUND[40_000:]),
        ("-500", SOUND[-500:]),
    ],
)
async def test_any_part_of_a_remote_clip_is_relayed(client: Client, answer: Answer, asked: str, part: bytes) -> None:
    async with clip_of(client, answer) as (_, clip):
        status, headers, body = await streamed(client, clip, asked)

    first = SOUND.index(part)
    assert (status, body) == (206, part)
    assert headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(SOUND)}"
    assert (headers["content-length"], headers["content-type"]) == (str(len(part)), "audio/mpeg")


async def test_the_whole_of_a_remote_clip_is_relayed_and_counted_once(client: Client) -> None:
    async with clip_of(client, serving(SOUND)) as (_, clip):
        status, headers, body = await streamed(client, clip)

        assert (status, body, headers["content-length"]) == (200, SOUND, str(len(SOUND)))
        assert await client.plays(clip) == 1


@pytest.mark.parametrize(
    "answer", [serving(WAV), ignoring_ranges(WAV), chunked(WAV)], ids=["ranges", "ignoring ranges", "unknown size"]
)
async def test_the_waveform_of_a_remote_clip_is_drawn_and_is_no_play(client: Client, answer: Answer) -> None:
    async with clip_of(client, answer) as (_, clip):
        for _ in range(2):
            async with client.session.get(f"/play/{clip}/peaks?points=1") as response:
                assert (await response.json())["peaks"] == [[-128, 122]]

        assert await client.plays(clip) == 0


async def test_a_remote_clip_of_unknown_size_is_relayed_whole(client: Client) -> None:
    async with clip_of(client, chunked(SOUND)) as (_, clip):
        status, headers, body = await streamed(client, clip, "100-")

    assert (status, body) == (200, SOUND)
    assert "content-length" not in headers


async def test_a_range_behind_the_end_of_a_remote_clip_is_refused_with_its_size(client: Client) -> None:
    async with clip_of(client, serving(SOUND)) as (_, clip):
        status, headers, _ = await streamed(client, clip, f"{len(SOUND)}-")

        assert (status, headers["content-range"]) == (416, f"bytes */{len(SOUND)}")
        assert await client.plays(clip) == 0


async def test_redirects_lead_to_the_audio_at_every_play(client: Client) -> None:
    async with upstream(serving(SOUND)) as home:
        moved = head(302, location=home.url("/moved/here"), content_length=0)
        async with clip_of(client, saying(moved)) as (_, clip):
            status, _, body = await streamed(client, clip)

    assert (status, body) == (200, SOUND)
    assert {request.target for request in home.requests} == {"/moved/here"}


async def test_nothing_of_the_listener_is_told_to_the_source(client: Client) -> None:
    private = {"cookie": "a=b", "authorization": "Bearer mine", "referer": "http://a.example/", "user-agent": "mine"}
    async with clip_of(client, serving(SOUND)) as (server, clip):
        async with client.session.get(f"/play/{clip}/stream", headers=private) as response:
            assert await response.read() == SOUND
        told = server.requests[-1].headers

    assert not told.keys() & {"cookie", "authorization", "referer"}
    assert "mine" not in told["user-agent"]


async def silence(_request: Request, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (saying(head(404, content_length=0)), 502, "there is nothing there"),
        (saying(head(503, content_length=0)), 502, "its source answered with an error"),
        (saying(then_close=True), 502, "its source cannot be reached"),
        (saying(b"ICY 200 OK\r\n\r\n", then_close=True), 502, "its source contradicts itself"),
        (serving(b"<!doctype html><title>Gone</title>", "text/html"), 502, "what is there is not audio"),
    ],
    ids=["absent", "in trouble", "hangs up", "not HTTP", "not audio"],
)
async def test_a_source_that_fails_later_is_told_in_words_and_is_no_play(
    client: Client, answer: Answer, status: int, words: str
) -> None:
    async with clip_of(client, serving(SOUND)) as (server, clip), asyncio.timeout(PATIENT):
        server.answer = answer

        refusal = await why_not(client, clip)
        assert refusal[0] == status
        assert words in refusal[1]
        assert await client.plays(clip) == 0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (silence, "its source took too long to answer"),
        (saying(head(200, content_type="audio/mpeg", content_length=9_000)), "its source took too long"),
    ],
    ids=["silent", "silent after its head"],
)
async def test_a_source_that_falls_silent_later_is_given_up_in_words_and_is_no_play(
    impatient: Service, answer: Answer, words: str
) -> None:
    async with client_of(impatient) as client, upstream(serving(SOUND)) as server, asyncio.timeout(PATIENT):
        status, clip = 0, 0
        while status != 201:  # it may be given up before it falls silent, by a machine that stands still
            status, added = await client.offer(server.url())
            clip = int(added.get("id", 0))
        server.answer = answer

        refusal = await why_not(client, clip)
        assert refusal[0] == 504
        assert words in refusal[1]
        assert await client.plays(clip) == 0


async def test_a_source_that_is_dead_is_told_in_words_and_is_no_play(client: Client) -> None:
    async with clip_of(client, serving(SOUND)) as (_, clip):
        pass

    assert await why_not(client, clip) == (502, "The clip's audio cannot be had: its source cannot be reached.")
    assert await client.plays(clip) == 0


async def test_ten_streams_of_a_large_remote_clip_at_once_have_every_byte_right(client: Client) -> None:
    async with clip_of(client, serving(LARGE)) as (_, clip):
        heard = await asyncio.gather(*(digest_of_stream(client, clip) for _ in range(10)))

        assert set(heard) == {sha256(LARGE).hexdigest()}
        assert await client.plays(clip) == 10


async def digest_of_stream(client: Client, clip: int) -> str:
    async with listening(client.service, clip) as answer:
        return sha256(await answer.body()).hexdigest()


async def test_a_clip_that_is_not_audio_is_not_kept(client: Client) -> None:
    before = await client.clips()
    async with upstream(serving(b"<!doctype html><title>No</title>", "text/html")) as server:
        assert await offered(client, server.url()) == (422, ["audio_url"])

    assert await client.clips() == before


LOOPBACK_IN_DISGUISE = ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0.0.0.0")


async def test_a_private_address_is_refused_however_it_is_written_and_never_connected_to(
    fresh_folder: FreshFolder,
) -> None:
    data = str(fresh_folder())
    async with upstream(serving(SOUND)) as server:
        settings = {"PLAY_ALLOWED_SOURCES": "", "PLAY_SOURCE_PORTS": str(server.port)}
        with running_service("--memory", "--data", data, **settings) as guarded:
            async with client_of(guarded) as client:
                for host in LOOPBACK_IN_DISGUISE:
                    assert await offered(client, f"http://{host}:{server.port}/clip") == (422, ["audio_url"]), host

        assert server.accepted == 0


async def offered(client: Client, audio_url: str) -> tuple[int, list[str]]:
    """Offer a clip; the answer's status, and which fields it finds fault with."""
    status, answer = await client.offer(audio_url)
    return status, [error["path"] for error in answer.get("errors", [])]
