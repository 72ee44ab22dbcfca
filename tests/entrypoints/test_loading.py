"""Modules are loaded beside other work, and left out of every search for garbage."""

import gc
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from entrypoints.loading import loaded_beside, loading, without


@pytest.fixture
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module that was never loaded, by its file, which is still empty."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "never_loaded.py"
    sys.modules.pop("never_loaded", None)


@pytest.mark.usefixtures("_as_before")
def test_what_is_loaded_is_searched_neither_meanwhile_nor_later() -> None:
    frozen = gc.get_freeze_count()
    with loading():
        assert not gc.isenabled()

    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen


@pytest.mark.usefixtures("_as_before")
def test_searching_goes_on_after_a_module_that_cannot_be_loaded() -> None:
    with pytest.raises(ModuleNotFoundError), loading():
        import_module("there_is_none")

    assert gc.isenabled()


@pytest.mark.usefixtures("_as_before")
def test_a_module_is_loaded_while_the_block_goes_on_and_not_left_half_loaded(module: Path) -> None:
    done = module.with_name("done")
    awaited = f"while not Path({str(done)!r}).exists(): sleep(0.01)"
    module.write_text(f"from pathlib import Path\nfrom time import sleep\n{awaited}\nEND = 1\n")
    with loaded_beside("never_loaded"):
        done.touch()  # it would wait for ever for a block that is not gone on with

    assert sys.modules["never_loaded"].END == 1


@pytest.mark.usefixtures("_as_before")
def test_who_imports_what_cannot_be_loaded_is_told_why(module: Path) -> None:
    module.write_text("raise LookupError('it lacks something')\n")
    with loaded_beside("never_loaded"), pytest.raises(LookupError, match="it lacks something"):
        import_module("never_loaded")


def test_what_is_done_without_is_as_if_it_were_not_there_and_only_meanwhile(module: Path) -> None:
    module.write_text("END = 1\n")
    with without("never_loaded"), pytest.raises(ModuleNotFoundError):
        import_module("never_loaded")

    assert import_module("never_loaded").END == 1


def test_what_is_there_already_stays(module: Path) -> None:
    module.write_text("END = 1\n")
    there = import_module("never_loaded")
    with without("never_loaded"):
        assert import_module("never_loaded") is there

    assert import_module("never_loaded") is there
