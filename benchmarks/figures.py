"""Puts what was measured into the documents: ``python -m benchmarks.figures``.

The pictures are drawn anew, and the tables between markers written anew, from `benchmarks/results`."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.growth_picture import picture
from benchmarks.growth_table import tables as growth_tables
from benchmarks.report import RESULTS
from benchmarks.scale import TABLES as OF_SCALE

HOUSE = Path(__file__).parents[1]
PICTURE = HOUSE / "docs" / "explanation" / "growth.svg"
SPEED, SCALE = HOUSE / "docs" / "explanation" / "speed.md", HOUSE / "docs" / "scale.md"

END = "<!-- end -->"

Found = Mapping[str, Any]
Table = Callable[[Mapping[str, Found]], str]
TABLES: Mapping[Path, Mapping[str, Table]] = {
    SPEED: {"growth": lambda results: growth_tables(results["growth"])},
    SCALE: OF_SCALE,
}


def kept() -> dict[str, Found]:
    """What was measured last and kept with the documents, by the benchmark's name."""
    return {name: json.loads((RESULTS / f"{name}.json").read_text()) for name in ("growth", "replicas")}


def with_tables(text: str, tables: Mapping[str, str]) -> str:
    """A document with each of ``tables`` between its markers. Raises ValueError: it has not each marker once."""
    for name, table in tables.items():
        begin = f"<!-- measured: {name} -->\n"
        before, found, after = text.partition(begin)
        _, end, behind = after.partition(END)
        if not end or begin in behind:
            raise ValueError(f"{begin.strip()} … {END} does not stand there once")
        text = f"{before}{found}\n{table}\n\n{end}{behind}"
    return text


def drawn() -> dict[Path, str]:
    """What the picture and the documents are to say, by what was measured last."""
    results = kept()
    documents = {
        document: with_tables(document.read_text(), {name: table(results) for name, table in tables.items()})
        for document, tables in TABLES.items()
    }
    return documents | {PICTURE: picture(results["growth"])}


def draw() -> None:
    for file, text in drawn().items():
        file.write_text(text)
        print(f"Drawn: {file.relative_to(HOUSE)}")


if __name__ == "__main__":
    draw()
