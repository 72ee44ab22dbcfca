"""What was measured comes into the README where it belongs, and nothing else there changes."""

from pathlib import Path

import pytest

from benchmarks.readme import BEGIN, END, README, renewed, write


def test_what_stands_between_the_comments_is_replaced_and_nothing_else() -> None:
    document = f"before\n{BEGIN}\n\nold\n\n{END}\nafter\n"

    assert renewed(document, "| new |") == f"before\n{BEGIN}\n\n| new |\n\n{END}\nafter\n"


def test_writing_twice_is_writing_once() -> None:
    once = renewed(f"{BEGIN}\n{END}", "text")

    assert renewed(once, "text") == once


@pytest.mark.parametrize(
    "document",
    ["", BEGIN, END, f"{END} {BEGIN}", f"{BEGIN} {END} {BEGIN}", f"{BEGIN} {BEGIN} {END}", f"{BEGIN}{END}{END}"],
)
def test_a_document_without_one_place_for_it_is_left_alone(document: str, tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(document)

    with pytest.raises(ValueError, match="must stand"):
        write("text", file)

    assert file.read_text() == document


def test_the_readme_has_a_place_for_it() -> None:
    assert "text" in renewed(README.read_text(), "text")
