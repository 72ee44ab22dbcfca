"""The service, as an operator runs it: its own command line, its own settings, a data folder."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from attrs import frozen

from benchmarks.processes import LOOPBACK, Process, free_port, running, wait_until_answering
from benchmarks.recordings import Recording

HERE = Path(__file__).parents[1]
WRITE_KEY = "benchmark"
ADDING = {"Content-Type": "application/json", "X-API-Key": WRITE_KEY}
COUNTED = "SELECT coalesce(sum(plays), 0)::bigint FROM play_counts"
CLIPS = "SELECT count(*) FROM clips"
MODULE = "soundverse_play"


@frozen
class Service:
    """A service that answers at ``url``, in a process of its own."""

    url: str
    process: Process

    def add(self, clip: Mapping[str, Any]) -> int:
        """Add a clip; its id."""
        with urlopen(Request(f"{self.url}/play", json.dumps(clip).encode(), ADDING)) as answer:
            return int(json.load(answer)["id"])

    def stream_url(self, clip: int) -> str:
        return f"{self.url}/play/{clip}/stream"


@contextmanager
def service(
    folder: Path,
    library: Sequence[Path],
    *,
    module: str = MODULE,
    python: str = sys.executable,
    **settings: str,
) -> Iterator[Service]:
    """``soundverse-play`` over a data folder, which is made if it is not there, with ``library`` put in its media.

    Its log lines go to a file beside the folder. ``module`` may be one that starts it otherwise, ``python`` another
    environment's."""
    media = folder / "media"
    media.mkdir(parents=True, exist_ok=True)
    for file in library:
        (media / file.name).hardlink_to(file)
    port = free_port()
    command = (python, "-m", module, "--port", str(port), "--data", str(folder))
    with (
        folder.with_suffix(".errors").open("wb") as errors,
        running(command, errors, cwd=HERE, variables=environment(**settings)) as process,
    ):
        url = f"http://{LOOPBACK}:{port}"
        wait_until_answering(f"{url}/play", process)
        yield Service(url, process)


def clip_at(audio_url: str, **facts: Any) -> dict[str, Any]:
    """What is told of a clip whose audio lies there when it is added."""
    return {"title": "Noise", "genre": "Noise", "duration": 12.5, "audio_url": audio_url} | facts


def library_clip(recording: Recording) -> dict[str, Any]:
    """A clip of the media folder."""
    return clip_at(f"library:{recording.name}")


def environment(**settings: str) -> dict[str, str]:
    """This environment without what sets our service, and with ``settings``; audio may come from loopback.

    Nor with what sets Python: where it may keep no bytecode, each start of an editable checkout compiles it anew."""
    own = ("PLAY_", "DATABASE_URL", "PORT", "PYTHON")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    fixed = {"PLAY_SAMPLES": "false", "PLAY_WRITE_KEYS": WRITE_KEY, "PLAY_ALLOWED_SOURCES": f"{LOOPBACK}/32"}
    return inherited | fixed | settings
