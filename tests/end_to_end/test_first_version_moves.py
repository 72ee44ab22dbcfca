"""docs/how-to/from-the-first-version.md, followed to the letter, over each table that a first version has."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from adapters.postgres.embedded.binaries import binaries_for
from tests.end_to_end.conftest import FreshFolder
from tests.end_to_end.documents import ADDRESS, environment, reader, steps
from tests.end_to_end.processes import PATIENCE
from tests.services import HOUSE

DOCUMENT = HOUSE / "docs/how-to/from-the-first-version.md"
SAMPLES = HOUSE / "entrypoints/sample_clips"
MEASURED = (HOUSE / "benchmarks/first_version/clips.py").read_text()  # the one that benchmarks run beside ours

TOLD = """
    CREATE TABLE clips (id serial PRIMARY KEY, title varchar NOT NULL, description text, genre varchar,
                        duration float, audio_url varchar NOT NULL, play_count integer NOT NULL);
    INSERT INTO clips (title, description, genre, duration, audio_url, play_count)
    VALUES ('Rain', E'A "quoted" line\\nand \\\\ another', 'Nature', 15, '{audio}rain.ogg', 41),
           ('Bells', NULL, ' ', NULL, 'bells.ogg', 0), ('Lost', NULL, 'Nature', 3.5, '/lost.ogg', 7)"""
BARE = """
    CREATE TABLE clips (id serial PRIMARY KEY, title varchar NOT NULL, file varchar NOT NULL,
                        media_type varchar NOT NULL, play_count integer NOT NULL);
    INSERT INTO clips (title, file, media_type, play_count)
    VALUES ('Rain', 'rain.ogg', 'audio/ogg', 41), ('Bells', 'bells.ogg', 'audio/ogg', 0),
           ('Lost', 'lost.ogg', 'audio/ogg', 7)"""
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs Debian's curl")


def test_the_told_table_is_the_one_that_benchmarks_run() -> None:
    [columns] = re.findall(r"CREATE TABLE clips \((.*?)\);", TOLD, re.DOTALL)

    assert [column.split()[0] for column in columns.split(",")] == re.findall(r"^    (\w+): Mapped", MEASURED, re.M)


@pytest.fixture
def audio(fresh_folder: FreshFolder) -> Path:
    """The first version's files, of which one is lost."""
    folder = fresh_folder()
    shutil.copy(SAMPLES / "rain-on-the-roof.ogg", folder / "rain.ogg")
    shutil.copy(SAMPLES / "glass-bells.ogg", folder / "bells.ogg")
    return folder


@needs_curl
@pytest.mark.parametrize("table", [TOLD, BARE], ids=["told", "bare"])
def test_a_first_versions_clips_come_with_their_ids_and_counts(
    table: str, audio: Path, fresh_database: Callable[[], str], fresh_folder: FreshFolder
) -> None:
    first, data = fresh_database(), fresh_folder()
    with psycopg.connect(first) as connection:
        for statement in table.replace("{audio}", f"{audio}/").split(";"):
            connection.execute(statement.encode())
    psql = binaries_for(data, None).folder / "bin"
    path = f"{environment()['PATH']}{os.pathsep}{psql}"
    with reader(fresh_folder(), FIRST=first, AUDIO=f"{audio}/", PLAY_DATA=str(data), PATH=path) as reading:
        for step in steps(DOCUMENT):
            reading.follow(step)
        clips = httpx.get(reading.mine(f"http://{ADDRESS}/play?sort=plays"), timeout=PATIENCE).json()

    assert [(clip["id"], clip["title"], clip["play_count"]) for clip in clips] == [
        (1, "Rain", 41), (3, "Lost", 7), (2, "Bells", 0),
    ]  # fmt: skip
    assert [clip["genre"] for clip in clips] == (
        ["Nature", "Nature", "Unsorted"] if table == TOLD else ["Unsorted", "Unsorted", "Unsorted"]
    )
    assert clips[0]["description"] == ('A "quoted" line\nand \\ another' if table == TOLD else None)
