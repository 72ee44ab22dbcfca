"""How what was measured comes into the README: between two comments that nobody sees."""

from pathlib import Path

from benchmarks.service import HERE

README = HERE / "README.md"
BEGIN, END = "<!-- written by make bench ARGS=--readme -->", "<!-- end of what is written -->"


def renewed(document: str, text: str) -> str:
    """The document with ``text`` between the comments. Raises ValueError: they are not there, once each, in order."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in before + after:
        raise ValueError(f"{BEGIN} and {END} must stand in the document once, in this order")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def write(text: str, file: Path = README) -> None:
    """Put ``text`` there. Raises ValueError: there is no place for it, and nothing was written."""
    file.write_text(renewed(file.read_text(), text))
