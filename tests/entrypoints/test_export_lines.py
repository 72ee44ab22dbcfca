"""An export is JSON Lines: what is written is read as it was, and what cannot be read is told with all its faults."""

import io
import os
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.statistics import ClipCounts, Counts
from entrypoints.transfer.export import opened_to_write
from entrypoints.transfer.line_reader import LARGEST_LINE, LineError, lines_of, read
from entrypoints.transfer.lines import End, Header, Line, Listeners, written
from tests.clip_records import a_record, clip_ids, clip_records, dates, moments

LAST = datetime.fromisoformat("2026-11-22T18:10:02.743283+00:00")

lines = (
    clip_ids.flatmap(clip_records)
    | moments.map(Header)
    | st.dictionaries(dates, st.integers(0, 2**53 - 1)).map(Listeners)
    | st.integers(0, 2**53 - 1).map(End)
)


@given(said=lines)
def test_a_line_is_read_as_it_was_written(said: Line) -> None:
    line = written(said)

    assert read(line) == said
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


def test_a_clip_is_a_flat_object_with_its_counters_in_all_and_by_day() -> None:
    line = orjson.loads(written(a_record(clip=3, plays=5)))

    assert (line["id"], line["title"], line["removed"], line["last_played_at"]) == (
        3, "Rain", False, "2026-11-22T12:00:00Z",
    )  # fmt: skip
    assert line["counts"] == {
        "play_count": 5, "downloads": 0, "listeners": 0, "completed": 0, "listens": 0, "skips": 0,
    }  # fmt: skip
    assert line["days"] == {"2026-11-22": {"play_count": 5}}


def changed(**said: Any) -> bytes:
    """The line of a clip that says these things instead; what is `...` it leaves out."""
    line = orjson.loads(written(a_record(clip=3, plays=5))) | said
    return orjson.dumps({name: value for name, value in line.items() if value is not ...})


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"id": 0}, "id must be 1 or more"),
        ({"id": "3"}, "id must be a whole number"),
        ({"id": 2**53}, "id must be a whole number"),
        ({"id": True}, "id must be a whole number"),
        ({"id": ...}, "id is required"),
        ({"title": ""}, "title must have 1 to 200 characters"),
        ({"title": "a\u0000"}, "title must not contain"),
        ({"genre": ...}, "genre is required"),
        ({"audio_url": "library:../x"}, "audio_url must name a file inside"),
        ({"duration": 0}, "duration must be a number of seconds"),
        ({"duration": ...}, "duration is required"),
        ({"size": -1}, "size must be a whole number"),
        ({"tags": ["a", "A"]}, "tags must not name"),
        ({"created_at": "yesterday"}, "created_at must be a moment"),
        ({"created_at": "2026-11-22T18:10:02"}, "created_at must tell its offset"),
        ({"removed": 1}, "removed must be true or false"),
        ({"counts": {"play_count": -1}}, "counts must be a whole number"),
        ({"counts": {"stars": 1}}, "counts must count nothing else"),
        ({"counts": []}, "counts must be an object"),
        ({"days": {"2026-13-01": {}}}, "days must be by day"),
        ({"days": {"2026-11-22": 5}}, "days must be an object"),
        ({"last_played_at": None}, "last_played_at is known where there are plays"),
        ({"counts": {}}, "last_played_at is known where there are plays"),
        ({"colour": "red"}, "colour is not a known field"),
    ],
)
def test_a_clip_that_cannot_be_is_refused_with_what_is_wrong(said: dict[str, Any], fault: str) -> None:
    with pytest.raises(LineError, match=fault):
        read(changed(**said))


def test_every_fault_of_a_line_is_told() -> None:
    with pytest.raises(LineError, match=r"title must .*; id must .*; size must"):
        read(changed(title="", id=0, size=-1))


def test_what_a_clip_need_not_say_may_be_left_out() -> None:
    said = ("description", "tags", "header_size", "removed", "seed_key", "last_played_at", "counts", "days")

    assert read(changed(**dict.fromkeys(said, ...))).counted == ClipCounts(Counts(), None)  # type: ignore[union-attr]


@pytest.mark.parametrize("line", [b"", b"\n", b"{", b"[1]", b'"a"', b"\xff", b'{"id":1', b"null"])
def test_what_is_no_json_object_is_refused(line: bytes) -> None:
    with pytest.raises(LineError, match="not a JSON object"):
        read(line)


@pytest.mark.parametrize("header", [{"format": "tracks", "version": 1}, {"format": "soundverse-play", "version": 2}])
def test_a_file_of_another_kind_or_a_later_one_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(LineError, match="version 1"):
        read(orjson.dumps(header | {"exported_at": "2026-11-22T18:10:02Z"}))


def test_a_line_that_fills_all_memory_is_cut_and_the_next_one_is_read() -> None:
    end = written(End(3))
    file = io.BytesIO(b"x" * (2 * LARGEST_LINE + 5) + b"\n" + end)
    too_long, last = lines_of(file)

    assert last == end
    with pytest.raises(LineError, match="more than"):
        read(too_long)


def test_moments_are_told_to_the_microsecond_that_makes_a_clip_the_same() -> None:
    assert read(written(Header(LAST))) == Header(LAST)
    assert read(written(Listeners({date(2026, 11, 22): 3}))) == Listeners({date(2026, 11, 22): 3})


def test_a_pipe_gets_what_is_written_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with opened_to_write(pipe) as file:
        file.write(b"{}\n")

    assert os.read(reading, 99) == b"{}\n"
    assert pipe.is_fifo()
    os.close(reading)


def test_a_link_to_a_file_stays_one(tmp_path: Path) -> None:
    link = tmp_path / "latest.jsonl"
    link.symlink_to("first.jsonl")
    with opened_to_write(link) as file:
        file.write(b"{}\n")

    assert (link.is_symlink(), link.read_bytes()) == (True, b"{}\n")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["first.jsonl", "latest.jsonl"]
