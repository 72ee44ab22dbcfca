"""Audio files are sent to a service elsewhere, and whatever it answers, or does not, none becomes two clips."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from attrs import define, field
from multipart import MultipartSegment, PushMultipartParser  # type: ignore[import-untyped]  # it has types

from benchmarks.processes import LOOPBACK, free_port
from domain.clip import ClipOffer
from entrypoints.container import in_memory
from entrypoints.remote_seed import RemoteCatalogue
from entrypoints.settings import Settings
from entrypoints.transfer import there, upload
from entrypoints.transfer.folder_import import ImportStopped
from entrypoints.transfer.imports import Import
from entrypoints.transfer.tally import Tally
from tests.entrypoints.steady_clock import keep_steady
from tests.sounds import mp3, wav

Post = Callable[[BaseHTTPRequestHandler, "Elsewhere"], None]


@define
class Elsewhere:
    """A service that keeps what is sent, and answers the first posts by ``answers``."""

    answers: list[Post] = field(factory=list)
    kept: list[dict[str, list[bytes]]] = field(factory=list)
    attempts: int = 0

    def post(self, request: BaseHTTPRequestHandler) -> None:
        self.attempts += 1
        (self.answers.pop(0) if self.answers else keep)(request, self)

    def page(self) -> list[dict[str, object]]:
        """All clips, the newest first."""
        return [
            {"id": number, "audio_url": f"library:uploads/{sha256(clip['audio'][0]).hexdigest()}.mp3"}
            for number, clip in reversed(list(enumerate(self.kept, start=1)))
        ]


def say(request: BaseHTTPRequestHandler, status: int, body: object, **headers: str) -> None:
    content = json.dumps(body).encode()
    request.send_response(status)
    for name, value in ({"content-length": str(len(content))} | headers).items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(content)


def body_of(request: BaseHTTPRequestHandler) -> dict[str, list[bytes]]:
    """The parts by name; a file's name is a part called `filename`."""
    boundary = request.headers["content-type"].partition("boundary=")[2]
    parts: dict[str, list[bytes]] = {}
    with PushMultipartParser(boundary, content_length=int(request.headers["content-length"])) as parser:
        for piece in parser.parse(request.rfile.read(int(request.headers["content-length"]))):
            if isinstance(piece, MultipartSegment):
                parts.setdefault(piece.name, []).append(b"")
                name = piece.name
                if piece.filename is not None:
                    parts["filename"] = [piece.filename.encode()]
            elif piece:
                parts[name][-1] += bytes(piece)
    return parts


def keep(request: BaseHTTPRequestHandler, service: Elsewhere) -> None:
    service.kept.append(body_of(request) | {"key": [request.headers["authorization"].encode()]})
    say(request, 201, {"id": len(service.kept)})


def keep_and_hang_up(request: BaseHTTPRequestHandler, service: Elsewhere) -> None:
    service.kept.append(body_of(request))
    request.connection.shutdown(socket.SHUT_RDWR)


def read_and_hang_up(request: BaseHTTPRequestHandler, _service: Elsewhere) -> None:
    body_of(request)
    request.connection.shutdown(socket.SHUT_RDWR)


def hang_up(request: BaseHTTPRequestHandler, _service: Elsewhere) -> None:
    request.connection.shutdown(socket.SHUT_RDWR)


def keep_and_say_503(request: BaseHTTPRequestHandler, service: Elsewhere) -> None:
    """As where the database was lost amid a commit."""
    service.kept.append(body_of(request))
    say(request, 503, {"detail": "Please try again."}, retry_after="0")


def saying(status: int, detail: str = "No.", **headers: str) -> Post:
    def post(request: BaseHTTPRequestHandler, _service: Elsewhere) -> None:
        body_of(request)
        say(request, status, {"detail": detail}, **headers)

    return post


def saying_before_all_is_there(status: int, detail: str) -> Post:
    def post(request: BaseHTTPRequestHandler, _service: Elsewhere) -> None:
        say(request, status, {"detail": detail}, connection="close")
        request.close_connection = True

    return post


@contextmanager
def serving(service: Elsewhere) -> Iterator[RemoteCatalogue]:
    """The service on loopback, and the way to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            say(self, 200, service.page())

        def do_POST(self) -> None:
            service.post(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            """Keep quiet."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield RemoteCatalogue(f"http://{LOOPBACK}:{server.server_port}", "hunter2")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits as long as an operator would."""
    monkeypatch.setattr(there, "PAUSE", 0.05)
    monkeypatch.setattr(there, "TICK", 0.01)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """One file, of more than a socket takes at once."""
    (tmp_path / "Rain").mkdir()
    (tmp_path / "Rain" / "a.mp3").write_bytes(mp3(3_000))
    return tmp_path / "Rain"


async def sent(
    tree: Path, catalogue: RemoteCatalogue, said: ClipOffer | None = None, ended: Event | None = None
) -> Tally:
    tally = Tally()
    begun = Import(tree, said or ClipOffer(), tally, is_dry=False, is_quiet=True)
    container = in_memory(Settings(data=tree, memory=True), ())
    await begun.files_there(catalogue, container, ended or Event())
    return tally


def summed(tally: Tally) -> tuple[int, int, int]:
    return tally.added, tally.there, tally.refused


async def test_a_file_is_sent_with_what_is_said_of_it(tree: Path) -> None:
    (tree / 'é "q".mp3').write_bytes(mp3(4))
    service = Elsewhere()
    with serving(service) as catalogue:
        tally = await sent(tree, catalogue, ClipOffer(genre="Straße", tags=("one", "zwei ü")))
    odd, plain = sorted(service.kept, key=lambda clip: len(clip["audio"][0]))

    assert summed(tally) == (2, 0, 0)
    assert plain == {
        "genre": ["Straße".encode()],
        "tags": [b"one", "zwei ü".encode()],
        "audio": [mp3(3_000)],
        "filename": [b"a.mp3"],
        "key": [b"Bearer hunter2"],
    }
    assert odd["filename"][0].decode() == 'é "q".mp3'


async def test_what_is_there_is_not_sent(tree: Path) -> None:
    service = Elsewhere()
    with serving(service) as catalogue:
        tallies = [await sent(tree, catalogue) for _ in range(2)]

    assert [summed(tally) for tally in tallies] == [(1, 0, 0), (0, 1, 0)]
    assert service.attempts == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_who_is_asked_to_come_again_does_so_when_it_was_told(tree: Path, status: int) -> None:
    service, began = Elsewhere([saying(status, retry_after="1")]), monotonic()
    with serving(service) as catalogue:
        tally = await sent(tree, catalogue)

    assert summed(tally) == (1, 0, 0)
    assert (service.attempts, len(service.kept)) == (2, 1)
    assert monotonic() - began >= 1


@pytest.mark.parametrize("lost", [keep_and_hang_up, keep_and_say_503, saying(503)])
async def test_what_may_have_been_added_is_looked_for_before_it_is_sent_again(tree: Path, lost: Post) -> None:
    service = Elsewhere([lost])
    with serving(service) as catalogue:
        tally = await sent(tree, catalogue)

    assert summed(tally) == (1, 0, 0)
    assert len(service.kept) == 1


@pytest.mark.parametrize("lost", [read_and_hang_up, saying(502), saying(504)])
async def test_where_it_cannot_be_known_it_is_left_to_the_next_run(tree: Path, lost: Post) -> None:
    service = Elsewhere([lost])
    with serving(service) as catalogue:
        first, second = await sent(tree, catalogue), await sent(tree, catalogue)

    assert (summed(first), summed(second)) == ((0, 0, 1), (1, 0, 0))
    assert "its answer was lost" in "\n".join(first.lines())
    assert service.attempts == 2


async def test_a_connection_that_breaks_before_all_was_sent_is_tried_again(tree: Path) -> None:
    service = Elsewhere([hang_up, hang_up])
    (tree / "a.mp3").write_bytes(wav(2_000))  # more than fits between two sockets
    with serving(service) as catalogue:
        tally = await sent(tree, catalogue)

    assert summed(tally) == (1, 0, 0)
    assert len(service.kept) == 1


@pytest.mark.parametrize("status", [400, 413, 415, 422])
async def test_a_refusal_of_the_file_is_told_in_the_services_words(tree: Path, status: int) -> None:
    with serving(Elsewhere([saying(status, "It is too long.")])) as catalogue:
        tally = await sent(tree, catalogue)

    assert list(tally.lines())[-1] == f"  {tree}/a.mp3: It is too long."


async def test_a_refusal_before_all_was_sent_is_heard(tree: Path) -> None:
    (tree / "a.mp3").write_bytes(wav(2_000))
    with serving(Elsewhere([saying_before_all_is_there(413, "It is too large.")])) as catalogue:
        tally = await sent(tree, catalogue)

    assert list(tally.lines())[-1] == f"  {tree}/a.mp3: It is too large."


@pytest.mark.parametrize("status", [302, 401, 403, 404, 405, 507])
async def test_what_would_meet_every_file_ends_it(tree: Path, status: int) -> None:
    service = Elsewhere([saying(status, "Not here.")])
    with serving(service) as catalogue, pytest.raises(ImportStopped, match=f"answers {status}: Not here\\.$"):
        await sent(tree, catalogue)

    assert service.attempts == 1


async def test_a_service_that_lets_nobody_write_is_not_waited_for_for_ever(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_steady(asyncio.get_running_loop(), monkeypatch)
    monkeypatch.setattr(there, "MOST_WAITING", 1.0)
    (tree / "a.mp3").write_bytes(mp3(4))
    service = Elsewhere([saying(503, "It is full.")] * 100)
    with serving(service) as catalogue, pytest.raises(ImportStopped, match=r"cannot be written to: It is full\."):
        await sent(tree, catalogue)

    assert 1 < service.attempts < 50


async def test_a_service_that_does_not_answer_is_one_whose_answer_was_lost(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PATIENCE", 0.2)
    (tree / "a.mp3").write_bytes(mp3(4))  # which a socket takes at once

    def silent(request: BaseHTTPRequestHandler, _service: Elsewhere) -> None:
        body_of(request)
        request.connection.settimeout(30)
        request.rfile.read(1)  # until nobody waits any more

    with serving(Elsewhere([silent])) as catalogue:
        tally = await sent(tree, catalogue)

    assert "its answer was lost (timed out)" in "\n".join(tally.lines())


async def test_a_service_that_is_not_there_ends_it_before_anything_is_read(tree: Path) -> None:
    with pytest.raises(ImportStopped, match="cannot be asked"):
        await sent(tree, RemoteCatalogue(f"http://{LOOPBACK}:{free_port()}", "hunter2"))


@pytest.mark.parametrize("page", [[1], {}, [{"id": "1"}], [{"audio_url": "x"}]])
async def test_what_is_no_play_service_is_told(tree: Path, page: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Elsewhere, "page", lambda _service: page)
    with serving(Elsewhere()) as catalogue, pytest.raises(ImportStopped, match="something else than clips"):
        await sent(tree, catalogue)


async def test_waiting_ends_when_it_shall_end(tree: Path) -> None:
    ended, began, loop = Event(), monotonic(), asyncio.get_running_loop()

    def busy(request: BaseHTTPRequestHandler, service: Elsewhere) -> None:
        saying(429, retry_after="60")(request, service)
        loop.call_soon_threadsafe(loop.call_later, 0.2, ended.set)

    with serving(Elsewhere([busy])) as catalogue, pytest.raises(ImportStopped, match="Ended"):
        await sent(tree, catalogue, ended=ended)

    assert monotonic() - began < 40
