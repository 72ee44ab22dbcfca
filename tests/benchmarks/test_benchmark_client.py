"""The client in Python sees what a server says, to the byte, and tells nothing of a server that is wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from time import perf_counter

import pytest

from benchmarks.client import ask_for, parsed, prove, written
from benchmarks.requests import Request, adding, exactly, telling
from benchmarks.seen import Unsound

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"
HELLO = exactly(b"hello")


@asynccontextmanager
async def answering(answer: Callable[[int], bytes]) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that gives the nth request such an answer, and closes where there is none; its URL, and the requests."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while said := answer(len(heads)):
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(said)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/play?limit=2", heads


@pytest.mark.parametrize("answer", [WHOLE, CHUNKED], ids=["whole", "chunked"])
async def test_every_answer_on_every_connection_is_looked_at(answer: bytes) -> None:
    async with answering(lambda _: answer) as (url, heads):
        times = await prove(url, HELLO, connections=3)

    assert times == len(heads) == 12


async def test_a_single_wrong_byte_is_found() -> None:
    async with answering(lambda number: WHOLE.replace(b"hello", b"hellO") if number == 7 else WHOLE) as (url, _):
        with pytest.raises(Unsound, match="not the right 5 bytes"):
            await prove(url, HELLO, connections=1 + 2)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"",
    ],
    ids=["another status", "too short", "without an end", "cut"],
)
async def test_a_load_that_is_not_answered_as_it_should_be_is_unsound(answer: bytes) -> None:
    async with answering(lambda number: answer if number == 2 else WHOLE) as (url, _):
        with pytest.raises(Unsound):
            await ask_for(url, HELLO, connections=1, seconds=5)


async def test_all_that_was_asked_was_answered_and_counted() -> None:
    async with answering(lambda _: WHOLE) as (url, heads):
        began = perf_counter()
        load = await ask_for(url, HELLO, connections=4, seconds=0.2)
        lasted = perf_counter() - began

    assert load.answers == len(heads)
    assert load.dropped == 0
    assert 0 < load.median <= load.p99
    assert load.answers / lasted <= load.per_second <= load.answers / 0.2


def test_a_request_is_sent_with_its_query_fields_and_body() -> None:
    clip = {"title": "Käuzchen", "audio_url": "library:owl.wav"}
    head, _, body = written("http://localhost:1/play?limit=2", adding(clip, **{"X-API-Key": "key"})).partition(
        b"\r\n\r\n"
    )

    assert head.startswith(b"POST /play?limit=2 HTTP/1.1\r\nHost: localhost:1\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"X-API-Key: key" in head
    assert adding(clip).is_right(body.replace(b"{", b'{"id": 3, ', 1))


def test_fields_are_found_whatever_their_case() -> None:
    assert parsed(b"HTTP/1.1 206 Partial Content\r\nContent-RANGE:  bytes 0-1/2 \r\n\r\n") == (
        HTTPStatus.PARTIAL_CONTENT, {"content-range": "bytes 0-1/2"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "is_right"),
    [
        (b'[{"id": 2, "plays": 7}, {"id": 1}]', True),
        (b'[{"id": 1}, {"id": 2}]', False),
        (b'[{"id": 2}]', False),
        (b'[{"id": 2}, {"id": 1}, {"id": 0}]', False),
        (b'[{"plays": 7}, {"id": 1}]', False),
        (b'{"id": 2}', False),
    ],
)
def test_json_is_right_with_more_keys_and_with_just_those_items(body: bytes, is_right: bool) -> None:
    assert telling([{"id": 2}, {"id": 1}]).is_right(body) is is_right


def test_bytes_are_asked_for_by_their_length_too() -> None:
    request: Request = exactly(b"hello", HTTPStatus.PARTIAL_CONTENT, Range="bytes=0-4")

    assert (request.size, request.headers) == (5, {"Range": "bytes=0-4"})
    assert not request.is_right(b"hell")
