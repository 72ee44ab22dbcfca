"""An answer is written as it is said, head and body together, and never as something that nobody said."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.flow_control import FlowControl

from entrypoints.exchange import Exchange
from entrypoints.lingering import Lingering

OK = b"HTTP/1.1 200 OK\r\n"


class Packets(asyncio.Transport):
    """A transport that notes what goes out at once."""

    def __init__(self, *, is_closing: bool = False) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self._is_closing = is_closing

    def is_closing(self) -> bool:
        return self._is_closing

    def writelines(self, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
        self.sent.append(b"".join(pieces))

    def close(self) -> None:
        self.sent.append(b"closed")


def exchange(packets: Packets, method: str = "GET", *, keep_alive: bool = True) -> Exchange:
    scope: Any = {"type": "http", "method": method}
    unused: Any = None
    return Exchange(
        scope=scope,
        transport=packets,
        flow=FlowControl(packets),
        logger=unused,
        access_logger=unused,
        access_log=False,
        default_headers=[(b"date", b"now")],
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: None,
    )


def start(*fields: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": fields}


def body(of: bytes, *, has_more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": of, "more_body": has_more}


def length(of: int) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % of


async def test_a_head_goes_out_with_its_body() -> None:
    packets = Packets()
    answer = exchange(packets)
    await answer.send(start(length(7)))
    await answer.send(body(b"the ", has_more=True))
    await answer.send(body(b"end"))

    assert packets.sent == [OK + b"date: now\r\ncontent-length: 7\r\n\r\nthe ", b"end"]
    assert answer.response_complete


async def test_a_head_goes_out_alone_if_nothing_follows_at_once() -> None:
    packets = Packets()
    answer = exchange(packets)
    await answer.send(start(length(3)))
    await asyncio.sleep(0)
    await answer.send(body(b"end"))

    assert packets.sent == [OK + b"date: now\r\ncontent-length: 3\r\n\r\n", b"end"]


async def test_a_head_is_sent_before_its_connection_is_closed() -> None:
    packets = Packets()
    answer = exchange(packets)
    await answer.send(start(length(3)))
    answer.send_head()
    await asyncio.sleep(0)

    assert packets.sent == [OK + b"date: now\r\ncontent-length: 3\r\n\r\n"]


async def test_who_left_gets_nothing() -> None:
    packets = Packets(is_closing=True)
    answer = exchange(packets)
    await answer.send(start(length(3)))
    await asyncio.sleep(0)
    await answer.send(body(b"end"))

    assert packets.sent == []


@given(pieces=st.lists(st.binary(max_size=50), max_size=5))
async def test_a_body_of_unknown_length_is_sent_in_chunks(pieces: list[bytes]) -> None:
    packets = Packets()
    answer = exchange(packets)
    await answer.send(start())
    for piece in pieces:
        await answer.send(body(piece, has_more=True))
    await answer.send(body(b""))

    head, _, chunks = b"".join(packets.sent).partition(b"\r\n\r\n")
    assert head.endswith(b"transfer-encoding: chunked")
    assert chunks == b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
async def test_some_answers_have_no_body(method: str, status: int) -> None:
    packets = Packets()
    answer = exchange(packets, method)
    await answer.send(start(status=status))
    await answer.send(body(b""))

    assert packets.sent[0].endswith(b"\r\ndate: now\r\n\r\n")
    assert answer.response_complete


async def test_the_length_of_what_head_leaves_out_is_told() -> None:
    packets = Packets()
    answer = exchange(packets, "HEAD")
    await answer.send(start(length(1_000)))
    await answer.send(body(b"not sent"))

    assert packets.sent == [OK + b"date: now\r\ncontent-length: 1000\r\n\r\n"]


@pytest.mark.parametrize(
    ("keep_alive", "fields"), [(False, ()), (True, ((b"connection", b"close"),)), (False, ((b"connection", b"Close"),))]
)
async def test_a_connection_that_is_closed_says_so_once(
    keep_alive: bool, fields: tuple[tuple[bytes, bytes], ...]
) -> None:
    packets = Packets()
    answer = exchange(packets, keep_alive=keep_alive)
    await answer.send(start(length(0), *fields))
    await answer.send(body(b""))

    assert packets.sent[0].lower().count(b"connection: close\r\n") == 1
    assert packets.sent[1:] == [b"closed"]


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b", b"a\nb", b"a\rb", b"a\0b", b"\x7f", b"\x1b[2J", b"\r\n\r\n"])
async def test_no_field_says_more_than_itself(value: bytes) -> None:
    packets = Packets()

    answer = exchange(packets)

    with pytest.raises(RuntimeError):
        await answer.send(start((b"content-disposition", value)))
    assert not answer.response_started
    assert packets.sent == []


@given(value=st.binary().filter(lambda value: not any((code < 32 and code != 9) or code == 127 for code in value)))
async def test_any_other_is_said_as_it_is(value: bytes) -> None:
    packets = Packets()
    answer = exchange(packets)
    await answer.send(start((b"x", value), length(0)))
    await answer.send(body(b""))

    assert packets.sent == [OK + b"date: now\r\nx: " + value + b"\r\ncontent-length: 0\r\n\r\n"]


@pytest.mark.parametrize(
    "messages",
    [
        [body(b"")],
        [start(), start()],
        [start(), body(b""), body(b"")],
        [start(length(3)), body(b"four")],
        [start(length(3)), body(b"ab", has_more=True), body(b"cd")],
        [start(length(3)), body(b"ab")],
    ],
    ids=["no head", "two heads", "after the end", "too long", "too long in all", "too short"],
)
async def test_what_is_no_answer_is_a_defect(messages: list[dict[str, Any]]) -> None:
    answer = exchange(Packets())

    async def send_all() -> None:
        for message in messages:
            await answer.send(message)

    with pytest.raises(RuntimeError):
        await send_all()


async def test_a_connection_may_linger_once_it_is_to_be_closed() -> None:
    packets, lingers = Packets(), [True, False]
    lingering = Lingering(packets, lambda _: lingers.pop(0))
    lingering.close()
    assert packets.sent == []

    lingering.close()
    assert packets.sent == [b"closed"]
