"""A connection takes requests in good order and in good time, answers what it can, and mixes no two up (RFC 9112)."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from entrypoints.bounded import Stage
from entrypoints.protocol import LONGEST_TARGET, Protocol
from entrypoints.read_ahead import MOST_WAITING
from entrypoints.web.safe_answers import SAFE
from tests.entrypoints.steady_clock import keep_steady

PATIENCE = 0.4  # seconds that the connections of these tests have
DRIP = 0.15  # seconds; no deadline is at a multiple of it, for what comes just when a connection is cut resets it

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(autouse=True)
async def _steadily(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_steady(asyncio.get_running_loop(), monkeypatch)


class Hasty(Protocol):
    seconds_for: ClassVar[Mapping[Stage, float]] = {Stage.HEAD: PATIENCE, Stage.BODY: PATIENCE}
    least_of_body: ClassVar[int] = 100


class Broken(Exception):
    """What an app raises amid its answer."""


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body that it got; under /known with its length, /slow in two pieces, /cut with one of them;
    under /fields with the names of the header fields, /early before it has read the body. Raises under /raise, amid its
    answer under /break, and is cancelled there under /cancel."""
    body, more = b"", scope["path"] != "/early"
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    if scope["path"] == "/raise":
        raise Broken
    if scope["path"] == "/fields":
        body = b" ".join(name for name, _ in scope["headers"])
    length = [(b"content-length", b"%d" % len(body))] if scope["path"] == "/known" else []
    await send({"type": "http.response.start", "status": 200, "headers": length})
    if scope["path"] in ("/slow", "/cut", "/break", "/cancel"):
        await send({"type": "http.response.body", "body": b"begun ", "more_body": True})
        await asyncio.sleep(PATIENCE * 2)
        if scope["path"] == "/break":
            raise Broken
        if scope["path"] == "/cancel":
            raise asyncio.CancelledError
        if scope["path"] == "/cut":
            return
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def served(
    keep_alive: int = 5, made: list[Protocol] | None = None
) -> AsyncIterator[Callable[[], Awaitable[Connection]]]:
    config = uvicorn.Config(echo, access_log=False, log_config=None, timeout_keep_alive=keep_alive, ws="none")
    config.load()
    loop, state = asyncio.get_running_loop(), ServerState()

    def connected() -> Protocol:
        connection = Hasty(config, state, {})
        if made is not None:
            made.append(connection)
        return connection

    server = await loop.create_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield lambda: asyncio.open_connection("127.0.0.1", port)
    finally:
        for connection in list(state.connections):
            connection.transport.abort()
        server.close()


async def said(*pieces: bytes | float, keep_alive: int = 5) -> tuple[bytes, float]:
    """What is answered to these bytes, with pauses of so many seconds between, until the connection is closed; and how
    long that took."""
    async with served(keep_alive) as connect, asyncio.timeout(20 * PATIENCE):
        reader, writer = await connect()
        time = asyncio.get_running_loop().time
        began = time()

        async def send() -> None:
            for piece in pieces:
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                else:
                    writer.write(piece)

        sending = asyncio.create_task(send())
        answer = await reader.read()
        took = time() - began
        sending.cancel()
        writer.close()
        return answer, took


def status(answer: bytes) -> int:
    """Of an answer that is one problem and nothing else."""
    head, _, body = answer.partition(b"\r\n\r\n")
    problem = json.loads(body)
    fields = head.lower().split(b"\r\n")
    assert b"connection: close" in fields
    assert b"content-type: application/problem+json" in fields
    assert all(b"%b: %b" % each in fields for each in SAFE)
    assert int(head.split()[1]) == problem["status"]
    return int(problem["status"])


POST = b"POST / HTTP/1.1\r\nHost: play\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: play\r\n\r\n"
LAST = b"GET /known HTTP/1.1\r\nHost: play\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: play\r\nHost: play\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: play\r\nHost: other\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: play, other\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: me@play\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: play/path\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: play:port\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: pl\xe9y\r\n\r\n",
    ],
)
async def test_a_request_has_one_host_that_can_be_one(head: bytes) -> None:
    assert status((await said(head + SMUGGLED))[0]) == 400


@pytest.mark.parametrize("host", [b"play", b"play.test:8000", b"127.0.0.1:80", b"[::1]:8000", b"", b"xn--pl-bja:"])
async def test_every_kind_of_host_is_heard(host: bytes) -> None:
    assert (await said(b"GET / HTTP/1.1\r\nConnection: close\r\nHost: " + host + b"\r\n\r\n"))[0].startswith(
        b"HTTP/1.1 200 "
    )


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        (POST + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"Content-Length: 3\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
        (POST + b"Content-Length: +3\r\n\r\nabc", 400),
        (POST + b"Content-Length: -1\r\n\r\n", 400),
        (POST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: play\r\nX: a\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: play\nX: bare\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: play\rX: bare\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: play\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: play\r\nX: a\0b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: play\r\nX: a\x1b[31mb\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: play\r\nX\0Y: a\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: play\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET /" + b"a" * LONGEST_TARGET + b" HTTP/1.1\r\nHost: play\r\n\r\n", 414),
        (b"GET /?" + b"a" * LONGEST_TARGET, 414),
        (b"GET / HTTP/1.1\r\nHost: play\r\n" + b"a:\r\n" * 13_200 + b"\r\n", 431),  # in one packet
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_read(
    sent: bytes, refused: int
) -> None:
    assert status((await said(sent + SMUGGLED))[0]) == refused


async def test_an_address_may_be_long() -> None:
    address = b"/" + b"a" * (LONGEST_TARGET - 1)

    assert (await said(b"GET " + address + b" HTTP/1.1\r\nHost: play\r\nConnection: close\r\n\r\n"))[0].startswith(
        b"HTTP/1.1 200 "
    )


async def test_what_comes_behind_the_chunks_is_no_field_of_the_head() -> None:
    head = b"POST /fields HTTP/1.1\r\nHost: play\r\n" + CHUNKED

    answer, _ = await said(head + b"\r\n3\r\nabc\r\n0\r\nHost: other\r\nX-API-Key: k\r\n\r\n" + LAST)

    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert b"\r\nhost transfer-encoding\r\n" in answer


@pytest.mark.parametrize(
    "pieces",
    [
        [b"GET /", *[DRIP, b"a"] * 40],
        [b"GET / HTTP/1.1\r\n", *[DRIP, b"X-A: b\r\n"] * 40],
        [LAST.replace(b"Connection: close\r\n", b""), 0.1, b"GET /", *[DRIP, b"a"] * 40],
    ],
    ids=["the first line", "field by field", "the second request"],
)
async def test_a_head_that_drips_is_cut_at_its_deadline(pieces: list[bytes | float]) -> None:
    answer, took = await said(*pieces)

    assert answer.partition(b"HTTP/1.1 408 ")[1]
    assert status(answer[answer.index(b"HTTP/1.1 408 ") :]) == 408
    assert took < PATIENCE * 4


async def test_who_connects_and_says_nothing_is_cut_without_a_word() -> None:
    answer, took = await said()

    assert answer == b""
    assert took < PATIENCE * 3


@pytest.mark.parametrize("framing", [b"Content-Length: 1000\r\n\r\n", CHUNKED + b"\r\n"])
async def test_a_body_that_drips_is_cut_at_its_deadline(framing: bytes) -> None:
    drop = b"a" if framing.startswith(b"Content") else b"1\r\na\r\n"
    drops: list[bytes | float] = [DRIP, drop] * 40

    answer, took = await said(POST + framing, *drops)

    assert status(answer) == 408
    assert took < PATIENCE * 4


async def test_a_body_that_drips_behind_its_answer_is_cut_without_another() -> None:
    drops: list[bytes | float] = [DRIP, b"a"] * 40

    answer, took = await said(b"POST /early HTTP/1.1\r\nHost: play\r\nContent-Length: 1000\r\n\r\n", *drops)

    assert answer.endswith(b"\r\n0\r\n\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert took < PATIENCE * 4


@pytest.mark.parametrize("framing", [b"Content-Length: 1000\r\n\r\n", CHUNKED + b"\r\n"])
async def test_a_body_that_keeps_coming_may_take_as_long_as_it_likes(framing: bytes) -> None:
    piece = b"a" * 50 if framing.startswith(b"Content") else b"32\r\n" + b"a" * 50 + b"\r\n"
    end = b"" if framing.startswith(b"Content") else b"0\r\n\r\n"
    known = POST.replace(b"POST /", b"POST /known")
    pieces: list[bytes | float] = [PATIENCE / 5, piece] * 20

    answer, took = await said(known + b"Connection: close\r\n" + framing, *pieces, end)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"a" * 1_000)
    assert took > PATIENCE * 3


async def test_a_body_that_falls_silent_is_cut_however_much_had_come() -> None:
    answer, took = await said(POST + b"Content-Length: 90000\r\n\r\n", b"a" * 50_000)

    assert status(answer) == 408
    assert took < PATIENCE * 4


async def test_a_body_that_nobody_reads_any_more_is_cut_however_fast_it_comes() -> None:
    pieces: list[bytes | float] = [PATIENCE / 5, b"a" * 50] * 40

    answer, took = await said(b"POST /early HTTP/1.1\r\nHost: play\r\nContent-Length: 90000\r\n\r\n", *pieces)

    assert answer.count(b"HTTP/1.1 ") == 1
    assert took < PATIENCE * 4


async def test_who_is_still_sending_when_it_is_refused_gets_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many clients read no answer before they have sent all, and a connection that is reset has none to read."""
    monkeypatch.setattr("entrypoints.bounded.SECONDS_TO_LINGER", 60.0)
    head = b"POST /early HTTP/1.1\r\nHost: play\r\nConnection: close\r\nContent-Length: 20000000\r\n\r\n"
    async with served() as connect:
        reader, writer = await connect()
        writer.write(head)
        for _ in range(20):
            writer.write(bytes(1_000_000))
            await writer.drain()
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"0\r\n\r\n")


async def test_who_goes_on_sending_for_ever_is_cut_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrypoints.bounded.SECONDS_TO_LINGER", PATIENCE)
    head = b"POST /early HTTP/1.1\r\nHost: play\r\nConnection: close\r\nContent-Length: 20000000\r\n\r\n"
    async with served() as connect:
        _, writer = await connect()

        async def send_for_ever() -> None:
            writer.write(head)
            while True:
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.01)

        with pytest.raises(ConnectionError):
            await asyncio.wait_for(send_for_ever(), PATIENCE * 10)


async def test_who_has_to_wait_for_answers_is_not_cut_meanwhile() -> None:
    known = LAST.replace(b"Connection: close\r\n", b"")

    answer, _ = await said(b"GET /slow HTTP/1.1\r\nHost: play\r\n\r\n" + known + b"GET /")

    assert answer.count(b"HTTP/1.1 200 ") == 2


KNOWN = LAST.replace(b"Connection: close\r\n", b"")


async def test_a_few_requests_may_be_sent_at_once_and_are_answered_in_order() -> None:
    bodies = [b"%d" % number for number in range(MOST_WAITING)]
    posts = [b"POST /known HTTP/1.1\r\nHost: play\r\nContent-Length: %d\r\n\r\n%b" % (len(b), b) for b in bodies]

    answer, _ = await said(b"".join(posts) + LAST)

    assert [part.split(b"HTTP/1.1")[0] for part in answer.split(b"\r\n\r\n")[1:]] == [*bodies, b""]


async def test_requests_wait_behind_others_in_bounds() -> None:
    answer, _ = await said(b"GET /slow HTTP/1.1\r\nHost: play\r\n\r\n" + KNOWN * 1_000)  # in one packet

    assert answer.count(b"HTTP/1.1 200 ") == 1 + MOST_WAITING
    assert answer.count(b"\r\nconnection: close\r\n") == 1
    assert b"\r\nconnection: close\r\n" in answer[answer.rindex(b"HTTP/1.1 ") :]


@pytest.mark.parametrize(
    "pieces",
    [
        [KNOWN, 0.2, b"\r\n"],
        [KNOWN, *[DRIP, b"\r\n"] * 60],
        [b"POST /early HTTP/1.1\r\nHost: play\r\nContent-Length: 3\r\n\r\n", 0.2, b"abc"],
    ],
    ids=["an empty line", "empty lines that drip", "a body behind its answer"],
)
async def test_whoever_asks_nothing_more_is_cut_after_a_while(pieces: list[bytes | float]) -> None:
    answer, took = await said(*pieces, keep_alive=1)

    assert answer.count(b"HTTP/1.1 ") == 1
    assert took < 2


async def test_whoever_asks_again_is_not_idle_while_it_is_answered() -> None:
    slow = LAST.replace(b"/known", b"/slow")

    answer, took = await said(KNOWN, 0.7, slow[:9], 0.1, slow[9:], keep_alive=1)

    assert answer.endswith(b"begun \r\n0\r\n\r\n")
    assert took > 1


async def test_no_more_is_read_while_requests_wait() -> None:
    answer, _ = await said(b"GET /slow HTTP/1.1\r\nHost: play\r\n\r\n", 0.1, KNOWN * 14, 0.1, KNOWN * 13, 0.1, LAST)

    assert answer.count(b"HTTP/1.1 200 ") == 1 + 14 + 13 + 1


@pytest.mark.parametrize("reads", [True, False])
async def test_who_sends_requests_without_end_is_cut_and_fills_no_memory(reads: bool) -> None:
    made, most, sent = list[Protocol](), 0, 0
    async with served(made=made) as connect, asyncio.timeout(20 * PATIENCE):
        reader, writer = await connect()
        reading = asyncio.create_task(reader.read()) if reads else None
        while not made:
            await asyncio.sleep(0)
        try:
            while sent < 30_000_000:
                writer.write(KNOWN * 200)
                sent += len(KNOWN) * 200
                async with asyncio.timeout(PATIENCE):
                    await writer.drain()
                most = max(most, len(made[0].pipeline))
        except (ConnectionError, TimeoutError):
            most = max(most, len(made[0].pipeline))  # it is closed, or no more is taken
        writer.transport.abort()
        if reading is not None:
            await asyncio.gather(reading, return_exceptions=True)

    assert most <= MOST_WAITING
    assert sent < 30_000_000


async def test_chunks_that_are_none_are_refused() -> None:
    assert status((await said(POST + CHUNKED + b"\r\n", 0.05, b"no length\r\n"))[0]) == 400


async def test_whoever_is_served_slowly_is_not_cut() -> None:
    answer, _ = await said(b"GET /slow HTTP/1.1\r\nHost: play\r\nConnection: close\r\n\r\n")

    assert answer.endswith(b"6\r\nbegun \r\n0\r\n\r\n")


async def test_a_refusal_never_lands_within_another_answer() -> None:
    answer, _ = await said(b"GET /slow HTTP/1.1\r\nHost: play\r\n\r\n", 0.1, b"no request\r\n\r\n")

    assert answer.endswith(b"begun \r\n")  # cut, and nothing else

    first, _ = await said(b"GET /known HTTP/1.1\r\nHost: play\r\n\r\nno request\r\n\r\n")

    assert b"400" not in first  # it would be taken for the answer to the first


@pytest.mark.parametrize("asked", [b"websocket", b"h2c"])
async def test_an_upgrade_is_not_made_and_the_connection_ends(asked: bytes, caplog: pytest.LogCaptureFixture) -> None:
    answer, _ = await said(
        b"GET /known HTTP/1.1\r\nHost: play\r\nConnection: Upgrade\r\nUpgrade: " + asked + b"\r\n\r\n" + SMUGGLED
    )

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nconnection: close\r\n" in answer
    assert caplog.records == []


async def test_strangers_fill_no_log(caplog: pytest.LogCaptureFixture) -> None:
    await said(b"nothing of the kind\r\n\r\n")

    assert caplog.records == []


async def test_http_1_0_gets_no_chunks_and_the_connections_end_is_the_bodys() -> None:
    answer, _ = await said(b"GET /slow HTTP/1.0\r\n\r\n")

    assert b"transfer-encoding" not in answer
    assert answer.endswith(b"\r\n\r\nbegun ")

    known, _ = await said(b"POST /known HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc")

    assert b"content-length: 3\r\n" in known
    assert known.endswith(b"\r\n\r\nabc")


@pytest.mark.parametrize("path", [b"/cut", b"/break", b"/cancel"])
async def test_http_1_0_notices_a_body_that_was_cut(path: bytes) -> None:
    with pytest.raises(ConnectionResetError):
        await said(b"GET " + path + b" HTTP/1.0\r\n\r\n")


async def test_http_1_0_is_told_of_a_fault_before_the_answer() -> None:
    answer, _ = await said(b"GET /raise HTTP/1.0\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 500 ")


async def test_whoever_leaves_amid_an_answer_in_http_1_0_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with served() as connect:
        _, writer = await connect()
        writer.write(b"GET /cut HTTP/1.0\r\n\r\n")
        await asyncio.sleep(0.1)
        writer.transport.abort()
        await asyncio.sleep(PATIENCE * 3)

    assert caplog.records == []
