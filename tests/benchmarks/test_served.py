"""What was written down must fit what was answered, and what a source was asked for; or nothing is told."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from attrs import define

from benchmarks.pgbench import latencies
from benchmarks.requests import exactly
from benchmarks.seen import Unsound
from benchmarks.served import Served


@define
class Ledger:
    """How many answers a server has given."""

    answers: int = 0

    def told(self, times: float = 1) -> Callable[[], int]:
        """A count that is so many times what it should be."""
        return lambda: int(self.answers * times)


@contextmanager
def server() -> Iterator[tuple[str, Ledger]]:
    """A server that writes each answer down before it is sent."""
    ledger = Ledger()

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the base class's name for it
            ledger.answers += 1
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

        def log_message(self, *_said: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as running:
        running.daemon_threads = True
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}/", ledger
        running.shutdown()


def subject(url: str, written: Callable[[], int] | None, **facts: Callable[[], int] | bool) -> Served:
    return Served("a server", url, exactly(b"hello"), os.getpid(), written, **facts)  # type: ignore[arg-type]


def test_a_turn_is_told_when_all_that_was_answered_was_written_down() -> None:
    with server() as (url, ledger):
        served = subject(url, ledger.told())
        served.prove(1)
        turn = served.measure(1, 1)

    assert served.answered <= ledger.answers <= served.asked
    assert turn.load.answers == served.answered - 4
    assert turn.cores > 0


@pytest.mark.parametrize("times", [0.5, 2])
def test_what_was_written_too_seldom_or_too_often_is_found_before_anything_is_measured(times: float) -> None:
    with server() as (url, ledger), pytest.raises(Unsound, match="written down"):
        subject(url, ledger.told(times)).prove(1)


@pytest.mark.parametrize("more", [-3, 3])
def test_a_turn_of_which_some_was_not_written_or_twice_is_unsound(more: int) -> None:
    with server() as (url, ledger):
        served = subject(url, ledger.told())
        served.prove(1)
        served.written = lambda: ledger.answers + more

        with pytest.raises(Unsound, match="written down"):
            served.measure(1, 1)


@pytest.mark.parametrize(("times", "is_cached"), [(0.5, False), (1, True)])
def test_a_relay_that_kept_and_a_cache_that_did_not_are_found(times: float, is_cached: bool) -> None:
    with server() as (url, ledger):
        served = subject(url, None, fetches=ledger.told(times), is_cached=is_cached)
        served.prove(1)

        with pytest.raises(Unsound, match="were fetched"):
            served.measure(1, 1)


def test_each_transaction_of_pgbenchs_log_has_its_time(tmp_path: Path) -> None:
    (tmp_path / "log.7").write_text("0 199 2241 0 1175850568 995598\n1 3 870 0 1175850568 995598\n")
    (tmp_path / "script.sql").write_text("SELECT 1;\n")

    assert latencies(tmp_path) == [0.002241, 0.00087]
