"""What upstreams do wrong, and what becomes of it: a table. Each row is a real server that says just these bytes.

A row tells what the listener hears of the clip, and which failure the operator sees (`SourceFailure`, a metric's
label). A failure ``at opening`` is a refusal: nothing is sent, no play is counted. One that comes ``amid`` the body
cuts it, so that it looks cut. All goes through what the service itself uses: `ResumingAudio` over `HttpAudio`.
"""

import asyncio
import tracemalloc

import pytest
from attrs import field, frozen

from adapters.audio.remote.patience import Patience
from adapters.audio.remote.resuming_audio import ResumingAudio
from domain.byte_range import FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from tests.application.listening_room import Told
from tests.sounds import mp3_of
from tests.unsteady_upstream import Habits, Turn, Version, unsteady
from tests.upstream import (
    Answer,
    Request,
    chunked,
    head,
    ignoring_ranges,
    pausing,
    redirecting,
    remote_audio,
    reset,
    saying,
    serving,
    upstream,
)

CLIP = mp3_of(300_000)
SIZE = len(CLIP)
PATIENCE = Patience()
HURRIED = Patience(connect=0.3, first_byte=0.3, skip=0.3, stall=0.3)  # for what never comes
BRISK = Patience(stall=1.5)  # for a silence behind what a slow machine is to hear first
WAITS = (0.01, 0.02, 0.03)
ALL = CLIP
NOTHING = b""
UNTIL_THEN = None  # how much of what was sent gets through before a cut is chance; it is a beginning of what was wanted

ABSENT = SourceFailure.ABSENT
CHANGED_UNSEEN = (
    SourceFailure.INTERRUPTED
)  # the listener's audio broke; that its source had changed kept it from going on
FORBIDDEN = SourceFailure.FORBIDDEN
INCONSISTENT = SourceFailure.INCONSISTENT
INTERRUPTED = SourceFailure.INTERRUPTED
NOT_AUDIO = SourceFailure.NOT_AUDIO
REFUSED = SourceFailure.REFUSED
STALLED = SourceFailure.STALLED
TOO_SLOW = SourceFailure.TOO_SLOW
UNREACHABLE = SourceFailure.UNREACHABLE


@frozen(kw_only=True)
class Fault:
    """A misbehaviour, and what is decided of it."""

    answer: Answer
    requested: RequestedRange | None = None
    at_opening: SourceFailure | None = None
    amid: SourceFailure | None = None
    heard: bytes | None = field(default=NOTHING)
    resumed: int = 0
    patience: Patience = PATIENCE


def whole(body: bytes = CLIP, **fields: object) -> bytes:
    return head(200, **{"content_type": "audio/mpeg", "content_length": SIZE} | fields) + body


def part(told: str, body: bytes, **fields: object) -> bytes:
    given: dict[str, object] = {"content_type": "audio/mpeg", "content_range": told, "content_length": len(body)}
    return head(206, **given | fields) + body


def endless_part(told: str) -> bytes:
    """Of no length but that of its connection."""
    return head(206, content_type="audio/mpeg", content_range=told) + CLIP[10:]


def part_that_says(told: str, length: int = 11) -> Fault:
    """An answer to bytes=10-20."""
    answer = saying(part(told, CLIP[10 : 10 + length]))
    return Fault(answer=answer, requested=FromTo(10, 20), at_opening=INCONSISTENT)


def and_then(first: Answer, *others: Answer) -> Answer:
    """Each answers in turn; the last one from then on."""
    left = [first, *others]

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(request, writer)

    return answer


def closing(*pieces: bytes) -> Answer:
    """Says this, and then ends the connection as if all was well."""
    return saying(*pieces, then_close=True)


def resetting(*pieces: bytes) -> Answer:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await asyncio.sleep(0.05)
        reset(writer)

    return answer


def resting(*pieces: bytes) -> Answer:
    """Says this with rests between, and then nothing more."""

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.05)
        await asyncio.sleep(60)

    return answer


async def endless_head(_request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 10)
        await writer.drain()
        await asyncio.sleep(0)


async def slow_head(_request: Request, writer: asyncio.StreamWriter) -> None:
    for byte in whole():
        writer.write(bytes((byte,)))
        await asyncio.sleep(0.02)


async def dripping(_request: Request, writer: asyncio.StreamWriter) -> None:
    """The clip, at a rate at which no place far within it is ever reached."""
    writer.write(head(200, content_type="audio/mpeg", content_length=SIZE))
    for at in range(0, SIZE, 10_000):
        writer.write(CLIP[at : at + 10_000])
        await asyncio.sleep(0.05)


def in_chunks(*pieces: bytes, **fields: object) -> bytes:
    framed = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return head(200, content_type="audio/mpeg", transfer_encoding="chunked", **fields) + framed


TAGGED = {"etag": '"one"'}
BROKEN = closing(whole(CLIP[:100_000], **TAGGED))  # what is done about it, the second answer decides
ONE = Version(CLIP)
OTHER = Version(mp3_of(SIZE + 1)[1:], {"etag": '"two"'})

LENGTHS = {
    "a body shorter than its Content-Length": Fault(
        answer=closing(whole(CLIP[:100_000])), amid=INTERRUPTED, heard=UNTIL_THEN
    ),
    "a body longer than its Content-Length": Fault(answer=saying(whole(CLIP + bytes(500_000))), heard=ALL),
    "a body longer than its Content-Length, all at once": Fault(
        answer=closing(whole(CLIP[:9_000] + b"more", content_length=9_000)), at_opening=INCONSISTENT
    ),
    "a part longer than its Content-Range": Fault(
        answer=closing(endless_part("bytes 10-20/300000")), requested=FromTo(10, 20), heard=CLIP[10:21]
    ),
    "a part shorter than its Content-Range": Fault(
        answer=closing(part("bytes 10-20/300000", CLIP[10:15], content_length=11)), requested=FromTo(10, 20),
        amid=INTERRUPTED, heard=UNTIL_THEN,
    ),
    "a length that contradicts the Content-Range": part_that_says("bytes 10-20/300000", length=12),
    "a length that is none": Fault(
        answer=closing(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), at_opening=INCONSISTENT
    ),
    "two lengths": Fault(
        answer=closing(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\nContent-Length: 300000\r\n\r\n" + CLIP),
        at_opening=INCONSISTENT,
    ),
    "a length beside chunks": Fault(
        answer=closing(in_chunks(CLIP, content_length=5) + b"0\r\n\r\n"), at_opening=INCONSISTENT
    ),
    "no body at all": Fault(answer=saying(whole(b"", content_length=0)), at_opening=NOT_AUDIO),
}  # fmt: skip

RANGES = {
    "a part that begins elsewhere": part_that_says("bytes 11-21/300000"),
    "a part that ends later": part_that_says("bytes 10-21/300000", length=12),
    "a part behind the clip's end": part_that_says("bytes 10-20/15"),
    "a part that ends before it begins": part_that_says("bytes 20-10/300000"),
    "a part in another unit": part_that_says("items 10-20/300000"),
    "a part without a Content-Range": part_that_says(""),
    "a part with two Content-Ranges": part_that_says("bytes 10-20/300000\r\nContent-Range: bytes 0-10/300000"),
    "a part that nobody asked for": Fault(answer=saying(part("bytes 0-10/300000", CLIP[:11])), at_opening=INCONSISTENT),
    "the first bytes where the last were asked for": Fault(
        answer=saying(part("bytes 0-9/300000", CLIP[:10])), requested=Suffix(10), at_opening=INCONSISTENT
    ),
    "several parts in one body, where one was asked for": Fault(
        answer=saying(head(206, content_type="multipart/byteranges; boundary=x", content_length=5) + b"--x\r\n"),
        requested=FromTo(10, 20), at_opening=INCONSISTENT,
    ),
    "the whole where a part was asked for": Fault(
        answer=ignoring_ranges(CLIP), requested=FromTo(200_000), heard=CLIP[200_000:]
    ),
    "the whole, too slow to reach the part": Fault(
        answer=dripping, requested=FromTo(SIZE - 1), at_opening=TOO_SLOW, patience=HURRIED
    ),
    "the whole without a length where a part was asked for": Fault(
        answer=chunked(CLIP), requested=FromTo(200_000), heard=ALL
    ),
    "a 416 of what exists": Fault(
        answer=saying(head(416, content_range="bytes */300000", content_length=0)), requested=FromTo(10),
        at_opening=INCONSISTENT,
    ),
    "a 416 that tells no size": Fault(
        answer=saying(head(416, content_length=0)), requested=FromTo(10), at_opening=REFUSED
    ),
    "a 416 where no part was asked for": Fault(
        answer=saying(head(416, content_range="bytes */300000", content_length=0)), at_opening=INCONSISTENT
    ),
}  # fmt: skip

STATUSES = {
    "404": Fault(answer=saying(head(404, content_length=0)), at_opening=ABSENT),
    "410": Fault(answer=saying(head(410, content_length=0)), at_opening=ABSENT),
    "401": Fault(answer=saying(head(401, content_length=0)), at_opening=REFUSED),
    "429": Fault(answer=saying(head(429, content_length=0)), at_opening=REFUSED),
    "500": Fault(answer=saying(head(500, content_length=0)), at_opening=REFUSED),
    "503": Fault(answer=saying(head(503, content_length=0)), at_opening=REFUSED),
    "304 that nobody asked for": Fault(answer=saying(head(304)), at_opening=INCONSISTENT),
    "412 that nobody asked for": Fault(answer=saying(head(412, content_length=0)), at_opening=INCONSISTENT),
    "204": Fault(answer=saying(head(204)), at_opening=INCONSISTENT),
    "not HTTP": Fault(answer=closing(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), at_opening=INCONSISTENT),
    "a head without end": Fault(answer=endless_head, at_opening=INCONSISTENT),
    "one header of 100 kB": Fault(
        answer=closing(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"), at_opening=INCONSISTENT
    ),
}

CONTENTS = {
    "a page": Fault(answer=serving(b"<html>" * 100, "text/html"), at_opening=NOT_AUDIO),
    "a page that is labelled as audio": Fault(answer=serving(b"<html>" * 100), at_opening=NOT_AUDIO),
    "a page where a part was asked for": Fault(
        answer=serving(b"<html>" * 100, "text/html"), requested=FromTo(10), at_opening=NOT_AUDIO
    ),
    "audio that is labelled as a page": Fault(answer=serving(CLIP, "text/html"), heard=ALL),
    "a compressed body": Fault(answer=closing(whole(content_encoding="gzip")), at_opening=INCONSISTENT),
    "a compressed part": Fault(
        answer=closing(part("bytes 10-20/300000", CLIP[10:21], content_encoding="br")), requested=FromTo(10, 20),
        at_opening=INCONSISTENT,
    ),
}  # fmt: skip

REDIRECTS = {
    "a redirect in circles": Fault(answer=redirecting(CLIP, {"/clip": "/clip"}), at_opening=INCONSISTENT),
    "a redirect to nowhere": Fault(answer=saying(head(302, content_length=0)), at_opening=INCONSISTENT),
} | {
    f"a redirect to {target}": Fault(answer=redirecting(CLIP, {"/clip": target}), at_opening=FORBIDDEN)
    for target in (
        "http://10.0.0.1/clip",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:192.168.0.1]/clip",
        "file:///etc/passwd",
        "ftp://127.0.0.1/clip",
        "http://user:secret@127.0.0.1/clip",
    )
}

TIMES = {
    "no answer": Fault(answer=pausing(), at_opening=TOO_SLOW, patience=HURRIED),
    "a head byte by byte": Fault(answer=slow_head, at_opening=TOO_SLOW, patience=HURRIED),
    "half a head": Fault(answer=pausing(b"HTTP/1.1 200 OK\r\nContent-"), at_opening=TOO_SLOW, patience=HURRIED),
    "a head and no first byte": Fault(answer=pausing(whole(b"")), at_opening=TOO_SLOW, patience=HURRIED),
    "a close instead of an answer": Fault(answer=closing(), at_opening=UNREACHABLE),
    "a close before the first byte": Fault(answer=closing(whole(b"")), at_opening=UNREACHABLE),
    "a reset before the first byte": Fault(answer=resetting(whole(b"")), at_opening=UNREACHABLE),
    "a silence midway": Fault(
        answer=pausing(whole(CLIP[:100_000])), amid=STALLED, heard=CLIP[:100_000], patience=BRISK
    ),
    "a close midway": Fault(answer=closing(whole(CLIP[:100_000])), amid=INTERRUPTED, heard=UNTIL_THEN),
    "a reset midway": Fault(answer=resetting(whole(CLIP[:100_000])), amid=INTERRUPTED, heard=UNTIL_THEN),
    "chunks that end without the last one": Fault(
        answer=closing(in_chunks(CLIP[:100_000])), amid=INTERRUPTED, heard=UNTIL_THEN
    ),
    "chunks that are none, midway": Fault(
        answer=resting(in_chunks(CLIP[:100_000]), b"zzzz\r\n"), amid=INTERRUPTED, heard=UNTIL_THEN
    ),
}

RESUMPTIONS = {
    "a close midway, and the rest when it is asked for": Fault(
        answer=and_then(BROKEN, unsteady([Turn(ONE)])), heard=ALL, resumed=1
    ),
    "a silence midway, and the rest when it is asked for": Fault(
        answer=and_then(pausing(whole(CLIP[:100_000], **TAGGED)), unsteady([Turn(ONE)])), heard=ALL, resumed=1,
        patience=BRISK,
    ),
    "a close midway, twice": Fault(
        answer=and_then(BROKEN, unsteady([Turn(ONE, 90_000), Turn(ONE)])), heard=ALL, resumed=2
    ),
    "a close midway, 503, 503, and then the rest": Fault(
        answer=and_then(BROKEN, *[saying(head(503, content_length=0))] * 2, unsteady([Turn(ONE)])), heard=ALL, resumed=1
    ),
    "a close midway, and 503 from then on": Fault(
        answer=and_then(BROKEN, saying(head(503, content_length=0))), amid=INTERRUPTED, heard=UNTIL_THEN
    ),
    "the whole instead of the rest, of the same version": Fault(
        answer=and_then(BROKEN, unsteady([Turn(ONE)], Habits(heeds_range=False))), heard=ALL, resumed=1
    ),
    "the whole instead of the rest, of another version": Fault(
        answer=and_then(BROKEN, unsteady([Turn(OTHER)])), amid=CHANGED_UNSEEN, heard=UNTIL_THEN
    ),
    "the whole instead of the rest, of no known version": Fault(
        answer=and_then(BROKEN, saying(whole())), amid=CHANGED_UNSEEN, heard=UNTIL_THEN
    ),
    "the rest of another version": Fault(
        answer=and_then(BROKEN, unsteady([Turn(OTHER)], Habits(heeds_if_range=False))),
        amid=CHANGED_UNSEEN, heard=UNTIL_THEN,
    ),
    "the rest of another size": Fault(
        answer=and_then(BROKEN, unsteady([Turn(Version(mp3_of(SIZE + 1)))])), amid=CHANGED_UNSEEN, heard=UNTIL_THEN
    ),
    "304 instead of the rest": Fault(
        answer=and_then(BROKEN, saying(head(304, **TAGGED))), amid=INTERRUPTED, heard=UNTIL_THEN
    ),
    "404 instead of the rest": Fault(
        answer=and_then(BROKEN, saying(head(404, content_length=0))), amid=INTERRUPTED, heard=UNTIL_THEN
    ),
    "a page instead of the rest": Fault(
        answer=and_then(BROKEN, serving(b"<html>" * 100, "text/html")), amid=INTERRUPTED, heard=UNTIL_THEN
    ),
    "nothing to tell a version by": Fault(
        answer=and_then(closing(whole(CLIP[:100_000])), unsteady([Turn(ONE)])), amid=INTERRUPTED, heard=UNTIL_THEN
    ),
}  # fmt: skip

FAULTS = LENGTHS | RANGES | STATUSES | CONTENTS | REDIRECTS | TIMES | RESUMPTIONS


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_what_becomes_of_it(fault: Fault) -> None:
    told, got, amid = Told(), b"", None
    async with upstream(fault.answer) as server:
        async with remote_audio(fault.patience) as http:
            source = ResumingAudio(http, told, WAITS)
            if fault.at_opening is not None:
                with pytest.raises(AudioUnavailable) as refused:
                    await source.open(server.url(), fault.requested)
                assert refused.value.failure == fault.at_opening
            else:
                opened = await source.open(server.url(), fault.requested)
                try:
                    while chunk := await opened.read():
                        got += chunk
                except AudioUnavailable as error:
                    amid = error.failure
                opened.close()

        assert await server.all_let_go()
    wanted = CLIP if fault.requested is None else CLIP[fault.requested.within(SIZE).first :]
    assert amid == fault.amid
    assert (got == fault.heard) if fault.heard is not None else (got == wanted[: len(got)] and len(got) < SIZE)
    assert told.events == ["resumed"] * fault.resumed


async def test_a_clip_that_ends_before_the_part_begins_is_no_fault() -> None:
    async with upstream(serving(CLIP)) as server, remote_audio(PATIENCE) as http:
        with pytest.raises(RangeNotSatisfiable):
            await ResumingAudio(http, Told()).open(server.url(), FromTo(SIZE))


@pytest.mark.parametrize("framed", [False, True])
async def test_of_a_body_without_end_no_more_is_kept_than_is_being_sent_and_the_listener_may_leave(
    framed: bool,
) -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", **({"transfer_encoding": "chunked"} if framed else {})))
        while True:
            writer.write(f"{SIZE:x}\r\n".encode() + CLIP + b"\r\n" if framed else CLIP)
            await writer.drain()

    async with upstream(answer) as server, remote_audio(PATIENCE) as http:
        opened = await ResumingAudio(http, Told()).open(server.url())
        tracemalloc.start()
        heard = 0
        while heard < 20_000_000:
            heard += len(await opened.read())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        opened.close()

        assert most < 4_000_000
        assert await server.all_let_go()
