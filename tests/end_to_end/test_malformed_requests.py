"""What is no HTTP request gets an answer that an app can read, from the real server."""

import json
import socket
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
