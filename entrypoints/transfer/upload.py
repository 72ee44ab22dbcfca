"""Sends a file to a service over its API, as `multipart/form-data` (RFC 7578), and tells apart how that can fail."""

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from secrets import token_hex
from typing import IO
from urllib.parse import urlsplit

import orjson
from attrs import frozen

from domain.clip import ClipOffer

PIECE = 128 * 1024  # bytes
PATIENCE = 60.0  # seconds, for the service to take a piece or to answer
LARGEST_ANSWER = 1024 * 1024  # bytes


class NotSent(Exception):
    """The service did not get all of it, so that there is no clip of it; the text says why."""


class AnswerLost(Exception):
    """The service got all of it, and what became of it is not known; the text says why."""


@frozen
class Answer:
    """What the service says. ``wait`` is seconds, where it asks to come again."""

    status: int
    detail: str
    wait: float | None


@frozen
class Upload:
    """A file that is to be sent, and what is said of it."""

    file: IO[bytes]
    size: int
    offer: ClipOffer

    def send(self, url: str, key: str) -> Answer:
        """Send it, in memory for a piece. Blocks. Raises NotSent, AnswerLost, OSError: the file cannot be read."""
        parts, boundary = urlsplit(url), token_hex(16)
        connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = connect(parts.hostname or "", parts.port, timeout=PATIENCE)
        head, tail = self._head(boundary), f"\r\n--{boundary}--\r\n".encode()
        try:
            self._begin(connection, f"{parts.path}/play", key, boundary, len(head) + self.size + len(tail))
            is_sent = all(sent(connection, piece) for piece in (head, *self._pieces(), tail))
            return answered(connection, is_sent)
        finally:
            connection.close()

    def _begin(self, connection: HTTPConnection, path: str, key: str, boundary: str, length: int) -> None:
        try:
            connection.putrequest("POST", path)
            connection.putheader("Authorization", f"Bearer {key}")
            connection.putheader("Content-Type", f"multipart/form-data; boundary={boundary}")
            connection.putheader("Content-Length", str(length))
            connection.endheaders()
        except (OSError, HTTPException) as error:
            raise NotSent(reason(error)) from error

    def _head(self, boundary: str) -> bytes:
        """All before the file's own bytes."""
        offer = self.offer
        said = [("title", offer.title), ("genre", offer.genre), ("description", offer.description)]
        said += [("tags", tag) for tag in offer.tags]
        fields = "".join(f"{part(boundary, name)}\r\n\r\n{value}\r\n" for name, value in said if value is not None)
        file = f'{part(boundary, "audio")}; filename="{quotable(offer.file_name)}"'
        return f"{fields}{file}\r\nContent-Type: application/octet-stream\r\n\r\n".encode("utf-8", "replace")

    def _pieces(self) -> Iterator[bytes]:
        """As many bytes as the file had. Raises NotSent: it has fewer by now."""
        left = self.size
        while left:
            piece = self.file.read(min(PIECE, left))
            if not piece:
                raise NotSent("the file was cut while it was sent")
            left -= len(piece)
            yield piece


def part(boundary: str, name: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'


def quotable(name: str) -> str:
    """A file's name as browsers send it (WHATWG HTML, multipart/form-data)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def sent(connection: HTTPConnection, piece: bytes) -> bool:
    """Whether the service took it; it may have answered before all was sent, and taken no more."""
    try:
        connection.send(piece)
    except OSError:
        return False
    return True


def answered(connection: HTTPConnection, is_sent: bool) -> Answer:
    """Raises NotSent, AnswerLost."""
    try:
        response = connection.getresponse()
        body = response.read(LARGEST_ANSWER)
    except (OSError, HTTPException) as error:
        raise (AnswerLost if is_sent else NotSent)(reason(error)) from error
    return Answer(response.status, detail_of(response, body), seconds_to_wait(response))


def detail_of(response: HTTPResponse, body: bytes) -> str:
    """Why the service refused, in its own words if it has any."""
    try:
        return str(orjson.loads(body)["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return response.reason


def seconds_to_wait(response: HTTPResponse) -> float | None:
    told = response.getheader("retry-after", "")
    return float(told) if told.isascii() and told.isdigit() else None


def reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
