"""A Range header is read as the grammar of RFC 9110 §14.1.1 has it, and no more leniently."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.byte_range import FromTo, RangeSet, RequestedRange, Suffix
from entrypoints.web.range_header import BEYOND_ANY_SIZE, range_set
from tests.strategies import range_sets

sizes = st.integers(0, BEYOND_ANY_SIZE - 1)
blanks = st.text(" \t", max_size=2)

SPEC = r"(?:[0-9]+-[0-9]*|-[0-9]+)"
WELL_FORMED = re.compile(rf"[ \t]*(?i:bytes)=(?:{SPEC}[ \t]*|(?=,))(?:,[ \t]*(?:{SPEC}[ \t]*)?)*")


def one(requested: RequestedRange) -> RangeSet:
    return RangeSet((requested,))


@given(ranges=range_sets().filter(lambda ranges: all(place < 10**19 for place in places(ranges))))
def test_what_is_written_is_read_as_it_was_meant(ranges: RangeSet) -> None:
    assert range_set(str(ranges)) == ranges
    assert range_set(str(ranges).replace(", ", ",")) == ranges
    assert range_set(str(ranges).upper()) == ranges


def places(ranges: RangeSet) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", str(ranges))]


@given(members=st.lists(st.tuples(blanks, sizes, sizes, blanks), min_size=1, max_size=5), zeros=st.integers(0, 30))
def test_blanks_and_leading_zeros_change_nothing(members: list[tuple[str, int, int, str]], zeros: int) -> None:
    pairs = [(before, min(a, b), max(a, b), after) for before, a, b, after in members]
    text = ",".join(f"{before}{'0' * zeros}{first}-{last}{after}" for before, first, last, after in pairs)

    assert range_set(f"bytes={text.lstrip()}") == RangeSet(tuple(FromTo(first, last) for _, first, last, _ in pairs))


@given(digits=st.integers(20, 5_000))
def test_a_number_beyond_any_size_selects_nothing_or_everything_up_to_the_end(digits: int) -> None:
    assert range_set(f"bytes={'9' * digits}-") == one(FromTo(BEYOND_ANY_SIZE))
    assert range_set(f"bytes=5-{'9' * digits}") == one(FromTo(5, BEYOND_ANY_SIZE))
    assert range_set(f"bytes=-{'9' * digits}") == one(Suffix(BEYOND_ANY_SIZE))


@given(text=st.text(st.characters(codec="latin-1")) | st.from_regex(r"bytes=[0-9,\- \t+_]*", fullmatch=True))
def test_nothing_but_what_is_well_formed_is_read(text: str) -> None:
    assert WELL_FORMED.fullmatch(text) or range_set(text) is None


@pytest.mark.parametrize(
    ("header", "requested"),
    [
        ("bytes=0-0", [FromTo(0, 0)]),
        ("BYTES=0-1", [FromTo(0, 1)]),
        ("bytes=5-9 ", [FromTo(5, 9)]),  # blanks at either end are not part of a field's value (§5.5)
        (" bytes=0-1", [FromTo(0, 1)]),
        ("bytes=-0", [Suffix(0)]),
        ("bytes=0-1,4-5", [FromTo(0, 1), FromTo(4, 5)]),
        ("bytes=0-1 ,\t4-5, -3", [FromTo(0, 1), FromTo(4, 5), Suffix(3)]),
        ("bytes=,0-1,, ,4-5,", [FromTo(0, 1), FromTo(4, 5)]),  # empty members of a list (§5.6.1.2)
        ("bytes= 0-1", None),
        ("bytes=,", None),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,5-4", None),
        ("bytes=0-1,x", None),
        ("bytes=0-1;4-5", None),
        ("bytes=0-1 4-5", None),
        ("bytes=0-1, bytes=4-5", None),  # two lines of the field
        ("bytes=+1-2", None),
        ("bytes=1_0-20", None),
        ("bytes=1 -2", None),
        ("bytes=--1", None),
        ("bytes=0x1-", None),
        ("bytes=1.0-", None),
        ("bytes=²-", None),
        ("bytes=٣-", None),
        ("bytes=0-1\n", None),
        ("bytes =0-1", None),
        ("bytes:0-1", None),
        ("items=0-1", None),
        ("bytes", None),
        ("", None),
    ],
)
def test_a_range_header_is_read_to_the_letter(header: str, requested: list[RequestedRange] | None) -> None:
    assert range_set(header) == (None if requested is None else RangeSet(tuple(requested)))
