"""A server that was told to end says so before it does anything else, and sends what belongs together at once."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection

import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.corked import LARGE, Corked
from entrypoints.server import Leave, Server
from tests.services import HOUSE, LOOPBACK, end

TELLING = """
from entrypoints.server import Leave, listening_socket, serve

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    seen = f"{scope['client'][0]} {scope['client'][1]} {scope['scheme']}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(seen))]})
    await send({"type": "http.response.body", "body": seen})

bound = listening_socket("127.0.0.1", 0)
print(bound.getsockname()[1], flush=True)
serve(app, bound, Leave(0, 1), lambda: None, lambda: False)
"""
"""A service that answers with what it sees of whoever asks."""


async def nothing(_scope: object, _receive: object, _send: object) -> None: ...


def test_whoever_is_told_to_end_drains_from_that_moment() -> None:
    said: list[str] = []
    server = Server(uvicorn.Config(nothing), Leave(0, 0), lambda: said.append("draining"), lambda: False)
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


def test_what_a_request_says_of_its_origin_does_not_change_who_the_peer_is() -> None:
    """The peer is this machine, which uvicorn believes by default, and here everybody, as the variable says."""
    environment = os.environ | {"FORWARDED_ALLOW_IPS": "*"}
    process = subprocess.Popen(
        [sys.executable, "-c", TELLING], cwd=HOUSE, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        connection = HTTPConnection(LOOPBACK, int(process.stdout.readline()), timeout=10)
        connection.connect()
        host, port = connection.sock.getsockname()
        made_up = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "Forwarded": "for=203.0.113.7"}
        connection.request("GET", "/", headers=made_up)

        assert connection.getresponse().read().decode() == f"{host} {port} http"
        connection.close()
    finally:
        end(process)
