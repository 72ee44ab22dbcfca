"""What is no HTTP request gets an answer that an app can read, from the real server."""

import json
import select
import socket
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.services import Service


def answer_to(service: Service, sent: bytes) -> tuple[bytes, bytes]:
    """Head and body of what the server says until it closes the connection."""
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(sent)
        said = b""
        while more := connection.recv(65_536):
            said += more
    head, _, body = said.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    "sent",
    [
        b"FOO /play HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"get /play HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"nothing of the kind\r\n\r\n",
        b"GET /play HTTP/9.9\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_as_a_problem(service: Service, sent: bytes) -> None:
    head, body = answer_to(service, sent)

    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"\r\ncontent-type: application/problem+json" in head.lower()
    assert f"\r\ncontent-length: {len(body)}".encode() in head.lower()
    assert json.loads(body)["status"] == 400
    assert json.loads(body)["detail"]


LIMIT = 64 * 1024


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /play HTTP/1.1\r\nHost: localhost\r\nRange: bytes=" + b"0-1," * 20_000 + b"\r\n\r\n",
        b"GET /play HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n",
        b"GET /play HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 1_000_000,  # a field that never ends
        b"GET /" + b"a" * 1_000_000,  # an address that never ends
    ],
    ids=["one field", "many fields", "a field without end", "an address without end"],
)
def test_a_head_that_is_too_large_is_refused_and_not_taken_in(service: Service, sent: bytes) -> None:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        said, left = b"", memoryview(sent)
        with suppress(ConnectionError):  # the server had closed while we were still sending; what it said is there
            while left and not said:
                left = left[connection.send(left[:32_768]) :]
                said = received_at_once(connection)
        with suppress(ConnectionError):
            while more := connection.recv(65_536):
                said += more

    assert said.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 414 "))
    assert b"application/problem+json" in said


def test_a_head_that_ends_beyond_the_limit_is_refused_too(service: Service) -> None:
    address = urlsplit(service.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            b"GET /play HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: " + b"a" * (LIMIT - 5_000)
        )
        assert received_at_once(connection) == b""
        connection.sendall(b"a" * 40_000 + b"\r\n\r\n")

        assert connection.recv(65_536).startswith(b"HTTP/1.1 431 ")


def received_at_once(connection: socket.socket) -> bytes:
    readable, _, _ = select.select([connection], [], [], 0.002)
    return connection.recv(65_536) if readable else b""


def test_a_head_just_below_the_limit_is_read(service: Service) -> None:
    head, _ = answer_to(
        service,
        b"GET /play HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: " + b"a" * (LIMIT - 1_000) + b"\r\n\r\n",
    )

    assert head.startswith(b"HTTP/1.1 200 ")


def test_a_large_body_is_no_head(service: Service) -> None:
    body = b'{"title": "' + b"a" * 65_000 + b'"}'
    head, _ = answer_to(
        service,
        b"POST /play HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
        b"X-API-Key: %b\r\nContent-Length: %d\r\n\r\n%b" % (service.write_key.encode(), len(body), body),
    )

    assert head.startswith(b"HTTP/1.1 422 ")


def memory(service: Service) -> int:
    """What the service holds, in KiB."""
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what a process holds")
def test_requests_without_end_fill_no_memory(service: Service) -> None:
    address, before = urlsplit(service.url), memory(service)
    for _ in range(10):
        with socket.create_connection((address.hostname, address.port), timeout=1) as connection:
            try:
                for _ in range(40):
                    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5_000)
            except OSError:
                pass  # it is cut, or no more is taken

    assert memory(service) - before < 8 * 1024
