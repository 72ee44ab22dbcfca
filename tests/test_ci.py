"""What checks a change: one script, wherever it runs, and no more rights than it needs."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".ci" / "run"
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
STEPS: list[dict[str, Any]] = [step for job in JOBS.values() for step in job["steps"]]


def programs_needed() -> set[str]:
    """Debian's packages that tests are skipped without, as their reasons name them."""
    sources = [path.read_text() for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    return {package for source in sources for package in re.findall(r"needs Debian's ([a-z0-9.+-]+)", source)}


def test_the_script_is_one_that_bash_can_run() -> None:
    assert SCRIPT.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", SCRIPT], timeout=30, check=False).returncode == 0


def test_the_script_stops_at_the_first_failure() -> None:
    assert "set -euo pipefail" in SCRIPT.read_text().splitlines()


def test_the_script_installs_every_program_that_a_test_would_be_skipped_without() -> None:
    installed = set(re.findall(r"^needs \S+ (\S+)$", SCRIPT.read_text(), re.MULTILINE))

    assert "prometheus" in programs_needed()
    assert programs_needed() <= installed


def test_a_skipped_test_cannot_pass_for_a_passed_one() -> None:
    assert re.search(r"^export .*\bSKIPS_FAIL=1$", SCRIPT.read_text(), re.MULTILINE)


def test_the_script_ends_with_the_checks_that_everybody_runs_and_then_the_drills() -> None:
    checks, drills = SCRIPT.read_text().splitlines()[-2:]

    assert checks.endswith(" make check")
    assert drills.endswith(" make drill")


def test_github_runs_the_same_script() -> None:
    assert JOBS["check"]["steps"][-1] == {"run": ".ci/run"}


def test_github_checks_the_oldest_python_that_is_supported() -> None:
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    versions = JOBS["check"]["strategy"]["matrix"]["python"]

    assert versions[0] == oldest
    assert len(versions) > 1


def test_github_may_read_the_repository_and_nothing_else() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in JOBS.values())


@pytest.mark.parametrize("action", [step["uses"] for step in STEPS if "uses" in step])
def test_an_action_is_a_certain_major_version_of_githubs_own(action: str) -> None:
    assert re.fullmatch(r"actions/[a-z-]+@v\d+", action)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_hangs_is_ended(job: str) -> None:
    assert JOBS[job]["timeout-minutes"] <= 30
