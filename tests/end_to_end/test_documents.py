"""Every command of the documents is run, in order, in a fresh folder, and says what is shown; or it is told why not."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from attrs import fields

from entrypoints.cli import command
from entrypoints.settings import Settings, variable_of
from tests.end_to_end.conftest import FreshFolder
from tests.end_to_end.documents import Step, blocks, reader, steps
from tests.services import HOUSE

DOCUMENTS = [HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", *sorted(HOUSE.glob("docs/**/*.md"))]
ELSEWHERE = {HOUSE / "docs/how-to/from-the-first-version.md"}  # test_first_version_moves.py runs it, over a table
SHOWN = [document for document in DOCUMENTS if blocks(document, "console") and document not in ELSEWHERE]
INSTALLS = "installs from a package index, as `.ci/run` does in a fresh clone"
GOOGLE = "needs an account of Google Cloud"
NOT_RUN = {  # document: the beginning of each block, and why it is not run here
    "README.md": {"make run": INSTALLS, "python3 -m venv": INSTALLS},
    "docs/tutorial.md": {"python3 -m venv": INSTALLS, ". .venv": "a shell of its own for each command has it so"},
    "docs/backup.md": {
        "export DATABASE_URL": "names a server elsewhere; test_backup.py runs both scripts",
        "createdb": "names a server elsewhere; test_backup.py runs both scripts",
        "mkdir -p backups": "needs a Docker daemon",
    },
    "docs/cloud-run.md": {
        "export PROJECT": GOOGLE,
        "gcloud services": GOOGLE,
        "printf": GOOGLE,
        "MEMBER": GOOGLE,
        "gcloud builds": GOOGLE,
        "sed": "test_cloud_run.py runs it",
        "gcloud run": GOOGLE,
        "gcloud storage cp entrypoints": GOOGLE,
        "gcloud storage cp evening": GOOGLE,
        "curl": GOOGLE,
    },
    "docs/how-to/deploy.md": {"cp .env.example": "needs a Docker daemon; test_compose.py reads the file"},
    "docs/how-to/from-the-first-version.md": {"export FIRST": "names a server elsewhere; the reader here has one too"},
    "docs/kubernetes.md": {"cp deploy": "needs a cluster; test_kubernetes.py holds the manifests to its schemas"},
    "docs/runbook.md": {"curl": "names a replica elsewhere"},
}
START = Step("soundverse-play", "…")  # for documents that are read while a service runs
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs Debian's curl")


def name_of(document: Path) -> str:
    return str(document.relative_to(HOUSE))


@needs_curl
@pytest.mark.parametrize("document", SHOWN, ids=name_of)
def test_the_commands_of_a_document_say_what_it_shows(document: Path, fresh_folder: FreshFolder) -> None:
    told = steps(document)
    runs_already = [] if any(step.serves for step in told) else [START]
    with reader(fresh_folder(), PLAY_DATA=str(fresh_folder())) as reading:
        for step in (*runs_already, *told):
            reading.follow(step)


def test_no_command_hides_in_a_block_that_nobody_runs() -> None:
    for document in DOCUMENTS:
        languages = set(re.findall(r"^ *```(\w*)$", document.read_text(), re.MULTILINE)) - {""}

        assert languages <= {"console", "sh", "nginx", "python", "text", "sql", "json"}, document
        assert not any(line.startswith("$ ") for block in blocks(document, "sh") for line in block.splitlines())


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_is_not_run_is_told_with_the_reason(document: Path) -> None:
    told = sorted(block.splitlines()[0] for block in blocks(document, "sh"))
    known = sorted(NOT_RUN.get(name_of(document), {}))

    assert len(told) == len(known)
    assert all(first.startswith(words) for first, words in zip(told, known, strict=True))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_is_not_run_could_be(document: Path) -> None:
    """It is bash, and what it names of ours is there: make's targets, files, commands with their options, settings."""
    targets = set(re.findall(r"^([a-z-]+):", (HOUSE / "Makefile").read_text(), re.MULTILINE))
    for block in blocks(document, "sh"):
        assert subprocess.run(["bash", "-n"], input=block, text=True, check=False).returncode == 0, block
        assert set(re.findall(r"\bmake ([a-z-]+)", block)) <= targets
        assert set(re.findall(r"\bPLAY_[A-Z_]+", block)) <= {variable_of(field) for field in fields(Settings)}
        for file in re.findall(r"(?<![\w/.-])(?:deploy|docs|entrypoints|benchmarks)/[\w./-]*\w", block):
            assert list(HOUSE.glob(file + "*")), file
        for line in re.findall(r"^(?:\w+=\S+(?: [\w-]+\))? )*soundverse-play ([^|;&)\n]*)", block, re.MULTILINE):
            assert_is_understood(line)


def assert_is_understood(line: str) -> None:
    name, *rest = line.split()
    options = {option for parameter in command(name).params for option in parameter.opts}

    assert {word for word in rest if word.startswith("--")} <= options, line
