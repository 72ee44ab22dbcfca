"""The documents agree with the code, and the code with the plan of the house."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import cast

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from entrypoints.container import in_memory
from entrypoints.settings import Settings
from entrypoints.web.app import routes
from entrypoints.web.resource import Resource

HOUSE = Path(__file__).parents[1]
README = (HOUSE / "README.md").read_text()
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text())
METHODS = ("get", "post", "patch", "delete", "put")
ROOMS = ("domain", "application", "adapters", "entrypoints", "observability")
PINNED = {
    canonicalize_name(Requirement(line).name): Requirement(line)
    for line in (HOUSE / "constraints.txt").read_text().splitlines()
    if line and not line.lstrip().startswith("#")
}


def required() -> list[Requirement]:
    project = PROJECT["project"]
    extras = [text for extra in project["optional-dependencies"].values() for text in extra]
    return [Requirement(text) for text in project["dependencies"] + extras]


def test_every_address_is_in_the_contract_and_none_else(tmp_path: Path) -> None:
    container = in_memory(Settings(data=tmp_path), ())
    served = {
        (route.path, method.lower())
        for route in routes(container.endpoints())
        for method in cast("Resource", route.endpoint).methods
        if not route.path.startswith("/page/")
    }
    contract = yaml.safe_load((HOUSE / "entrypoints/web/openapi.yaml").read_text())
    told = {(path, method) for path, item in contract["paths"].items() for method in item if method in METHODS}

    assert told == served


def test_every_address_is_in_the_readme(tmp_path: Path) -> None:
    container = in_memory(Settings(data=tmp_path), ())
    for route in routes(container.endpoints()):
        if not route.path.startswith("/page/"):
            assert f" {route.path}`" in README


def test_what_is_pinned_is_what_the_project_asks_for() -> None:
    for requirement in required():
        pinned = PINNED[canonicalize_name(requirement.name)]
        [version] = [clause.version for clause in pinned.specifier]

        assert requirement.specifier.contains(Version(version), prereleases=True), requirement


def test_every_library_that_is_imported_is_asked_for() -> None:
    requirements = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    extras = {f"{each.name}-{extra}" for each in requirements for extra in each.extras}  # psycopg[pool]: psycopg-pool
    asked = {canonicalize_name(each.name) for each in requirements} | extras
    homes = packages_distributions()
    for path in (path for room in ROOMS for path in (HOUSE / room).rglob("*.py") if path.parent.name != "sample_clips"):
        for module in imported(path) - {*ROOMS, *sys.stdlib_module_names}:
            assert asked & {canonicalize_name(name) for name in homes[module]}, (path, module)


def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_pins_are_exact_and_name_no_host() -> None:
    for requirement in PINNED.values():
        assert [clause.operator for clause in requirement.specifier] == ["=="]
        assert requirement.url is None
    assert "://" not in (HOUSE / "constraints.txt").read_text()


def test_nothing_waits_in_the_domain() -> None:
    for path in (HOUSE / "domain").rglob("*.py"):
        waits = [
            node
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
        ]

        assert not waits, path


def test_decisions_are_short() -> None:
    decisions = sorted((HOUSE / "docs/decisions").glob("*.md"))

    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        assert len(path.read_text().splitlines()) <= 40, path


DOCUMENTS = [HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", HOUSE / "SECURITY.md", *HOUSE.glob("docs/**/*.md")]


def anchors(document: Path) -> set[str]:
    """Where a link into the document can lead: its headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_of_the_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for path, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", document.read_text()):
            target = document.parent / path if path else document
            if "://" not in path:
                assert target.exists(), (document, path)
                assert not anchor or anchor in anchors(target), (document, path, anchor)


def test_every_document_is_reached_from_the_readme() -> None:
    reached, ahead = set[Path](), [HOUSE / "README.md"]
    while ahead:
        document = ahead.pop().resolve()
        if document not in reached:
            reached.add(document)
            links = [link for link in re.findall(r"\]\(([^)#]+)", document.read_text()) if "://" not in link]
            ahead += [document.parent / link for link in links if link.endswith(".md")]

    decisions = HOUSE / "docs/decisions"
    assert {path for path in DOCUMENTS if path.parent != decisions} <= reached


def kept_files(*below: str) -> set[str]:
    """The files that are kept in the repository."""
    listed = subprocess.run(["git", "ls-files", *below], cwd=HOUSE, check=True, capture_output=True, text=True)
    return set(listed.stdout.split())


def test_the_house_has_its_rooms_and_no_others() -> None:
    folders = {path.partition("/")[0] for path in kept_files() if "/" in path}

    assert folders == {*ROOMS, "tests", "benchmarks", "deploy", "docs", ".ci", ".github"}


def test_the_wheel_holds_every_file_that_the_service_reads(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    kept = kept_files(*ROOMS, "soundverse_play.py")

    assert kept <= packed
    for needed in (
        "adapters/postgres/migrations/0001_clips_and_plays.sql",
        "entrypoints/web/page/index.html",
        "entrypoints/web/openapi.yaml",
        "entrypoints/sample_clips/rain-on-the-roof.ogg",
        "soundverse_play.py",
    ):
        assert needed in packed
