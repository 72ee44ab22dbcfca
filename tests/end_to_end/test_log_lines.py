"""What the log says of requests: one JSON object a line, whatever is sent; by whose key, and never the key itself."""

import json
import socket
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.processes import LOOPBACK, free_port
from tests.services import end, launched, read_announcement

KEY = "hunter2"
DIGEST = sha256(KEY.encode()).hexdigest()
Log = Callable[[bytes], list[dict[str, Any]]]


@pytest.fixture
def logged(tmp_path: Path) -> Log:
    """Sends bytes to a service that knows a key, and tells all lines of its log about requests."""

    def lines(sent: bytes) -> list[dict[str, Any]]:
        port = free_port()
        with (tmp_path / "log").open("w+") as log:
            arguments = ("--memory", "--data", str(tmp_path), "--port", str(port))
            process = launched(*arguments, errors=log, PLAY_READ_KEYS=f"phone:{DIGEST}", PLAY_SAMPLES="false")
            try:
                read_announcement(process)
                with socket.create_connection((LOOPBACK, port), timeout=10) as connection:
                    connection.sendall(sent)
                    while connection.recv(65_536):
                        pass
            finally:
                end(process)
            log.seek(0)
            said = log.read()
        assert KEY not in said
        assert min(set(said) - {"\n"}) >= " "
        return [json.loads(line) for line in said.split("\n") if '"request"' in line]

    return lines


def asked(path: str, *fields: str, close: bool = False) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *fields, *(["Connection: close"] if close else [])]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_line_names_the_key_and_the_next_request_of_the_connection_does_not(logged: Log) -> None:
    first, second = logged(asked("/play", f"X-API-Key: {KEY}") + asked("/play", close=True))

    assert (first["status"], first["key"]) == (200, "phone")
    assert second["status"] == 401
    assert "key" not in second
    assert first["request_id"] != second["request_id"]


@pytest.mark.parametrize(
    "path", ["/play/%0d%0a%7B%22event%22:%22request%22%7D", "/%1b%5b31mred", "/%e2%80%a8line", "/%00", "/%ff%85"]
)
def test_no_path_makes_a_line_of_its_own_or_colours_one(logged: Log, path: str) -> None:
    [line] = logged(asked(path, f"X-Api-Key: {KEY}", "X-Request-Id: a%0ab", close=True))

    assert line["event"] == "request"
    assert len(line["request_id"]) == 32


def test_no_query_is_in_the_log_since_it_may_hold_a_signature(logged: Log) -> None:
    [line] = logged(asked(f"/play/1/stream?signature={DIGEST}&expires=9", close=True))

    assert urlsplit(line["path"]).path == line["path"] == "/play/1/stream"
