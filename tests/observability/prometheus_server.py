"""A real Prometheus that asks a real service every second, as observability/prometheus.yml has it ask every fifteen."""

import json
import math
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep, time
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml
from attrs import frozen

from benchmarks.processes import LOOPBACK, free_port
from tests.services import clean_environment, end

OBSERVABILITY = Path(__file__).parents[2] / "observability"
PATIENCE = 60.0  # seconds


@frozen
class Prometheus:
    """A server at ``url`` that has watched since ``since``, in Unix time."""

    url: str
    since: float

    def answers(self, expression: str) -> list[float]:
        """Every number that ``expression`` has had so far, second by second. No number is none."""
        asked = urlencode({"query": expression, "start": self.since, "end": time(), "step": "1s"})
        with urlopen(f"{self.url}/api/v1/query_range?{asked}", timeout=PATIENCE) as answer:
            series = json.load(answer)["data"]["result"]
        return [float(value) for one in series for _, value in one["values"] if not math.isnan(float(value))]

    def soon_answers(self, expression: str, least: float = -math.inf, within: float = PATIENCE) -> bool:
        """Whether ``expression`` has been at least so much, at the latest ``within`` so many seconds; by itself,
        whether any number has answered it."""
        deadline = monotonic() + within
        while not any(value >= least for value in self.answers(expression)):
            if monotonic() > deadline:
                return False
            sleep(0.2)
        return True


@contextmanager
def prometheus_over(target: str, folder: Path) -> Iterator[Prometheus]:
    """Prometheus with our rules, over the service at ``target`` (host and port), while the block lasts."""
    configuration = yaml.safe_load((OBSERVABILITY / "prometheus.yml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    configuration["scrape_configs"] = [{"job_name": "soundverse-play", "static_configs": [{"targets": [target]}]}]
    configuration.pop("alerting", None)
    for name in configuration["rule_files"]:
        rules = (OBSERVABILITY / name).read_text()
        (folder / name).write_text(re.sub(r"(?m)^    interval: .*\n", "", rules))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    url = f"http://{LOOPBACK}:{free_port()}"
    process = started(folder, url)
    try:
        yield Prometheus(url, time())
    finally:
        end(process)


def started(folder: Path, url: str) -> "subprocess.Popen[str]":
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--log.level=warn",
    ]
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(
            command,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    deadline = monotonic() + PATIENCE
    while not is_ready(url):
        if process.poll() is not None or monotonic() > deadline:
            end(process)
            raise TimeoutError((folder / "prometheus.log").read_text())
        sleep(0.05)
    return process


def is_ready(url: str) -> bool:
    try:
        with urlopen(f"{url}/-/ready", timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False
