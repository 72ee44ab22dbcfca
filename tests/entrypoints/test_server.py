"""A server that was told to end says so before it does anything else, and sends what belongs together at once."""

import asyncio
import signal
import socket

import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.server import LARGE, Corked, Server


async def nothing(_scope: object, _receive: object, _send: object) -> None: ...


def test_whoever_is_told_to_end_drains_from_that_moment() -> None:
    said: list[str] = []
    server = Server(uvicorn.Config(nothing), lambda: said.append("ready"), lambda: said.append("draining"))
    server.handle_exit(signal.SIGTERM, None)

    assert said == ["draining"]
    assert server.should_exit


@given(turns=st.lists(st.lists(st.binary(max_size=50) | st.just(b"x" * LARGE), max_size=4), max_size=4))
async def test_what_is_held_together_arrives_whole_and_in_order(turns: list[list[bytes]]) -> None:
    """Pieces that are written in turns of the loop, and the connection closed behind the last."""
    ours, theirs = socket.socketpair()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
    reader, writer = await asyncio.open_connection(sock=theirs)
    corked = Corked(transport, loop)
    received = asyncio.ensure_future(reader.read())
    for pieces in turns:
        for piece in pieces:
            corked.write(piece)
        await asyncio.sleep(0)
    corked.close()

    assert await received == b"".join(piece for pieces in turns for piece in pieces)
    writer.close()


class Packets(asyncio.Transport):
    """A transport that notes what goes out at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.sent.append(b"closed")


async def test_a_head_goes_out_with_its_body_and_alone_if_none_follows() -> None:
    packets = Packets()
    corked = Corked(packets, asyncio.get_running_loop())
    corked.write(b"head, ")
    corked.write(b"body")
    await asyncio.sleep(0)
    corked.write(b"head, ")
    corked.write(b"x" * LARGE)
    corked.write(b"another head")
    await asyncio.sleep(0)
    corked.write(b"last")
    corked.close()

    assert packets.sent == [b"head, body", b"head, " + b"x" * LARGE, b"another head", b"last", b"closed"]


async def test_what_is_held_for_a_listener_who_left_is_dropped() -> None:
    class Closing(Packets):
        def is_closing(self) -> bool:
            return True

    packets = Closing()
    corked = Corked(packets, asyncio.get_running_loop())
    corked.write(b"head")
    await asyncio.sleep(0)

    assert packets.sent == []
