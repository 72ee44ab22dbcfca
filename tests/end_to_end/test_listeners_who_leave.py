"""Listeners who leave, who dawdle, and sources that break off: nothing stays open, and a cut is seen to be one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256

import pytest
from aiohttp import ClientPayloadError

from tests.end_to_end.clients import Client, comes_true, listening
from tests.end_to_end.processes import PATIENCE, open_files, resident_bytes
from tests.services import Service, running_service
from tests.sounds import mp3
from tests.upstream import Answer, Request, Upstream, head, saying, serving, upstream

MEGABYTE = 1_000_000
LARGE = mp3(2_500) * 24  # 25 MB
SMALL = mp3(100)  # 42 kB


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in memory that has a large file and a small one, and keeps no remote clip."""
    data = tmp_path_factory.mktemp("data")
    (data / "media").mkdir()
    (data / "media" / "large.mp3").write_bytes(LARGE)
    (data / "media" / "small.mp3").write_bytes(SMALL)
    with running_service("--memory", "--data", str(data), PLAY_CACHE_SIZE="0") as running:
        yield running


@asynccontextmanager
async def source(client: Client, answer: Answer) -> AsyncIterator[tuple[Upstream, int]]:
    """A web server that was honest when its clip was added, and answers like this from then on; and that clip."""
    async with upstream(serving(SMALL)) as server:
        clip = await client.add(server.url())
        server.answer = answer
        yield server, clip


def stalling(content: bytes, *, after: int) -> Answer:
    """The first ``after`` bytes of a longer answer, and then silence."""

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", content_length=len(content)) + content[:after])
        await writer.drain()
        await asyncio.Event().wait()

    return answer


async def leave_amid(client: Client, clip: int, *, listeners: int = 20) -> int:
    """Let so many begin to listen and go; how many files the service had open while they listened."""
    async with AsyncExitStack() as leaving:
        for _ in range(listeners):
            answer = await leaving.enter_async_context(listening(client.service, clip))
            assert len(await answer.reader.readexactly(5_000)) == 5_000
        return open_files(client.service.process.pid)


async def open_at_rest(client: Client) -> int:
    """How many files the service has open when nobody listens, less the connection on which that was asked."""
    assert await comes_true(client.is_at_rest)
    looks = list[int]()
    for _ in range(20):  # the least: those who have just left are let go one by one
        await asyncio.sleep(0.02)
        looks.append(open_files(client.service.process.pid))
    return min(looks)


async def test_listeners_who_leave_amid_a_file_leave_nothing_open(client: Client) -> None:
    clip = await client.add("library:large.mp3")
    await leave_amid(client, clip, listeners=2)
    at_rest = await open_at_rest(client)

    assert await leave_amid(client, clip) >= at_rest + 40, "each listener takes a socket and a file"
    assert await comes_true(client.is_at_rest)
    assert await comes_true(lambda: has_open_at_most(client.service, at_rest))


@pytest.mark.parametrize("is_remote", [False, True], ids=["file", "remote"])
async def test_for_listeners_who_left_nothing_more_is_fetched(client: Client, is_remote: bool) -> None:
    async with source(client, serving(LARGE)) as (_, remote):
        clip = remote if is_remote else await client.add("library:large.mp3")
        before = await client.metric("play_streams_sent_bytes_total")
        await leave_amid(client, clip)
        assert await comes_true(client.is_at_rest)

        assert await client.metric("play_streams_sent_bytes_total") - before < 20 * len(LARGE) / 2


@pytest.mark.parametrize("answer", [serving(LARGE), stalling(LARGE, after=20_000)], ids=["large", "stalling"])
async def test_listeners_who_leave_amid_a_remote_clip_leave_nothing_open(client: Client, answer: Answer) -> None:
    async with source(client, answer) as (server, clip):
        await leave_amid(client, clip, listeners=2)
        assert await server.all_let_go(PATIENCE)
        at_rest = await open_at_rest(client)

        assert await leave_amid(client, clip) >= at_rest + 40, "each listener takes two sockets"
        assert await comes_true(client.is_at_rest)
        assert await server.all_let_go(PATIENCE)
        assert await comes_true(lambda: has_open_at_most(client.service, at_rest))


async def has_open_at_most(service: Service, files: int) -> bool:
    return open_files(service.process.pid) <= files


TOLD_LENGTH = head(200, content_type="audio/mpeg", content_length=len(SMALL))
CHUNKED = head(200, content_type="audio/mpeg", transfer_encoding="chunked")


@pytest.mark.parametrize(
    "pieces",
    [(TOLD_LENGTH, SMALL[:30_000]), (CHUNKED, b"7530\r\n", SMALL[:30_000], b"\r\n")],
    ids=["length told", "chunked"],
)
async def test_a_source_that_breaks_off_makes_the_listener_see_a_cut(client: Client, pieces: tuple[bytes, ...]) -> None:
    async with (
        source(client, saying(*pieces, then_close=True)) as (_, clip),
        client.session.get(f"/play/{clip}/stream") as response,
    ):
        heard = await response.content.readexactly(20_000)
        with pytest.raises(ClientPayloadError):
            heard += await response.content.read()

    assert response.status == 200
    assert SMALL.startswith(heard)
    assert await comes_true(client.is_at_rest)


@pytest.mark.parametrize("is_remote", [False, True], ids=["file", "remote"])
async def test_listeners_who_dawdle_cost_no_more_memory_than_they_are_many(client: Client, is_remote: bool) -> None:
    dawdlers = 4
    async with source(client, serving(LARGE)) as (_, remote), AsyncExitStack() as leaving:
        clip = remote if is_remote else await client.add("library:large.mp3")
        async with listening(client.service, clip) as answer:
            await answer.body()
        before = resident_bytes(client.service.process.pid)
        answers = [await leaving.enter_async_context(listening(client.service, clip)) for _ in range(dawdlers)]
        await all_wait(client)
        assert resident_bytes(client.service.process.pid) < before + 2 * MEGABYTE * dawdlers
        for answer in answers:
            assert sha256(await answer.body()).digest() == sha256(LARGE).digest()
        assert resident_bytes(client.service.process.pid) < before + 2 * MEGABYTE * dawdlers


async def all_wait(client: Client) -> None:
    """Until no more bytes leave the service."""
    sent = -1.0
    while (now := await client.metric("play_streams_sent_bytes_total")) != sent:
        sent = now
        await asyncio.sleep(0.2)


async def test_200_listeners_who_do_not_read_keep_nobody_else_from_listening(client: Client) -> None:
    large, small = await client.add("library:large.mp3"), await client.add("library:small.mp3")
    async with AsyncExitStack() as leaving:
        for _ in range(200):
            await leaving.enter_async_context(listening(client.service, large))
        await all_wait(client)
        assert await client.metric("play_streams_active") == 200
        async with asyncio.timeout(PATIENCE), listening(client.service, small) as answer:
            assert await answer.body() == SMALL

    assert await comes_true(client.is_at_rest)
