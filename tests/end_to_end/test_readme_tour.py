"""The minute's tour of the README, command by command, says what the service says."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.services import HOUSE, running_service

README = (HOUSE / "README.md").read_text()
TOUR = re.search(r"```console\n(.*?)```", README, re.DOTALL)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs Debian's curl")


def steps() -> list[tuple[str, str]]:
    """Each command, with what the README shows of its answer."""
    assert TOUR is not None
    told = []
    for block in TOUR[1].strip().split("\n\n"):
        command, *answer = re.sub(r"\\\n\s*", "", block).removeprefix("$ ").split("\n")
        told.append((command, "\n".join(answer)))
    return told


def pattern(shown: str) -> "re.Pattern[str]":
    """What is shown, where moments are any and … is anything."""
    literal = re.escape(MOMENT.sub("MOMENT", shown)).replace("MOMENT", MOMENT.pattern)
    return re.compile(literal.replace("…", ".*"), re.DOTALL)


@needs_curl
def test_the_tour_answers_as_the_readme_shows(tmp_path: Path) -> None:
    with running_service("--memory", "--data", str(tmp_path / "data")) as service:
        for command, shown in steps():
            here = command.replace("127.0.0.1:8000", service.url.removeprefix("http://"))
            environment = {"KEY": service.write_key, "PATH": "/usr/local/bin:/usr/bin:/bin"}
            ended = subprocess.run(
                ["bash", "-c", here], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
            )

            assert pattern(shown).fullmatch(ended.stdout.strip()), (command, ended.stdout)

    assert (tmp_path / "end.ogg").stat().st_size == 1_000
    assert len(steps()) == 6
