"""The service, as an operator runs it: its own command line, its own settings, a data folder."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from attrs import frozen

from benchmarks.processes import LOOPBACK, Process, free_port, running, wait_until_answering
from benchmarks.recordings import Recording

HERE = Path(__file__).parents[1]
WRITE_KEY = "benchmark"
MODULE = "soundverse_play"


@frozen
class Service:
    """A service that answers at ``url``, in a process of its own."""

    url: str
    process: Process

    def add(self, audio_url: str) -> int:
        """Add a clip; its id."""
        body = json.dumps({"title": audio_url[-200:], "genre": "Noise", "audio_url": audio_url}).encode()
        headers = {"content-type": "application/json", "x-api-key": WRITE_KEY}
        with urlopen(Request(f"{self.url}/play", body, headers)) as answer:
            return int(json.load(answer)["id"])

    def stream_url(self, clip: int) -> str:
        return f"{self.url}/play/{clip}/stream"

    def plays(self, clip: int) -> int:
        """How often the clip was played, as the service tells everybody."""
        with urlopen(f"{self.url}/play/{clip}/stats") as answer:
            stats: dict[str, Any] = json.load(answer)
        return int(stats["play_count"])


@contextmanager
def service(
    folder: Path,
    library: Sequence[Path],
    *arguments: str,
    checkout: Path = HERE,
    module: str = MODULE,
    **settings: str,
) -> Iterator[Service]:
    """``soundverse-play`` of ``checkout`` over a data folder, which is made, with ``library`` as its media.

    ``module`` may be one that starts it otherwise."""
    media = folder / "media"
    media.mkdir(parents=True)
    for file in library:
        (media / file.name).hardlink_to(file)
    port = free_port()
    command = (sys.executable, "-m", module, "--port", str(port), "--data", str(folder), *arguments)
    with (
        folder.with_suffix(".errors").open("wb") as errors,
        running(command, errors, cwd=checkout, variables=environment(**settings)) as process,
    ):
        url = f"http://{LOOPBACK}:{port}"
        wait_until_answering(f"{url}/readyz", process)
        yield Service(url, process)


def library_url(recording: Recording) -> str:
    """Where a recording of the media folder lies, as clips say it."""
    return f"library:{recording.name}"


def knows(setting: str, checkout: Path) -> bool:
    """Whether the service of ``checkout`` has such a setting: an earlier version may be measured too."""
    command = (sys.executable, "-m", MODULE, "settings")
    shown = subprocess.run(command, cwd=checkout, env=environment(), check=True, capture_output=True)
    return f"\n{setting}=".encode() in shown.stdout


def environment(**settings: str) -> dict[str, str]:
    """This environment without what sets our service, and with ``settings``; audio may come from loopback."""
    own = ("PLAY_", "DATABASE_URL", "PORT", "PYTHONPATH")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    fixed = {"PLAY_SAMPLES": "false", "PLAY_WRITE_KEYS": WRITE_KEY, "PLAY_ALLOWED_SOURCES": f"{LOOPBACK}/32"}
    return inherited | fixed | settings
