"""Whatever is asked of a service that the contract allows, or does not, the answer is one that the contract tells."""

import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from tests.services import HOUSE, clean_environment, running_service

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
KEY = "a key to write and read and measure"
ALL = "examples,coverage,fuzzing,stateful"
OPEN: Mapping[str, str] = {}
PRIVATE = {"PLAY_READ_KEYS": f"readers:{sha256(b'another').hexdigest()}", "PLAY_METRICS_KEY": KEY}


@pytest.mark.parametrize(("reading", "phases"), [(OPEN, ALL), (PRIVATE, "examples,coverage")], ids=["open", "private"])
def test_no_request_finds_the_contract_untrue(reading: Mapping[str, str], phases: str, tmp_path: Path) -> None:
    with running_service("--memory", "--data", str(tmp_path), PLAY_WRITE_KEYS=KEY, **reading) as service:
        asked = subprocess.run(
            [SCHEMATHESIS, "--config-file", CONFIGURATION, "run", "--phases", phases, f"{service.url}/openapi.json"],
            cwd=HOUSE,
            env=clean_environment() | {"WRITE_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert asked.returncode == 0, asked.stdout + asked.stderr
