"""How far it is, is told on standard error: as a bar where somebody watches, as a line now and then, or not at all."""

import sys
from contextlib import suppress
from io import RawIOBase
from os import openpty

import pytest

from entrypoints.transfer import progress
from entrypoints.transfer.progress import metered


def worked(total: int | None, *, is_quiet: bool = False) -> None:
    with metered("Files", total, is_quiet) as meter:
        for _ in range(3):
            meter.advance()


def test_where_nobody_watches_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked(3)
    assert capsys.readouterr().err == ""

    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    worked(3)
    worked(None)
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "Files: 1 of 3", "Files: 2 of 3", "Files: 3 of 3", "Files: 1", "Files: 2", "Files: 3",
    ]  # fmt: skip
    assert told.out == ""


def everything_on(screen: RawIOBase) -> str:
    """All that was written; a terminal gives it piece by piece, and where nobody writes any more it says EIO."""
    told = b""
    with suppress(OSError):
        while piece := screen.read(4_096):
            told += piece
    return told.decode()


@pytest.mark.parametrize(("total", "shown"), [(3, "3/3"), (None, "  3  ")])
def test_on_a_terminal_a_bar_tells_it_and_since_when(
    total: int | None, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "monotonic", lambda: 0.0)
    ours, theirs = openpty()
    with open(ours, "rb", buffering=0) as screen:  # noqa: PTH123  # it has no path
        with open(theirs, "w") as terminal:  # noqa: PTH123  # nor has this
            monkeypatch.setattr(sys, "stderr", terminal)
            worked(total)
        told = everything_on(screen)

    assert "Files" in told
    assert shown in told
    assert "0:00:00" in told


def test_quietly_nothing_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    worked(3, is_quiet=True)

    assert capsys.readouterr() == ("", "")
