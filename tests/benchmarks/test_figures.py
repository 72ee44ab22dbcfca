"""What documents tell of measurements is what was measured, and the picture can be read."""

from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import HOUSE, drawn, with_tables
from benchmarks.growth_picture import LINE_HEIGHT, PLOT_HEIGHT, apart, picture
from benchmarks.scale import Constants, hot_row_table, needs

SVG = "{http://www.w3.org/2000/svg}"
COST = {"alone": 1.5, "per_second": 800.0, "service": 100.0, "database": 50.0, "refused": 0.0}


def found(**requests: list[float]) -> dict[str, Any]:
    """What `benchmarks.growth` may have found: milliseconds alone, by request, at three catalogues and two ledgers."""
    axes = {"clips": [10, 1_000, 100_000], "plays": [10_000, 10_000_000]}
    told = {
        axis: {
            "sizes": sizes,
            "requests": {
                name.replace("_", " "): [COST | {"alone": each} for each in values[: len(sizes)]]
                for name, values in requests.items()
            },
        }
        for axis, sizes in axes.items()
    }
    return {"connections": 64, "axes": told}


CONSTANTS = Constants(
    replica=300.0,
    balancer=30.0,
    play=18.0,
    delivery=42.0,
    wal=600.0,
    disk={"plays": 150.0, "deliveries": 350.0, "heard": 250.0},
    turn=0.004,
)


@pytest.mark.parametrize("file", drawn(), ids=lambda file: str(Path(file).relative_to(HOUSE)))
def test_what_a_document_shows_of_measurements_is_what_was_measured(file: Path) -> None:
    assert file.read_text() == drawn()[file], "make figures"


def test_a_table_stands_between_its_markers_and_the_rest_stays() -> None:
    text = "Before.\n\n<!-- measured: speed -->\nold\n<!-- end -->\n\nAfter.\n"

    assert with_tables(text, {"speed": "| new |"}) == (
        "Before.\n\n<!-- measured: speed -->\n\n| new |\n\n<!-- end -->\n\nAfter.\n"
    )


def test_a_table_that_has_no_place_in_its_document_is_told() -> None:
    with pytest.raises(ValueError, match="does not stand there once"):
        with_tables("Nothing is measured here.", {"speed": "| new |"})


def test_the_picture_names_each_request_in_each_of_its_four_diagrams() -> None:
    image = ElementTree.fromstring(picture(found(a_play=[1, 2, 3], a_clip=[1, 1, 1])))
    names = [(text.text or "").split(":")[0] for text in image.iter(f"{SVG}text") if "name" in text.get("class", "")]

    assert sorted(names) == ["a clip"] * 4 + ["a play"] * 4


def test_ten_times_as_much_is_as_much_higher_wherever_it_is() -> None:
    """The axes are logarithmic."""
    image = ElementTree.fromstring(picture(found(a_play=[0.2, 2.0, 20.0])))
    heights = [float(dot.get("cy", "")) for dot in image.iter(f"{SVG}circle")][:3]

    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.11)
    assert heights[0] > heights[1]


@given(st.lists(st.floats(100, 100 + PLOT_HEIGHT), min_size=1, max_size=15))
def test_names_beside_lines_keep_their_order_and_lie_apart_within_the_diagram(wanted: list[float]) -> None:
    named = {str(place): height for place, height in enumerate(wanted)}
    given_heights = apart(named, 100, 100 + PLOT_HEIGHT)
    heights = [given_heights[name] for name in sorted(named, key=named.__getitem__)]

    assert heights[0] >= 100
    assert heights[-1] <= 100 + PLOT_HEIGHT
    assert all(later - earlier >= LINE_HEIGHT - 1e-6 for earlier, later in pairwise(heights))


def test_what_a_million_plays_a_minute_need_is_told_with_the_arithmetic() -> None:
    told = {what: (much, how) for what, much, how in needs(CONSTANTS)}

    assert told["processors for replicas"] == ("5.0", "16,667/s × 300 µs")
    assert told["replicas, a process each"][0] == "8"
    assert told["processors for PostgreSQL"] == ("1.0", "16,667/s × (18 µs a play + 42 µs a delivery)")
    assert told["write-ahead log"] == ("10 MB/s", "16,667/s × 600 B a play and its delivery")
    assert told["disk, each day"] == ("720 GB", "1.44 billion plays × (150 B + 350 B)")
    assert told["network, where a clip is 1 MB"] == ("133 Gbit/s", "16,667/s × 1 MB × 8 bits")


def test_replicas_wait_for_a_hot_row_as_long_as_all_of_them_take_in_turn() -> None:
    measured = {
        "http": [{"replicas": 1, "cost": {"replicas": 300.0, "balancer": 30.0}}],
        "ledger": [
            {"clips": 1, "processes": 4, "callers": 64, "per_second": 16_000.0},
            {"clips": 100, "processes": 1, "callers": 64, "database": 18.0, "wal": 300.0},
        ],
        "deliveries": [{"at_once": 100, "database": 42.0, "wal": 300.0}],
        "bytes_a_row": CONSTANTS.disk,
    }

    assert "replicas × 4.0 ms | 16 | 32 | 64 | 128 | 256 |" in hot_row_table(measured)
