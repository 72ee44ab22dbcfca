"""`soundverse-play seed --url`: the samples, put into a service elsewhere over its API, once."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from benchmarks.processes import LOOPBACK, free_port
from entrypoints.cli import main
from entrypoints.samples import SAMPLES, put_in_place
from tests.services import Service, running_service

Answer = Callable[[BaseHTTPRequestHandler], None]
PATIENCE = 30.0  # seconds, on a busy machine


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Service]:
    """A service without clips, whose media folder has the samples' files."""
    put_in_place(tmp_path / "media")
    with running_service("--memory", "--data", str(tmp_path), PLAY_SAMPLES="false") as service:
        yield service


def seeded(*arguments: str, **environment: str) -> Result:
    """``soundverse-play seed`` with these arguments and variables, in this process."""
    unset: dict[str, str | None] = {"PLAY_WRITE_KEYS": None, "DATABASE_URL": None, "http_proxy": None}
    return CliRunner().invoke(main, ["seed", *arguments], env=unset | environment)


def clips_of(service: Service) -> list[tuple[str, str]]:
    """Title and location of each clip, the first added first."""
    listed = httpx.get(f"{service.url}/play", timeout=PATIENCE).json()
    return [(clip["title"], clip["audio_url"]) for clip in reversed(listed)]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server on loopback that answers every request by ``answer``; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_HEAD = do_GET  # noqa: N815  # the base class's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            """Keep quiet."""

    server = HTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def saying(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def assert_one_sentence(result: Result, *said: str) -> None:
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith(".\n")
    for part in said:
        assert part in result.stderr


def test_the_samples_are_added_once_however_often_it_is_run(elsewhere: Service) -> None:
    first, second = (seeded("--url", f"{elsewhere.url}/", "--key", elsewhere.write_key) for _ in range(2))

    assert (first.output, second.output) == ("Sample clips added: 6\n", "Sample clips added: 0\n")
    assert clips_of(elsewhere) == [(sample.title, f"library:{sample.file_name}") for sample in SAMPLES]


def test_what_is_there_is_found_behind_any_number_of_clips_like_it(elsewhere: Service) -> None:
    seeded("--url", elsewhere.url, "--key", elsewhere.write_key)
    alike = {"title": f"{SAMPLES[0].title} again", "genre": "Test", "audio_url": f"library:{SAMPLES[0].file_name}"}
    with httpx.Client(headers={"x-api-key": elsewhere.write_key}, timeout=PATIENCE) as client:
        for _ in range(101):  # more than a page
            assert client.post(f"{elsewhere.url}/play", json=alike).status_code == 201

    assert seeded("--url", elsewhere.url, "--key", elsewhere.write_key).output == "Sample clips added: 0\n"


def test_a_sample_that_is_missing_is_the_only_one_added(elsewhere: Service) -> None:
    seeded("--url", elsewhere.url, "--key", elsewhere.write_key)
    key = {"x-api-key": elsewhere.write_key}
    gone = httpx.delete(f"{elsewhere.url}/play/3", headers=key, timeout=PATIENCE)

    assert gone.status_code == 204
    assert seeded("--url", elsewhere.url, "--key", elsewhere.write_key).output == "Sample clips added: 1\n"


def test_the_key_may_come_from_where_a_list_of_processes_does_not_show_it(elsewhere: Service) -> None:
    result = seeded("--url", elsewhere.url, PLAY_WRITE_KEYS=f"{elsewhere.write_key},another")

    assert result.output == "Sample clips added: 6\n"


def test_audio_may_come_from_the_web(elsewhere: Service, tmp_path: Path) -> None:
    files = tmp_path / "media"

    def answer(request: BaseHTTPRequestHandler) -> None:
        body = (files / Path(request.path).name).read_bytes()
        saying(200, body, **{"content-type": "audio/mpeg"})(request)

    with answering(answer) as address:
        results = [
            seeded("--url", elsewhere.url, "--key", elsewhere.write_key, "--audio-base", f"{address}/samples/")
            for _ in range(2)
        ]

    assert [result.output for result in results] == ["Sample clips added: 6\n", "Sample clips added: 0\n"]
    assert clips_of(elsewhere) == [(sample.title, f"{address}/samples/{sample.file_name}") for sample in SAMPLES]


def test_a_key_that_may_not_write_is_told_in_the_services_own_words(elsewhere: Service) -> None:
    assert_one_sentence(seeded("--url", elsewhere.url, "--key", "hunter2"), elsewhere.url, "answers 40", "key")


def test_a_file_that_is_not_in_the_media_folder_is_told(elsewhere: Service, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "media")

    assert_one_sentence(
        seeded("--url", elsewhere.url, "--key", elsewhere.write_key), "answers 422", SAMPLES[0].file_name
    )


def test_a_service_that_is_not_there_is_told() -> None:
    address = f"http://{LOOPBACK}:{free_port()}"

    assert_one_sentence(seeded("--url", address, "--key", "hunter2"), address, "refused")


def test_a_host_that_nobody_knows_is_told() -> None:
    assert_one_sentence(
        seeded("--url", "http://nowhere.invalid", "--key", "hunter2"), "nowhere.invalid cannot be asked"
    )


@pytest.mark.parametrize("body", [b"<html>", b'{"clips": []}', b"[1]", b""])
def test_what_is_no_play_service_is_told(body: bytes) -> None:
    with answering(saying(200, body)) as address:
        assert_one_sentence(seeded("--url", address, "--key", "hunter2"), address, "answers with something else than")


def test_a_link_that_leads_nowhere_new_ends_the_search() -> None:
    pages = saying(200, b"[]", link='</play?after=1&limit=100>; rel="next"')
    with answering(lambda request: saying(201, b"{}")(request) if request.command == "POST" else pages(request)) as url:
        assert seeded("--url", url, "--key", "hunter2").output == "Sample clips added: 6\n"


def test_the_key_is_told_to_nobody_that_the_service_points_at() -> None:
    asked: list[str] = []

    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        saying(200, b"[]")(request)

    with answering(elsewhere) as other, answering(saying(302, location=f"{other}/play")) as address:
        assert_one_sentence(seeded("--url", address, "--key", "hunter2"), address, "answers 302")

    assert asked == []


def test_a_service_that_does_not_answer_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrypoints.remote_seed.PATIENCE", 0.2)
    with socket.create_server((LOOPBACK, 0)) as silent:
        address = f"http://{LOOPBACK}:{silent.getsockname()[1]}"

        assert_one_sentence(seeded("--url", address, "--key", "hunter2"), address, "timed out")


def test_a_connection_that_is_cut_is_told() -> None:
    with answering(lambda request: request.connection.shutdown(socket.SHUT_RDWR)) as address:
        assert_one_sentence(seeded("--url", address, "--key", "hunter2"), address, "cannot be asked")


@pytest.mark.parametrize(
    "url", ["play.example", "ftp://play.example", "http://", "http://a:b@c", "http://a/?b", "http://a b"]
)
def test_what_is_no_address_of_a_service_is_told(url: str) -> None:
    assert_one_sentence(seeded("--url", url, "--key", "hunter2"), "is not the address of a service")


def test_a_key_that_no_header_can_carry_is_told_without_being_shown() -> None:
    refused = seeded("--url", "http://play.example", "--key", "s3cret\r\nx: y")

    assert_one_sentence(refused, "key")
    assert "s3cret" not in refused.stderr


def test_a_base_where_no_audio_can_lie_is_told() -> None:
    refused = seeded("--url", "http://play.example", "--key", "hunter2", "--audio-base", "ftp://files")

    assert_one_sentence(refused, f"ftp://files/{SAMPLES[0].file_name}", "must begin with")


@pytest.mark.parametrize(
    "arguments", [["--key", "hunter2"], ["--audio-base", "http://files"], ["--url", "http://play.example"]]
)
def test_options_that_want_another_are_refused_with_a_hint(arguments: list[str]) -> None:
    refused = seeded(*arguments)

    assert refused.exit_code == 2
    assert "--url" in refused.stderr
