"""What is asked of those who are compared, and how a right answer is known."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from attrs import evolve, field, frozen

from benchmarks.recordings import Recording

JSON = "application/json"


@frozen
class Request:
    """A request, and by which status and body its answer is right; ``size`` is the body's bytes, 0 where they vary."""

    is_right: Callable[[bytes], bool]
    status: HTTPStatus = HTTPStatus.OK
    method: str = "GET"
    headers: Mapping[str, str] = field(factory=dict)
    body: str = ""
    size: int = 0


def exactly(content: bytes, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Request:
    """A request that is answered by just these bytes; they are compared by hash."""
    digest = sha256(content).digest()
    return Request(lambda body: sha256(body).digest() == digest, status, headers=headers, size=len(content))


def audio(recording: Recording, first_bytes: int | None = None) -> Request:
    """A recording, or its first bytes."""
    if first_bytes is None:
        return exactly(recording.content())
    part = recording.content()[:first_bytes]
    return exactly(part, HTTPStatus.PARTIAL_CONTENT, Range=f"bytes=0-{first_bytes - 1}")


def by_browser(request: Request) -> Request:
    """The same by a browser; who says nothing of himself is no listener."""
    return evolve(request, headers={**request.headers, "User-Agent": "Mozilla/5.0"})


def telling(expected: Any) -> Request:
    """A request that is answered by JSON in which at least the ``expected`` stands."""
    return Request(lambda body: holds(json.loads(body), expected))


def adding(clip: Mapping[str, Any], **headers: str) -> Request:
    """A clip that is added."""
    headers |= {"Content-Type": JSON}
    return Request(
        lambda body: holds(json.loads(body), clip), HTTPStatus.CREATED, "POST", headers, json.dumps(dict(clip))
    )


def holds(told: Any, expected: Any) -> bool:
    """Whether ``told`` is as expected: an object may have more keys, a list has just those items, in order."""
    if isinstance(expected, Mapping):
        return isinstance(told, dict) and all(name in told and holds(told[name], expected[name]) for name in expected)
    if isinstance(expected, list):
        return isinstance(told, list) and len(told) == len(expected) and all(map(holds, told, expected))
    return bool(told == expected)
