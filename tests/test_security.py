"""The threat model names for each attempt a defence and a test that exists; the audit is one that everybody can run."""

import re
from pathlib import Path

import pytest
import yaml

from entrypoints.read_ahead import MOST_WAITING
from entrypoints.settings import Settings
from entrypoints.web.stream_address import MOST_DAYS

HOUSE = Path(__file__).parents[1]
MODEL = (HOUSE / "SECURITY.md").read_text()
ROWS = [line for line in MODEL.splitlines() if line.startswith("| ") and not line.startswith("| attempt")]
TEST = re.compile(r"\]\((tests/[^)]+\.py)\)")


@pytest.mark.parametrize("row", ROWS)
def test_every_attempt_has_a_defence_and_a_test_that_exists(row: str) -> None:
    attempt, defence, tests = (cell.strip() for cell in row.strip("|").split(" | "))

    assert attempt
    assert len(defence) > 10
    assert TEST.findall(tests)


@pytest.mark.parametrize("path", sorted(set(TEST.findall(MODEL))))
def test_every_test_that_is_named_exists(path: str) -> None:
    assert (HOUSE / path).is_file()


@pytest.mark.parametrize(
    "boundary", ["Strangers", "Curators", "Sources", "Proxies", "database", "secrets", "privacy", "Supply chain"]
)
def test_every_boundary_is_named(boundary: str) -> None:
    assert boundary in "".join(re.findall(r"^## .*$", MODEL, re.MULTILINE))


@pytest.mark.parametrize(
    "risk",
    [
        "`/play/{id}/stats/explain` tell a right key from a wrong one without a rate",
        "from 128 on guessing is hopeless",
        "fill `PLAY_MOST_STREAMS`",
        "fill `PLAY_MOST_FOLLOWERS`",
        "`HEAD` on streams and `PUT` on listens have no rate",
        "a row of `daily_keys` for each of 8 days",
    ],
)
def test_what_is_accepted_is_said(risk: str) -> None:
    accepted = MODEL.partition("What is accepted")[2].partition("\n## ")[0]

    assert risk in " ".join(accepted.split())


def test_numbers_that_are_told_are_those_of_the_code() -> None:
    gateway = (HOUSE / "deploy/gateway/nginx.conf").read_text()

    assert f"{MOST_WAITING} requests waiting behind another" in MODEL
    assert f"each of {MOST_DAYS} days" in MODEL
    assert f"{Settings().most_streams:,} listeners".replace(",", " ") in MODEL
    assert "limit_conn listeners " in gateway
    assert "`limit_conn`" in MODEL


def test_settings_that_are_named_exist() -> None:
    settings = (HOUSE / "docs/reference/settings.md").read_text()

    for name in re.findall(r"`(PLAY_[A-Z_]+)`", MODEL):
        assert f"| `{name}` |" in settings, name


def test_known_holes_are_looked_for_at_every_push_and_every_week() -> None:
    workflow = yaml.safe_load((HOUSE / ".github/workflows/ci.yml").read_text())

    assert workflow["jobs"]["audit"]["steps"][-1] == {"run": "make audit"}
    assert workflow[True].keys() >= {"push", "schedule"}  # YAML 1.1 takes "on" for true
    assert "--strict" in (HOUSE / "Makefile").read_text().partition("\naudit:")[2].partition("\n\n")[0]
