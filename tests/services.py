"""A real service in a process of its own, started by its command line and reached over loopback."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from attrs import frozen

from benchmarks.processes import LOOPBACK, free_port

HOUSE = Path(__file__).parents[1]
SECONDS_TO_END = 60


@frozen
class Service:
    """A service that answers at ``url``."""

    url: str
    write_key: str
    process: "subprocess.Popen[str]"
    announced: str


@contextmanager
def running_service(*arguments: str, **environment: str) -> Iterator[Service]:
    """``soundverse-play`` with these arguments and variables while the block lasts; ended by SIGTERM."""
    port = free_port()
    with TemporaryFile("w+") as errors:
        process = launched("--port", str(port), *arguments, errors=errors, **environment)
        try:
            announced = read_announcement(process)
            errors.seek(0)
            assert "Write key" in announced, f"it did not start: {errors.read()}"
            key = environment.get("PLAY_WRITE_KEYS") or announced.rsplit(maxsplit=1)[-1]
            yield Service(f"http://{LOOPBACK}:{port}", key.partition(",")[0], process, announced)
        finally:
            end(process)


def launched(*arguments: str, errors: IO[str] | int, **environment: str) -> "subprocess.Popen[str]":
    """``soundverse-play`` as a terminal starts it, in a process group of its own; ``errors`` takes what goes wrong.

    Settings of the shell that runs the tests do not reach it; audio may come from loopback. It has no balancer in front
    that must learn of its end.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "soundverse_play", *arguments],
        cwd=HOUSE,
        env=clean_environment()
        | {"PLAY_ALLOWED_SOURCES": "127.0.0.0/8", "PLAY_DRAIN_GRACE": "0", "PLAY_WRITE_RATE": "off"}
        | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        start_new_session=True,
    )


def read_announcement(process: "subprocess.Popen[str]") -> str:
    """What the service says of itself until it is ready, or all it said if it ended before."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("Write key"):
            break
    return said


def clean_environment() -> dict[str, str]:
    """The environment without anything that sets our service."""
    own = ("PLAY_", "DATABASE_URL", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


def end(process: "subprocess.Popen[str]", how: int = signal.SIGTERM) -> int:
    """End the process and wait for it; its exit code."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.communicate(timeout=SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode
