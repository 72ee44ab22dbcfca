"""An upstream that breaks off, changes its clip meanwhile, and heeds more or less of what it is asked."""

import asyncio
from collections.abc import Sequence

from attrs import field, frozen

from domain.byte_range import FromTo
from tests.upstream import Answer, Request, head, reset


@frozen
class Version:
    """A clip at some moment, with the validators that are told of it."""

    content: bytes
    fields: dict[str, object] = field(factory=lambda: {"etag": '"one"'})


@frozen(kw_only=True)
class Habits:
    """How an upstream treats ranges. All true: as RFC 9110 says."""

    heeds_range: bool = True
    heeds_if_range: bool = True
    repeats_validators: bool = True  # in a 206 that answers an If-Range
    tells_length: bool = True  # of a whole; otherwise it comes in chunks

    def answer(self, version: Version, request: Request) -> tuple[bytes, bytes]:
        """Head and body."""
        asked = request.headers.get("range")
        named = request.headers.get("if-range")
        is_current = named is None or not self.heeds_if_range or named in map(str, version.fields.values())
        if asked is None or not self.heeds_range or not is_current:
            return self._whole(version)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        if int(first) >= len(version.content):
            told = f"bytes */{len(version.content)}"
            return head(416, content_range=told, content_length=0, **version.fields), b""
        part = FromTo(int(first), int(last) if last else None).within(len(version.content))
        fields = version.fields if self.repeats_validators or named is None else {}
        told = f"bytes {part.first}-{part.last}/{len(version.content)}"
        body = version.content[part.first : part.last + 1]
        return head(206, content_type="audio/mpeg", content_range=told, content_length=len(body), **fields), body

    def _whole(self, version: Version) -> tuple[bytes, bytes]:
        if self.tells_length:
            told = head(200, content_type="audio/mpeg", content_length=len(version.content), **version.fields)
            return told, version.content
        return head(200, content_type="audio/mpeg", transfer_encoding="chunked", **version.fields), version.content


RFC = Habits()


@frozen
class Turn:
    """One answer: of ``version``, and broken after so many bytes of its body; None: all of it is sent."""

    version: Version
    breaks_after: int | None = None


def unsteady(turns: Sequence[Turn], habits: Habits = RFC, *, piece: int = 64 * 1024) -> Answer:
    """Each request has its turn; the last one stays. ``piece`` is how many bytes of a body are written at once."""
    left = list(turns)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        turn = left.pop(0) if len(left) > 1 else left[0]
        told, body = habits.answer(turn.version, request)
        is_chunked = b"chunked" in told
        sent = body[: turn.breaks_after]
        writer.write(told)
        for at in range(0, len(sent), piece):
            data = sent[at : at + piece]
            writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n" if is_chunked else data)
            await writer.drain()
        if turn.breaks_after is not None and len(body) >= turn.breaks_after:
            await asyncio.sleep(0.002)  # so that what was sent is not always lost with the connection
            reset(writer)
        elif is_chunked:
            writer.write(b"0\r\n\r\n")

    return answer
