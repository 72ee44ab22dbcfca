"""A listener who takes an answer apart, part by part, and believes nothing."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import frozen

from tests.audio_worlds import Build
from tests.entrypoints.edge import Edge, an_edge

Part = tuple[int, int]
"""First and last byte, both included."""

MULTIPART = re.compile(r"multipart/byteranges; boundary=([0-9A-Za-z'()+_,./:=?-]{1,70})")  # RFC 2046 §5.1.1
CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
DESCRIBING = (
    "accept-ranges", "access-control-allow-origin", "cache-control", "content-disposition",
    "cross-origin-resource-policy", "etag", "last-modified", "x-content-type-options",
)  # fmt: skip


@frozen
class Answer:
    """What was answered; names of header fields are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def described(self) -> dict[str, str | None]:
        """What HEAD and every GET say alike of the clip."""
        return {name: self.headers.get(name) for name in DESCRIBING}

    def parts(self, media_type: str, size: int) -> list[tuple[Part, bytes]]:
        """The parts of a 206, by place. Fails if it is not what RFC 9110 §15.3.7 says of it."""
        found = MULTIPART.fullmatch(self.headers["content-type"])
        if found is None:
            assert self.headers["content-type"] == media_type
            return [(placed(self.headers["content-range"], size, self.body), self.body)]
        assert "content-range" not in self.headers
        return [parted(each, media_type, size) for each in self._sections(found[1].encode())]

    def _sections(self, boundary: bytes) -> list[bytes]:
        opening, *sections, closing = (b"\r\n" + self.body).split(b"\r\n--" + boundary)
        assert (opening, closing) == (b"", b"--\r\n")
        assert len(sections) > 1  # §15.3.7.2: one part is not sent as several
        return sections


def parted(section: bytes, media_type: str, size: int) -> tuple[Part, bytes]:
    head, body = section.split(b"\r\n\r\n", 1)
    opening, *lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    assert opening == ""
    assert fields.keys() == {"Content-Type", "Content-Range"}
    assert fields["Content-Type"] == media_type
    return placed(fields["Content-Range"], size, body), body


def placed(content_range: str, size: int, body: bytes) -> Part:
    found = CONTENT_RANGE.fullmatch(content_range)
    assert found
    first, last, told = map(int, found.groups())
    assert (told, last - first + 1) == (size, len(body))
    return first, last


@frozen
class Listener:
    """Somebody who asks for one clip."""

    edge: Edge
    clip: int

    async def asks(self, method: str = "GET", /, **fields: str) -> Answer:
        """``if_range`` and ``if-range`` are the same field."""
        sent = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in fields.items()]
        answer = await self.edge.asked(method, f"/play/{self.clip}/stream", headers=sent)
        return Answer(answer.status, answer.headers, answer.body)

    async def plays(self) -> int:
        return await self.edge.play_count({"id": self.clip})


@asynccontextmanager
async def listening(build: Build, content: bytes, folder: Path) -> AsyncIterator[Listener]:
    """A listener to ``content``, wherever ``build`` puts it."""
    async with build(content, folder) as world:
        edge = an_edge(folder, sounds=world.source)
        async with edge.client:
            clip = await edge.added(audio_url=world.clip, duration=1)
            yield Listener(edge, clip["id"])
