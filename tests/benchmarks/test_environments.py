"""Whoever is compared has an environment of its own, made anew when what it needs has changed, and only then."""

from pathlib import Path

import pytest

from benchmarks.environments import Environment


@pytest.fixture
def needs(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("")
    return file


def environment(needs: Path) -> Environment:
    return Environment("nothing", needs.with_name("venv"), (needs,), ("--requirement", str(needs)))


def test_an_environment_is_made_once_and_again_when_its_needs_change(needs: Path) -> None:
    made = environment(needs)
    made.install()
    left = made.folder / "left"
    left.touch()
    made.install()

    assert Path(made.python).exists()
    assert left.exists()

    needs.write_text("# something else\n")
    made.install()

    assert not left.exists()


def test_one_that_was_not_wholly_installed_is_installed_again(needs: Path) -> None:
    (needs.with_name("venv") / "bin").mkdir(parents=True)
    environment(needs).install()

    assert (needs.with_name("venv") / "bin" / "pip").exists()
