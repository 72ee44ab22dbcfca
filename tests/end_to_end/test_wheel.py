"""The wheel is the whole service: unpacked far from any checkout, it starts, shows its page and plays its samples."""

import zipfile
from pathlib import Path

import httpx

from tests.end_to_end.processes import PATIENCE
from tests.services import running_service

ADDRESSES = ("/", "/page/play.js", "/docs", "/openapi.json", "/metrics", "/play/1/stream", "/play/6/stream")


def test_the_wheel_alone_answers(tmp_path: Path, wheel: zipfile.ZipFile) -> None:
    wheel.extractall(tmp_path / "installed")
    installed = {"PYTHONPATH": str(tmp_path / "installed"), "PYTHONSAFEPATH": "1"}  # and not where the tests run

    with running_service("--memory", "--data", str(tmp_path / "data"), **installed) as service:
        answers = {address: httpx.get(service.url + address, timeout=PATIENCE).status_code for address in ADDRESSES}

    assert answers == dict.fromkeys(ADDRESSES, 200)
