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
ALL = ("--phases", "examples,coverage,fuzzing,stateful")
SOME = ("--phases", "examples,fuzzing", "--max-examples", "3")  # the key is all that another answer can depend on
OPEN: Mapping[str, str] = {}
PRIVATE = {"PLAY_READ_KEYS": f"readers:{sha256(b'another').hexdigest()}", "PLAY_METRICS_KEY": KEY}
ASKED = {  # whoever has no key is refused, of which the tool would warn
    "open": (OPEN, ALL, KEY),
    "private": (PRIVATE, SOME, KEY),
    "private, by a stranger": (PRIVATE, (*SOME, "--warnings", "off"), "a key of somewhere else"),
}


@pytest.mark.parametrize(("reading", "options", "key"), ASKED.values(), ids=ASKED)
def test_no_request_finds_the_contract_untrue(
    reading: Mapping[str, str], options: tuple[str, ...], key: str, tmp_path: Path
) -> None:
    with running_service("--memory", "--data", str(tmp_path), PLAY_WRITE_KEYS=KEY, **reading) as service:
        asked = subprocess.run(
            [SCHEMATHESIS, "--config-file", CONFIGURATION, "run", *options, f"{service.url}/openapi.json"],
            cwd=HOUSE,
            env=clean_environment() | {"WRITE_KEY": key},
            capture_output=True,
            text=True,
            timeout=600,  # seconds; it takes one minute, and two on a busy machine
            check=False,
        )

    assert asked.returncode == 0, asked.stdout + asked.stderr
