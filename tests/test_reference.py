"""The reference is what the code says now; what it says by hand is in `tests/reference.py`."""

import sys
from pathlib import Path

import pytest
from attrs import fields

from entrypoints.settings import Settings, variable_of
from tests.reference import FOLDER, pages

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the process's metrics are read from Linux's /proc")


@pytest.mark.parametrize(("path", "text"), list(pages()), ids=lambda part: part.name if isinstance(part, Path) else "")
def test_a_page_of_the_reference_is_what_the_code_says_now(path: Path, text: str) -> None:
    assert path.read_text() == text, "run `make reference`, and look at what it changed"


def test_every_setting_is_told_of_once() -> None:
    rows = (FOLDER / "settings.md").read_text().splitlines()

    for field in fields(Settings):
        assert sum(row.startswith(f"| `{variable_of(field)}` |") for row in rows) == 1
