"""The scripts of deploy/: each can be started, stops at the first fault, and says how it is called."""

import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "deploy"
SCRIPTS = sorted(path for path in FOLDER.iterdir() if path.is_file() and not path.suffix)


def test_there_are_scripts_to_look_at() -> None:
    assert {path.name for path in SCRIPTS} == {"backup", "restore", "verify-image"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_one_that_bash_can_run(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    assert script.read_text().startswith("#!/usr/bin/env bash\n# ")
    assert subprocess.run(["bash", "-n", script], timeout=30, check=False).returncode == 0


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_stops_at_the_first_fault(script: Path) -> None:
    assert "set -euo pipefail" in script.read_text().splitlines()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_at_its_head_how_it_is_called(script: Path) -> None:
    head = script.read_text().partition("set -euo pipefail")[0]

    assert f" deploy/{script.name}" in head
