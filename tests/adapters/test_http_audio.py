"""Audio from the web: what is sent there, what is believed of the answer, and what becomes of the connection."""

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable
from importlib import metadata

import pytest
from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.audio.remote.http import HttpAudio
from adapters.audio.remote.patience import Patience
from adapters.audio.remote.public_address import Gate, gate
from adapters.audio.remote.upstream_body import UpstreamBody
from domain.byte_range import ByteRange, FromTo, RequestedRange, Suffix
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from tests.sounds import mp3_of
from tests.upstream import (
    Answer,
    Request,
    chunked,
    failure_of,
    head,
    ignoring_ranges,
    pausing,
    redirecting,
    remote_audio,
    reset,
    saying,
    serving,
    soon,
    upstream,
)

CONTENT = mp3_of(300_000)
SIZE = len(CONTENT)
HURRIED = Patience(connect=0.3, first_byte=0.3, skip=0.3, stall=0.3)  # for what never comes
BRISK = Patience(stall=1.5)  # for a silence behind what a slow machine is to hear first


def whole(**headers: object) -> bytes:
    return head(200, **{"content_type": "audio/mpeg", "content_length": SIZE} | headers) + CONTENT


def part(told: str, body: bytes, **headers: object) -> bytes:
    return head(206, **{"content_type": "audio/mpeg", "content_range": told} | headers) + body


async def read_all(source: HttpAudio, location: AudioLocation, requested: RequestedRange | None = None) -> bytes:
    opened = await source.open(location, requested)
    try:
        read = b""
        while chunk := await opened.read():
            assert len(chunk) <= 256 * 1024
            read += chunk
        return read
    finally:
        opened.close()


async def failure(
    answer: Answer, requested: RequestedRange | None = None, patience: Patience | None = None
) -> SourceFailure:
    """Why the answer is not audio; no connection is left to it, though it may be kept until the source is closed."""
    async with upstream(answer) as server:
        async with remote_audio(patience) as source:
            refused = await failure_of(source, server.url(), requested)
        assert await server.all_let_go()
        return refused


# What is sent


@pytest.mark.parametrize(
    ("requested", "header"),
    [
        (None, None),
        (FromTo(0), "bytes=0-"),
        (FromTo(5, 9), "bytes=5-9"),
        (Suffix(7), "bytes=-7"),
        (FromTo(0, 1), "bytes=0-8191"),  # as much as tells what it is
        (FromTo(0, 8190), "bytes=0-8191"),
        (FromTo(0, 8191), "bytes=0-8191"),
        (FromTo(0, 8192), "bytes=0-8192"),
    ],
)
async def test_the_range_goes_upstream(requested: RequestedRange | None, header: str | None) -> None:
    async with upstream(serving(CONTENT)) as server, remote_audio() as source:
        await read_all(source, server.url(), requested)

        assert [request.headers.get("range") for request in server.requests] == [header]


async def test_nothing_is_sent_but_what_the_request_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with upstream(saying(whole(set_cookie="who=you"))) as server, remote_audio() as source:
        await read_all(source, server.url())
        await read_all(source, server.url())

        assert server.requests[1].headers == {
            "host": f"127.0.0.1:{server.port}",
            "user-agent": f"soundverse-play/{metadata.version('soundverse-play')}",
            "accept": "*/*",
            "accept-encoding": "identity",
        }


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("/a%2fb%7E?sig=%2b%2F&x=a+b#part", "/a%2fb%7E?sig=%2b%2F&x=a+b"),
        ("/ü", "/%C3%BC"),
        ("?q", "/?q"),
        ("", "/"),
    ],
)
async def test_an_address_is_asked_for_as_it_was_written(written: str, sent: str) -> None:
    async with upstream(serving(CONTENT)) as server, remote_audio() as source:
        await read_all(source, server.url(written))

        assert server.requests[0].target == sent


# What is believed


@pytest.mark.parametrize(
    ("told", "length", "requested"),
    [
        ("bytes 0-99/300000", 100, None),  # nobody asked for a part
        ("bytes 11-20/300000", 10, FromTo(10, 20)),  # begins elsewhere
        ("bytes 10-21/300000", 12, FromTo(10, 20)),  # ends later
        ("bytes 10-20/15", 11, FromTo(10, 20)),  # ends behind the end
        ("bytes 20-10/300000", 11, FromTo(20)),  # ends before it begins
        ("bytes 10-20/300000", 12, FromTo(10, 20)),  # is longer than it says
        ("bytes 0-9/300000", 10, Suffix(10)),  # the first bytes, not the last
        ("bytes 299980-299989/300000", 10, Suffix(10)),
        ("bytes 299985-299999/300000", 15, Suffix(10)),  # more than asked for
        ("bytes 299990-299994/300000", 5, Suffix(10)),  # not up to the end
        ("bytes 10-19/*", 10, Suffix(10)),  # the last of how many?
        ("bytes */300000", 10, FromTo(10, 20)),
        ("items 10-20/300000", 11, FromTo(10, 20)),
        ("bytes 10-20", 11, FromTo(10, 20)),
        ("bytes +10-20/300000", 11, FromTo(10, 20)),
        ("bytes 1_0-20/300000", 11, FromTo(10, 20)),
        ("", 11, FromTo(10, 20)),
    ],
)
async def test_a_part_that_is_not_the_one_asked_for_is_not_believed(
    told: str, length: int, requested: RequestedRange | None
) -> None:
    answer = saying(part(told, CONTENT[:length], content_length=length))

    assert await failure(answer, requested) == SourceFailure.INCONSISTENT


async def test_a_part_in_several_parts_is_not_believed() -> None:
    answer = saying(head(206, content_type="multipart/byteranges; boundary=x", content_length=5) + b"--x\r\n")

    assert await failure(answer, FromTo(0, 9)) == SourceFailure.INCONSISTENT


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "zstd"])
@pytest.mark.parametrize("requested", [None, FromTo(0)])
async def test_an_encoded_body_is_not_taken_for_audio(encoding: str, requested: RequestedRange | None) -> None:
    told = f"bytes 0-{SIZE - 1}/{SIZE}"
    answer = part(told, CONTENT, content_encoding=encoding) if requested else whole(content_encoding=encoding)

    assert await failure(saying(answer, then_close=True), requested) == SourceFailure.INCONSISTENT


async def test_a_part_may_end_sooner_than_asked_for() -> None:
    answer = saying(part(f"bytes 10-19/{SIZE}", CONTENT[10:20], content_length=10))
    async with upstream(answer) as server, remote_audio() as source:
        opened = await source.open(server.url(), FromTo(10))

        assert (opened.range, opened.size) == (ByteRange(10, 19), SIZE)
        assert await opened.read() == CONTENT[10:20]
        assert await opened.read() == b""
        opened.close()


async def test_a_part_of_a_clip_of_unknown_size_is_a_part() -> None:
    answer = saying(part("bytes 10-19/*", CONTENT[10:20], content_length=10))
    async with upstream(answer) as server, remote_audio() as source:
        opened = await source.open(server.url(), FromTo(10))

        assert (opened.range, opened.size) == (ByteRange(10, 19), None)
        opened.close()


async def test_a_length_beside_chunks_is_not_believed() -> None:
    framed = f"{SIZE:x}\r\n".encode() + CONTENT + b"\r\n0\r\n\r\n"
    answer = saying(head(200, content_length=5, transfer_encoding="chunked") + framed, then_close=True)

    assert await failure(answer) == SourceFailure.INCONSISTENT


async def test_a_part_without_a_length_ends_where_it_says_though_more_is_sent() -> None:
    answer = saying(part(f"bytes 10-19/{SIZE}", CONTENT[10:500]), then_close=True)
    async with upstream(answer) as server, remote_audio() as source:
        assert await read_all(source, server.url(), FromTo(10, 19)) == CONTENT[10:20]


@pytest.mark.parametrize(
    ("content_range", "requested", "expected"),
    [
        ("bytes */300000", FromTo(10), SourceFailure.INCONSISTENT),  # it would be satisfiable
        ("bytes */300000", Suffix(1), SourceFailure.INCONSISTENT),
        ("bytes */300000", None, SourceFailure.INCONSISTENT),  # nothing was asked to be satisfied
        ("", FromTo(400_000), SourceFailure.REFUSED),
        ("bytes */*", FromTo(400_000), SourceFailure.REFUSED),
    ],
)
async def test_a_refused_range_is_believed_only_with_a_size_that_fits(
    content_range: str, requested: RequestedRange | None, expected: SourceFailure
) -> None:
    assert await failure(saying(head(416, content_range=content_range, content_length=0)), requested) == expected


async def test_a_refused_range_tells_the_size() -> None:
    async with upstream(serving(CONTENT)) as server, remote_audio() as source:
        with pytest.raises(RangeNotSatisfiable) as refused:
            await source.open(server.url(), FromTo(SIZE))
        assert refused.value.size == SIZE


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, SourceFailure.ABSENT),
        (410, SourceFailure.ABSENT),
        (400, SourceFailure.REFUSED),
        (401, SourceFailure.REFUSED),
        (403, SourceFailure.REFUSED),
        (429, SourceFailure.REFUSED),
        (500, SourceFailure.REFUSED),
        (503, SourceFailure.REFUSED),
        (204, SourceFailure.INCONSISTENT),
        (304, SourceFailure.INCONSISTENT),
        (302, SourceFailure.INCONSISTENT),  # to nowhere
    ],
)
async def test_an_answer_that_is_no_audio_says_why(status: int, expected: SourceFailure) -> None:
    assert (
        await failure(saying(head(status, content_type="audio/mpeg", connection="close"), then_close=True)) == expected
    )


@pytest.mark.parametrize(
    "answer",
    [
        saying(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", then_close=True),
        saying(b"HTTP/1.1 abc\r\n\r\n", then_close=True),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", then_close=True),
        saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", then_close=True),
    ],
)
async def test_what_is_not_http_is_inconsistent(answer: Answer) -> None:
    assert await failure(answer) == SourceFailure.INCONSISTENT


@pytest.mark.parametrize(
    ("content_type", "requested", "media_type"),
    [
        ("text/html", None, "audio/mpeg"),
        ("application/octet-stream", FromTo(0), "audio/mpeg"),
        ("application/octet-stream", FromTo(0, 1), "audio/mpeg"),  # though two bytes alone tell nothing
        ("text/plain", FromTo(0, 0), "audio/mpeg"),
        ("audio/mpeg", FromTo(0, 1), "audio/mpeg"),
        ("application/octet-stream", FromTo(10), None),
        ("audio/x-mp3; x=y", FromTo(10), "audio/x-mp3"),
    ],
)
async def test_the_type_is_told_by_the_bytes_or_else_by_the_label(
    content_type: str, requested: RequestedRange | None, media_type: str | None
) -> None:
    async with upstream(serving(CONTENT, content_type)) as server, remote_audio() as source:
        opened = await source.open(server.url(), requested)

        assert opened.media_type == media_type
        opened.close()


@pytest.mark.parametrize("size", [500, 8191, 8192, SIZE])
@pytest.mark.parametrize("last", [0, 1, 499, 8190])
async def test_of_more_than_was_asked_for_so_as_to_tell_the_type_the_listener_gets_what_was_asked_for(
    size: int, last: int
) -> None:
    clip = CONTENT[:size]
    async with upstream(serving(clip)) as server, remote_audio() as source:
        for _ in range(2):
            opened = await source.open(server.url(), FromTo(0, last))

            assert (opened.range, opened.size) == (FromTo(0, last).within(size), size)
            assert await everything(opened.read) == clip[: last + 1]
            opened.close()
        assert server.accepted == 1  # the rest was read away, so that the connection is kept


async def test_a_reopened_beginning_is_judged_by_enough_bytes_too_where_nothing_is_known_of_its_type() -> None:
    tagged = head(206, content_type="application/octet-stream", content_range=f"bytes 5-9/{SIZE}", etag='"one"')
    served = serving(CONTENT, "application/octet-stream")

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.headers["range"] == "bytes=5-9":
            writer.write(tagged.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n") + CONTENT[5:10])
        else:
            await served(request, writer)

    async with upstream(answer) as server, remote_audio() as source:
        begun = await source.open(server.url(), FromTo(5, 9))
        again = await begun.reopen(FromTo(0, 1))

        assert (begun.media_type, again.media_type, again.range) == (None, "audio/mpeg", ByteRange(0, 1))
        assert await everything(again.read) == CONTENT[:2]
        begun.close()
        again.close()


async def everything(read: Callable[[], Awaitable[bytes]]) -> bytes:
    got = b""
    while chunk := await read():
        got += chunk
    return got


async def test_an_upstream_that_ignores_ranges_shows_its_first_bytes_so_they_tell_the_type() -> None:
    async with upstream(ignoring_ranges(CONTENT, "text/plain")) as server, remote_audio() as source:
        opened = await source.open(server.url(), FromTo(200_000))

        assert opened.media_type == "audio/mpeg"
        opened.close()


async def test_a_page_labelled_as_audio_is_not_audio() -> None:
    async with upstream(serving(b"<html>" * 100, "audio/mpeg")) as server, remote_audio() as source:
        assert await failure_of(source, server.url(), None) == SourceFailure.NOT_AUDIO


@pytest.mark.parametrize("requested", [None, FromTo(0), FromTo(0, 1), FromTo(3), Suffix(3)])
async def test_a_page_is_not_audio_in_any_part(requested: RequestedRange | None) -> None:
    async with upstream(serving(b"<html>" * 100, "text/html; charset=utf-8")) as server, remote_audio() as source:
        assert await failure_of(source, server.url(), requested) == SourceFailure.NOT_AUDIO


# How it breaks


async def test_no_more_is_read_at_once_than_was_asked_for_and_nothing_is_lost() -> None:
    async with upstream(serving(CONTENT)) as server, remote_audio() as source:
        opened = await source.open(server.url(), FromTo(5))
        read, sizes = b"", set()
        for at_most in [1, 3, 10_000, 64 * 1024, 256 * 1024] * 40:
            chunk = await opened.read(at_most)
            read += chunk
            sizes.add(len(chunk) <= at_most)
        opened.close()

        assert (read == CONTENT[5:], sizes) == (True, {True})


@pytest.mark.parametrize("length", [{"content_length": SIZE}, {"transfer_encoding": "chunked"}])
async def test_a_body_that_ends_too_soon_is_an_interruption_not_an_end(length: dict[str, object]) -> None:
    framing = b"ffff\r\n" if "transfer_encoding" in length else b""

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", **length) + framing + CONTENT[:20_000])
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()

    async with upstream(answer) as server, remote_audio() as source:
        with pytest.raises(AudioUnavailable) as interrupted:
            await read_all(source, server.url())

        assert interrupted.value.failure == SourceFailure.INTERRUPTED
        assert await server.all_let_go()


async def test_a_part_without_a_length_that_ends_too_soon_is_an_interruption() -> None:
    answer = saying(part(f"bytes 10-19/{SIZE}", CONTENT[10:15]), then_close=True)
    async with upstream(answer) as server, remote_audio() as source:
        with pytest.raises(AudioUnavailable) as interrupted:
            await read_all(source, server.url(), FromTo(10, 19))
        assert interrupted.value.failure == SourceFailure.INTERRUPTED


@pytest.mark.parametrize("rubbish", [b"zzzz\r\n", b"-5\r\n", b"5\r\nhelloXX"])
async def test_broken_chunks_are_an_interruption_and_are_seen_at_once(rubbish: bytes) -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, transfer_encoding="chunked") + b"4e20\r\n" + CONTENT[:20_000] + b"\r\n")
        await asyncio.sleep(0.1)
        writer.write(rubbish)
        await asyncio.sleep(60)

    async with upstream(answer) as server, remote_audio() as source:
        with pytest.raises(AudioUnavailable) as interrupted:
            await asyncio.wait_for(read_all(source, server.url()), 30)
        assert interrupted.value.failure == SourceFailure.INTERRUPTED


async def test_a_connection_that_is_reset_midway_is_an_interruption() -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(whole()[:50_000])
        await asyncio.sleep(0.1)
        reset(writer)

    async with upstream(answer) as server, remote_audio() as source:
        with pytest.raises(AudioUnavailable) as interrupted:
            await read_all(source, server.url())
        assert interrupted.value.failure == SourceFailure.INTERRUPTED


async def test_a_silence_midway_is_a_stall() -> None:
    async with upstream(pausing(whole()[:50_000])) as server, remote_audio(BRISK) as source:
        with pytest.raises(AudioUnavailable) as stalled:
            await read_all(source, server.url())

        assert stalled.value.failure == SourceFailure.STALLED
        assert await server.all_let_go()


async def test_a_connection_that_fell_silent_is_given_up_before_anybody_closes_it() -> None:
    async with upstream(pausing(whole()[:50_000])) as server, remote_audio(BRISK) as source:
        opened = await source.open(server.url())
        with pytest.raises(AudioUnavailable):
            await drained(opened.read)

        assert await server.all_let_go()
        opened.close()


async def test_a_listener_slower_than_the_stall_limit_loses_nothing() -> None:
    async with upstream(serving(CONTENT)) as server, remote_audio(BRISK) as source:
        opened = await source.open(server.url())
        read = await opened.read()
        await asyncio.sleep(1.5 * BRISK.stall)
        while chunk := await opened.read():
            read += chunk

        assert read == CONTENT
        opened.close()


@pytest.mark.parametrize(
    ("answer", "requested"),
    [
        (pausing(), None),  # no answer
        (pausing(b"HTTP/1.1 200 OK\r\nContent-"), None),  # half a head
        (pausing(head(200, content_length=SIZE)), None),  # no body
        (pausing(head(206, content_length=10, content_range=f"bytes 10-19/{SIZE}")), FromTo(10)),
        (pausing(whole()[:100_000]), FromTo(200_000)),  # nothing of the part
    ],
)
async def test_a_first_byte_that_does_not_come_is_too_slow(answer: Answer, requested: RequestedRange | None) -> None:
    assert await failure(answer, requested, HURRIED) == SourceFailure.TOO_SLOW


async def test_a_part_behind_too_many_slow_bytes_is_too_slow() -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_length=SIZE))
        for at in range(0, SIZE, 9_000):
            writer.write(CONTENT[at : at + 9_000])
            await asyncio.sleep(0.05)

    assert await failure(answer, FromTo(SIZE - 1), HURRIED) == SourceFailure.TOO_SLOW


async def test_the_type_is_told_by_enough_bytes_however_small_the_pieces_they_come_in() -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_length=SIZE))
        for at in range(0, 100, 10):
            writer.write(CONTENT[at : at + 10])
            await asyncio.sleep(0.01)
        writer.write(CONTENT[100:])

    async with upstream(answer) as server, remote_audio() as source:
        assert await read_all(source, server.url()) == CONTENT


@pytest.mark.parametrize(
    ("sent", "requested"),
    [
        (b"", None),
        (b"HTTP/1.1 200 OK\r\nContent-", None),
        (head(200, content_type="audio/mpeg", content_length=SIZE), None),
        (part(f"bytes 10-19/{SIZE}", b"", content_length=10), FromTo(10)),
        (whole()[:100_000], FromTo(200_000)),
    ],
)
@pytest.mark.parametrize("abruptly", [True, False])
async def test_a_connection_that_breaks_before_the_first_byte_is_unreachable(
    sent: bytes, requested: RequestedRange | None, abruptly: bool
) -> None:
    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()
        await asyncio.sleep(0.05)
        if abruptly:
            reset(writer)
        else:
            writer.close()

    assert await failure(answer, requested) == SourceFailure.UNREACHABLE


async def test_a_port_where_nobody_listens_is_unreachable() -> None:
    async with remote_audio() as source:
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))  # and whoever comes meanwhile cannot have it
            location = AudioLocation(f"http://127.0.0.1:{deaf.getsockname()[1]}/clip")

            assert await failure_of(source, location) == SourceFailure.UNREACHABLE


async def test_a_server_without_tls_is_unreachable_over_https() -> None:
    async with upstream(serving(CONTENT)) as server, remote_audio(HURRIED) as source:
        location = AudioLocation(server.url().replace("http:", "https:"))

        assert await failure_of(source, location) in (SourceFailure.UNREACHABLE, SourceFailure.TOO_SLOW)


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_with_the_range(status: int) -> None:
    answer = redirecting(CONTENT, {"/a/clip": "../b/", "/b/": "?x=1", "/b/?x=1": "/end"}, status)
    async with upstream(answer) as server, remote_audio() as source:
        assert await read_all(source, server.url("/a/clip"), FromTo(5, 9)) == CONTENT[5:10]
        assert [request.target for request in server.requests] == ["/a/clip", "/b/", "/b/?x=1", "/end"]
        assert {request.headers["range"] for request in server.requests} == {"bytes=5-9"}


async def test_a_redirect_that_has_a_body_is_not_waited_for_nor_kept_open() -> None:
    endless = head(302, location="/end", content_length=10**9) + CONTENT
    served = serving(CONTENT)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await (served if request.target == "/end" else saying(endless))(request, writer)

    async with upstream(answer) as server, remote_audio() as source:
        opened = await source.open(server.url())

        assert await soon(lambda: server.connections == 1)
        opened.close()


@pytest.mark.parametrize(("hops", "is_followed"), [(5, True), (6, False)])
async def test_five_redirects_are_followed_and_not_one_more(hops: int, is_followed: bool) -> None:
    answer = redirecting(CONTENT, {f"/{hop}": f"/{hop + 1}" for hop in range(hops)})
    async with upstream(answer) as server, remote_audio() as source:
        if is_followed:
            assert await read_all(source, server.url("/0")) == CONTENT
        else:
            assert await failure_of(source, server.url("/0")) == SourceFailure.INCONSISTENT
        assert len(server.requests) == 6


@pytest.mark.parametrize(
    "target",
    [
        "ftp://127.0.0.1/clip",
        "file:///etc/passwd",
        "http://user:secret@127.0.0.1/clip",
        "http://user@127.0.0.1/clip",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http://10.0.0.1/clip",
        "http://2130706433/clip",
        "http://[::ffff:10.0.0.1]/clip",
        "http://[fe80::1%25lo]/clip",
        "//169.254.169.254/latest/meta-data",
        "javascript:alert(1)",
    ],
)
async def test_a_redirect_to_where_we_do_not_go_is_forbidden(target: str) -> None:
    async with upstream(redirecting(CONTENT, {"/clip": target})) as server, remote_audio() as source:
        assert await failure_of(source, server.url()) == SourceFailure.FORBIDDEN
        assert len(server.requests) == 1


# Where a connection may go


@pytest.mark.parametrize(
    "location",
    [
        "http://a..b/",
        "http://.../",
        f"http://{'x' * 64}/",
        f"http://{'x' * 300}.test/",
        f"http://{'ä' * 80}/",
        "http://\u2488.de",  # U+2488 is "1."
        "http://[::1%25/",
        "http://h:99999/",
        "http://h:port/",
        "http://:80/",
        "http://user:secret@host/",
        "http://@host/",
        "http://good\\@host/",
        "http://host\ud800/",
        "library:clip.mp3",
        "HTTP:",
        "",
    ],
)
async def test_an_impossible_address_is_forbidden(location: str) -> None:
    assert await failure_at(location, gate()) == SourceFailure.FORBIDDEN


class Names(AbstractResolver):
    """A resolver of these names only; each has the addresses that are listed."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_UNSPEC) -> list[ResolveResult]:
        del family
        if host.lower() not in self.addresses:
            raise OSError(socket.EAI_NONAME, "no such name")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.addresses[host.lower()]
        ]

    async def close(self) -> None: ...


async def failure_at(
    location: str, opened: Gate, resolver: AbstractResolver | None = None, patience: Patience | None = None
) -> SourceFailure:
    source = HttpAudio(opened, patience or Patience(), resolver=resolver)
    try:
        return await failure_of(source, AudioLocation(location))
    finally:
        await source.close()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "127.1", "0x7f.1", "[::]"]
)
async def test_the_machine_itself_is_forbidden_under_all_its_names(host: str) -> None:
    async with upstream(serving(CONTENT)) as server:
        assert await failure_at(f"http://{host}:{server.port}/", gate()) == SourceFailure.FORBIDDEN
        assert server.accepted == 0


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], ["10.0.0.1", "10.0.0.2"], ["10.0.0.1", "192.168.0.1", "169.254.169.254"], ["fd00::1", "10.0.0.1"]],
)
async def test_a_host_with_private_addresses_only_is_forbidden_however_many(addresses: list[str]) -> None:
    assert await failure_at("http://inside/", gate(), Names(inside=addresses)) == SourceFailure.FORBIDDEN


@pytest.mark.parametrize("addresses", [["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["fd00::1", "127.0.0.1"]])
async def test_of_several_addresses_only_an_allowed_one_is_connected_to(addresses: list[str]) -> None:
    async with upstream(serving(CONTENT)) as server:
        source = HttpAudio(gate(["127.0.0.0/8"]), resolver=Names(both=addresses))

        assert await read_all(source, AudioLocation(f"http://both:{server.port}/")) == CONTENT
        await source.close()


async def test_a_name_that_leads_inside_at_the_second_time_is_forbidden_then() -> None:
    names = Names(turning=["127.0.0.1"])
    async with upstream(saying(head(302, location="/again", connection="close"), then_close=True)) as server:
        names.addresses["turning"] = ["127.0.0.1"]
        source = HttpAudio(gate(["127.0.0.1"]), resolver=names)
        location = AudioLocation(f"http://turning:{server.port}/")
        assert await failure_of(source, location) == SourceFailure.INCONSISTENT  # it may go there, in circles
        await source.close()
        names.addresses["turning"] = ["127.0.0.2"]

        assert await failure_at(location, gate(["127.0.0.1"]), names) == SourceFailure.FORBIDDEN


async def test_a_public_address_on_another_port_is_forbidden() -> None:
    assert await failure_at("http://elsewhere:22/", gate(), Names(elsewhere=["8.8.8.8"])) == SourceFailure.FORBIDDEN


async def test_a_named_host_is_reached_at_any_address_but_does_not_open_the_way_for_others() -> None:
    async with upstream(redirecting(CONTENT, {"/out": "http://other/clip", "/in": "/clip"})) as server:
        names = Names(media=["127.0.0.1"], other=["127.0.0.1"])
        source = HttpAudio(gate([f"media:{server.port}"]), resolver=names)
        base = f"http://MEDIA:{server.port}"

        assert await read_all(source, AudioLocation(f"{base}/in")) == CONTENT
        assert await failure_of(source, AudioLocation(f"{base}/out")) == SourceFailure.FORBIDDEN
        assert await failure_of(source, AudioLocation(f"http://other:{server.port}/")) == SourceFailure.FORBIDDEN
        await source.close()


async def test_no_cookie_is_kept() -> None:
    async with upstream(saying(whole(set_cookie="who=you"))) as server:
        source = HttpAudio(gate([f"media.test:{server.port}"]), resolver=Names(**{"media.test": ["127.0.0.1"]}))
        for _ in range(2):
            await read_all(source, AudioLocation(f"http://media.test:{server.port}/"))
        await source.close()

        assert [request.headers.get("cookie") for request in server.requests] == [None, None]


async def test_a_name_that_nobody_knows_is_unreachable() -> None:
    assert await failure_at("http://nobody/", gate(), Names()) == SourceFailure.UNREACHABLE


async def test_a_name_server_that_does_not_answer_is_too_slow() -> None:
    class Silent(ThreadedResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[ResolveResult]:
            await asyncio.sleep(60)
            return await super().resolve(host, port, family)

    patience = Patience(connect=0.2, first_byte=30)
    refused = await asyncio.wait_for(failure_at("http://somebody/", gate(), Silent(), patience), 30)

    assert refused == SourceFailure.TOO_SLOW


# What becomes of the connection


async def test_a_connection_whose_body_was_read_is_used_again() -> None:
    async with upstream(serving(CONTENT)) as server, remote_audio() as source:
        for _ in range(3):
            await read_all(source, server.url(), FromTo(100, 200))

        assert (len(server.requests), server.accepted) == (3, 1)


async def test_a_connection_that_is_used_again_keeps_nothing_of_what_came_over_it_before() -> None:
    async with upstream(serving(CONTENT)) as server, remote_audio() as source:
        before = bodies_in_memory()
        for _ in range(3):
            await read_all(source, server.url())

        assert server.connections == 1
        assert bodies_in_memory() <= before


def bodies_in_memory() -> int:
    gc.collect()
    return sum(isinstance(kept, UpstreamBody) for kept in gc.get_objects())


async def test_closed_audio_of_unknown_length_does_not_end_but_break_off_though_all_had_come() -> None:
    async with upstream(chunked(CONTENT[:10_000])) as server, remote_audio() as source:
        opened = await source.open(server.url())
        await opened.read()
        await asyncio.sleep(0.1)
        opened.close()

        with pytest.raises(AudioUnavailable):
            await opened.read()


async def test_a_connection_is_dropped_behind_the_last_byte_that_is_wanted() -> None:
    async with upstream(endless()) as server, remote_audio() as source:
        opened = await source.open(server.url(), FromTo(0, 99_999))
        while await opened.read():
            pass

        assert await server.all_let_go()  # before anybody closes it
        opened.close()


def endless(length: int = 10**12) -> Answer:
    """A clip of a terabyte, sent for as long as somebody takes it."""

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, content_type="audio/mpeg", content_length=length))
        while True:
            writer.write(CONTENT)
            await writer.drain()

    return answer


async def test_closing_midway_drops_the_connection() -> None:
    async with upstream(endless()) as server, remote_audio() as source:
        opened = await source.open(server.url())
        await opened.read()
        assert server.connections == 1
        opened.close()

        assert await server.all_let_go()


async def test_a_listener_who_does_not_read_holds_the_upstream_back() -> None:
    sent = 0

    async def answer(_request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(head(200, content_type="audio/mpeg", connection="close"))
        while True:
            writer.write(CONTENT)
            await writer.drain()
            sent += len(CONTENT)

    async with upstream(answer) as server, remote_audio() as source:
        opened, before = await source.open(server.url()), -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.2)

            assert sent < 32 * 1024 * 1024  # what the sockets' buffers take; it would be gigabytes
        opened.close()


async def test_audio_without_a_length_in_old_http_ends_with_its_connection() -> None:
    answer = saying(b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n" + CONTENT, then_close=True)
    async with upstream(answer) as server, remote_audio() as source:
        opened = await source.open(server.url())
        assert opened.size is None
        opened.close()

        assert await read_all(source, server.url()) == CONTENT


@pytest.mark.parametrize(
    ("answer", "requested"),
    [
        (pausing(), None),
        (pausing(head(200, content_length=SIZE)), None),
        (pausing(whole()[:100_000]), FromTo(200_000)),
        (redirecting(CONTENT, {"/clip": "/clip"}), None),
        (serving(CONTENT), None),
        (chunked(CONTENT), None),
    ],
)
async def test_whoever_stops_waiting_at_any_moment_leaves_no_connection_open(
    answer: Answer, requested: RequestedRange | None
) -> None:
    async with upstream(answer) as server, remote_audio() as source:
        for pauses in range(40):
            opening = asyncio.create_task(source.open(server.url(), requested))
            for _ in range(pauses):
                await asyncio.sleep(0)
            if opening.done() and opening.exception() is None:
                opening.result().close()
            else:
                opening.cancel()
                await asyncio.wait((opening,))
                if not opening.cancelled() and opening.exception() is None:
                    opening.result().close()
        await source.close()

        assert await server.all_let_go()


async def test_whoever_stops_waiting_for_the_next_bytes_may_still_close() -> None:
    async with upstream(pausing(whole()[:50_000])) as server, remote_audio() as source:
        opened = await source.open(server.url())
        reading = asyncio.create_task(drained(opened.read))
        await asyncio.sleep(0.1)
        reading.cancel()
        await asyncio.wait((reading,))
        opened.close()

        assert await server.all_let_go()


async def drained(read: Callable[[], Awaitable[bytes]]) -> None:
    while await read():
        pass


async def test_more_than_a_hundred_may_listen_at_once() -> None:
    async with upstream(pausing(whole()[:20_000])) as server, remote_audio() as source:
        several = await asyncio.gather(*(source.open(server.url()) for _ in range(150)))

        assert server.connections == 150
        for opened in several:
            opened.close()
        assert await soon(lambda: server.connections == 0)
