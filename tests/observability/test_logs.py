"""Every line of the log is JSON on standard error, a library's and a traceback's too, and none tells a secret."""

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from uvicorn.protocols.http import httptools_impl

from tests.services import HOUSE, clean_environment

PATIENCE = 60  # seconds
BEGIN = "import logging, structlog; from observability.logs import log, set_up_logs; set_up_logs({level!r}); "


def written(program: str, level: str = "info") -> list[dict[str, Any]]:
    """The lines that ``program`` leaves on standard error, in a process of its own; nothing else is said."""
    ended = subprocess.run(
        [sys.executable, "-c", BEGIN.format(level=level) + program],
        cwd=HOUSE,
        env=clean_environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    assert ended.stdout == b""
    return [orjson.loads(line) for line in ended.stderr.splitlines()]


def test_a_line_is_json_with_a_moment_in_utc_and_a_level() -> None:
    [line] = written("log.info('request', path='/é\\n\"', seconds=0.5, status=__import__('http').HTTPStatus.OK)")

    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "request", "level": "info", "path": '/é\n"', "seconds": 0.5, "status": 200}


def test_a_librarys_line_has_the_same_form() -> None:
    [line] = written("logging.getLogger('uvicorn.error').warning('slow: %s', 'very')")

    assert (line["event"], line["level"]) == ("slow: very", "warning")
    assert line["timestamp"].endswith("Z")


def test_a_requests_line_is_what_the_log_would_write() -> None:
    told = {"method": "GET", "path": '/é\n"', "route": "/play", "status": 200, "seconds": 0.5}
    [one, other] = written(
        "from observability.logs import RequestLog; structlog.contextvars.bind_contextvars(trace_id='d'); "
        f"RequestLog('info').tell(**{told!r}); log.info('request', **{told!r})"
    )

    assert one.pop("timestamp") <= other.pop("timestamp")
    assert one == other


@pytest.mark.parametrize(("level", "count"), [("debug", 1), ("info", 1), ("warning", 0), ("error", 0)])
def test_a_requests_line_is_written_where_such_lines_are(level: str, count: int) -> None:
    program = f"from observability.logs import RequestLog; RequestLog({level!r}).tell(status=200)"

    assert len(written(program, level)) == count


def test_a_request_id_stands_on_every_line_of_its_request() -> None:
    said = written(
        "structlog.contextvars.bind_contextvars(request_id='abc'); log.info('ours'); "
        "logging.getLogger('library').error('theirs')"
    )

    assert [line["request_id"] for line in said] == ["abc", "abc"]


@pytest.mark.parametrize(
    ("level", "events"),
    [
        ("debug", ["a", "b", "c", "d", "their c", "their d"]),
        ("info", ["b", "c", "d", "their c", "their d"]),
        ("warning", ["c", "d", "their c", "their d"]),
        ("error", ["d", "their d"]),
    ],
)
def test_only_what_is_severe_enough_is_written_and_libraries_only_warn(level: str, events: list[str]) -> None:
    said = written(
        "log.debug('a'); log.info('b'); log.warning('c'); log.error('d'); theirs = logging.getLogger('x'); "
        "theirs.info('their b'); theirs.warning('their c'); theirs.error('their d')",
        level,
    )

    assert [line["event"] for line in said] == events


DEFECT = """
import asyncio, sys
from pathlib import Path
from entrypoints.container import in_memory
from entrypoints.listening import listening_socket
from entrypoints.server import Leave, serve
from entrypoints.settings import Settings
from tests.observability.test_requests import BrokenCatalogue
import signal, threading, urllib.request, urllib.error

container = in_memory(Settings(data=Path(sys.argv[1]), samples=False, write_keys=("hunter2",)), ("hunter2",))
container.catalogue.override(BrokenCatalogue())
bound = listening_socket("127.0.0.1", 0)


def ask():
    url = "http://127.0.0.1:%d/play/1" % bound.getsockname()[1]
    asked = urllib.request.Request(url, headers={"X-API-Key": "hunter2", "X-Request-Id": "the-place"})
    try:
        urllib.request.urlopen(asked, timeout=60)
    except urllib.error.HTTPError as error:
        print(error.code, error.headers["X-Request-Id"])
    signal.raise_signal(signal.SIGTERM)


threading.Thread(target=ask).start()  # the socket takes it before anybody answers
serve(container.app(), bound, Leave(grace=0, linger=1), lambda: None, lambda: False)
"""


def test_a_defect_leaves_its_traceback_as_json_under_the_requests_id_and_tells_no_secret(tmp_path: Path) -> None:
    program = BEGIN.format(level="info") + DEFECT

    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=HOUSE,
        env=clean_environment(),
        capture_output=True,
        timeout=2 * PATIENCE,
        check=False,
    )

    said = [orjson.loads(line) for line in ended.stderr.splitlines()]
    assert ended.stdout == b"500 the-place\n"
    [defect] = [line for line in said if "exception" in line]
    assert (defect["request_id"], defect["level"]) == ("the-place", "error")
    assert defect["exception"][0]["exc_value"] == "a defect"
    assert any(frame["name"] == "find" for frame in defect["exception"][0]["frames"])
    assert b"hunter2" not in ended.stderr
    assert b"127.0.0.1" not in ended.stderr


@pytest.mark.parametrize("standard_error", ["2>/dev/full", "2>&-"])
def test_a_log_that_cannot_be_written_is_no_reason_to_fail(standard_error: str) -> None:
    program = BEGIN.format(level="info") + "log.warning('lost' * 5000); logging.error('lost'); print('still here')"
    command = ["sh", "-c", f'exec "$0" -c "$1" {standard_error}', sys.executable, program]

    ended = subprocess.run(
        command, cwd=HOUSE, env=clean_environment(), stdout=subprocess.PIPE, timeout=PATIENCE, check=False
    )

    assert (ended.returncode, ended.stdout) == (0, b"still here\n")


def test_a_request_that_is_cut_short_by_the_end_is_no_defect() -> None:
    [line] = written(
        "from asyncio import CancelledError; uvicorn = logging.getLogger('uvicorn.error'); "
        "uvicorn.error('cut', exc_info=CancelledError()); uvicorn.error('broken', exc_info=ValueError())"
    )

    assert line["event"] == "broken"


def test_a_body_that_was_cut_is_told_by_us_and_not_again_by_uvicorn() -> None:
    cut = "ASGI callable returned without completing response."
    [line] = written(f"uvicorn = logging.getLogger('uvicorn.error'); uvicorn.error({cut!r}); uvicorn.error('other')")

    assert line["event"] == "other"
    assert cut in inspect.getsource(httptools_impl)  # else nobody would notice that it says it in other words by now
