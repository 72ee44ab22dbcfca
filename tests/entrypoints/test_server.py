"""A server that was told to end says so before it does anything else, and believes no stranger of where he is."""

import os
import signal
import subprocess
import sys
from http.client import HTTPConnection

import uvicorn

from benchmarks.processes import LOOPBACK
from entrypoints.server import Leave, Server
from tests.services import HOUSE, end

TELLING = """
from entrypoints.listening import listening_socket
from entrypoints.server import Leave, serve

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


def test_what_a_request_says_of_its_origin_does_not_change_who_the_peer_is() -> None:
    """The peer is this machine, which uvicorn believes by default, and here everybody, as the variable says."""
    environment = os.environ | {"FORWARDED_ALLOW_IPS": "*"}
    process = subprocess.Popen(
        [sys.executable, "-c", TELLING], cwd=HOUSE, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        connection = HTTPConnection(LOOPBACK, int(process.stdout.readline()), timeout=30)
        connection.connect()
        host, port = connection.sock.getsockname()
        made_up = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "Forwarded": "for=203.0.113.7"}
        connection.request("GET", "/", headers=made_up)

        assert connection.getresponse().read().decode() == f"{host} {port} http"
        connection.close()
    finally:
        end(process)
