"""Uploads to a real service: large ones in little memory, and nothing left of those that are broken off or killed."""

import http.client
import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest

from tests.drills.disk_full import small_disk
from tests.drills.report import Skipped
from tests.services import Service, end, running_service
from tests.sounds import mp3_of, wav

MIB = 1024 * 1024
LARGE = 50 * MIB
PATIENCE = 20.0  # seconds


@contextmanager
def speaking(service: Service) -> Iterator[http.client.HTTPConnection]:
    address = urlsplit(service.url)
    assert address.hostname is not None
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    try:
        yield connection
    finally:
        connection.close()


def headers(service: Service, media_type: str = "audio/mpeg") -> dict[str, str]:
    return {"X-API-Key": service.write_key, "Content-Type": media_type}


def asked(
    service: Service, method: str, path: str, body: bytes | None = None, media_type: str = "audio/mpeg"
) -> tuple[int, dict[str, object]]:
    with speaking(service) as connection:
        connection.request(method, path, body, headers(service, media_type))
        answer = connection.getresponse()
        content = answer.read()
    return answer.status, json.loads(content) if content else {}


def form(audio: bytes) -> tuple[bytes, str]:
    fields = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % pair
        for pair in ((b"title", b"Hail"), (b"genre", b"Nature"))
    )
    head = b'--x\r\nContent-Disposition: form-data; name="audio"; filename="hail"\r\n\r\n'
    return fields + head + audio + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"


def begun(service: Service, sent: bytes) -> socket.socket:
    """A connection on which so much of a large upload was sent."""
    address = urlsplit(service.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    head = f"PUT /play/1/audio HTTP/1.1\r\nHost: play\r\nX-API-Key: {service.write_key}\r\n"
    head += f"Content-Type: audio/mpeg\r\nContent-Length: {LARGE}\r\n\r\n"
    connection.sendall(head.encode() + sent)
    return connection


def resident(service: Service, kind: str = "VmHWM") -> int:
    """Bytes of memory: the most there ever was, or ``VmRSS`` of now."""
    [line] = [
        line for line in Path(f"/proc/{service.process.pid}/status").read_text().splitlines() if line.startswith(kind)
    ]
    return int(line.split()[1]) * 1024


def left(data: Path) -> list[str]:
    uploads = data / "media" / "uploads"
    return sorted(file.name for file in uploads.iterdir()) if uploads.exists() else []


def soon(is_so: object) -> bool:
    deadline = monotonic() + PATIENCE
    while not is_so():  # type: ignore[operator]
        if monotonic() > deadline:
            return False
        sleep(0.05)
    return True


def open_uploads(service: Service) -> list[str]:
    """The files without a name that the service has open below its media folder."""
    found = []
    for number in Path(f"/proc/{service.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(number.readlink()))
    return [target for target in found if "/media/uploads/" in target]


@pytest.fixture(scope="module")
def keeping(short_folder: Path) -> Iterator[tuple[Service, Path]]:
    """A service that keeps clips in its own PostgreSQL, with the samples."""
    folder = short_folder / "keeping"
    with running_service("--data", str(folder), PLAY_UPLOAD_LIMIT=str(60 * MIB)) as running:
        yield running, folder


def test_a_large_upload_takes_little_memory_and_is_kept_whole(keeping: tuple[Service, Path]) -> None:
    service, data = keeping
    small, large = mp3_of(MIB), mp3_of(LARGE)
    assert asked(service, "PUT", "/play/1/audio", small)[0] == 200
    before = resident(service)
    status, clip = asked(service, "PUT", "/play/1/audio", large)

    assert status == 200
    assert left(data) == [f"{sha256(large).hexdigest()}.mp3"]
    assert (clip["size"], clip["audio_url"]) == (LARGE, f"library:uploads/{left(data)[0]}")
    with speaking(service) as connection:
        connection.request("GET", "/play/1/stream")
        assert sha256(connection.getresponse().read()).hexdigest() == sha256(large).hexdigest()
    grown = resident(service) - before
    assert grown < 16 * MIB, f"{grown / MIB:.1f} MiB"

    body, media_type = form(mp3_of(LARGE + 1))
    status, clip = asked(service, "POST", "/play", body, media_type)
    assert (status, clip["title"], clip["size"]) == (201, "Hail", LARGE + 1)
    assert resident(service) - before < 16 * MIB
    assert asked(service, "DELETE", f"/play/{clip['id']}")[0] == 204
    assert len(left(data)) == 1


def test_who_leaves_amid_an_upload_leaves_nothing(keeping: tuple[Service, Path]) -> None:
    service, data = keeping
    before = left(data)
    connection = begun(service, mp3_of(3 * MIB))
    assert soon(lambda: open_uploads(service))
    connection.close()

    assert soon(lambda: not open_uploads(service))
    assert left(data) == before


def test_who_asks_first_is_told_to_go_on_or_why_not(keeping: tuple[Service, Path]) -> None:
    service, _ = keeping
    address = urlsplit(service.url)
    for key, answer in ((service.write_key, b"HTTP/1.1 100 "), ("no key", b"HTTP/1.1 401 ")):
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            head = f"PUT /play/1/audio HTTP/1.1\r\nHost: play\r\nX-API-Key: {key}\r\nContent-Type: audio/wav\r\n"
            connection.sendall(f"{head}Content-Length: 16044\r\nExpect: 100-continue\r\n\r\n".encode())
            assert connection.recv(13) == answer
            if key == service.write_key:
                connection.sendall(wav(2.0))
                rest = connection.makefile("rb")
                assert rest.read(12) == b"Continue\r\n\r\n"
                assert rest.readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(("content", "status"), [(b"<!doctype html>" * MIB, 422), (mp3_of(MIB) + bytes(60 * MIB), 413)])
def test_who_reads_no_answer_before_all_is_sent_still_gets_it(
    keeping: tuple[Service, Path], content: bytes, status: int
) -> None:
    service, data = keeping
    before = left(data)

    assert asked(service, "PUT", "/play/1/audio", content)[0] == status
    assert left(data) == before


def test_of_an_upload_amid_which_the_service_is_killed_nothing_is_left(short_folder: Path) -> None:
    data = short_folder / "killed"
    for how in (signal.SIGKILL, signal.SIGTERM):
        with running_service("--data", str(data), PLAY_SHUTDOWN_TIMEOUT="0.2") as service:
            connection = begun(service, mp3_of(3 * MIB))
            assert soon(lambda service=service: open_uploads(service))
            end(service.process, how)
            connection.close()

        assert left(data) == []
    with running_service("--data", str(data)) as service:
        assert asked(service, "PUT", "/play/1/audio", mp3_of(MIB))[0] == 200


def test_a_full_disk_is_a_507_and_leaves_nothing(short_folder: Path) -> None:
    data = short_folder / "full"
    (data / "media").mkdir(parents=True)
    try:
        with small_disk(data / "media", 4 * MIB), running_service("--data", str(data)) as service:
            status, problem = asked(service, "PUT", "/play/1/audio", mp3_of(6 * MIB))

            assert (status, problem["status"]) == (507, 507)
            assert left(data) == []
            assert asked(service, "PUT", "/play/1/audio", mp3_of(MIB))[0] == 200
            assert len(left(data)) == 1
    except Skipped as skipped:
        pytest.skip(str(skipped))


def test_a_media_folder_that_cannot_be_written_to_refuses_uploads_and_serves_all_else(short_folder: Path) -> None:
    data = short_folder / "read-only"
    (data / "media").mkdir(parents=True)
    try:
        with small_disk(data / "media", 8 * MIB), running_service("--data", str(data)) as service:
            subprocess.run(["mount", "-o", "remount,ro", data / "media"], check=True)
            status, problem = asked(service, "PUT", "/play/1/audio", mp3_of(MIB))

            assert status == 503
            assert "Read-only file system" in str(problem["detail"])
            assert asked(service, "GET", "/play/1")[0] == 200
            assert asked(service, "DELETE", "/play/1")[0] == 204
    except Skipped as skipped:
        pytest.skip(str(skipped))
