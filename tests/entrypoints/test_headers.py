"""What request headers say is read as RFC 9110 has it, whoever wrote them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from domain.byte_range import FromTo, RequestedRange, Suffix
from entrypoints.web.headers import BEYOND_ANY_SIZE, accepts, requested_range

sizes = st.integers(0, BEYOND_ANY_SIZE - 1)
blanks = st.text(" \t", max_size=2)


@given(first=sizes, last=sizes, zeros=st.integers(0, 30), blank=blanks)
def test_a_range_of_two_positions_means_them(first: int, last: int, zeros: int, blank: str) -> None:
    requested = requested_range(f"bytes={blank}{'0' * zeros}{first}-{'0' * zeros}{last}{blank}")

    assert requested == (FromTo(first, last) if first <= last else None)


@given(first=sizes, length=sizes)
def test_a_range_may_lack_its_end_or_its_beginning(first: int, length: int) -> None:
    assert requested_range(f"bytes={first}-") == FromTo(first)
    assert requested_range(f"bytes=-{length}") == Suffix(length)


@given(digits=st.integers(20, 5_000))
def test_a_number_beyond_any_size_selects_nothing_or_everything_up_to_the_end(digits: int) -> None:
    assert requested_range(f"bytes={'9' * digits}-") == FromTo(BEYOND_ANY_SIZE)
    assert requested_range(f"bytes=5-{'9' * digits}") == FromTo(5, BEYOND_ANY_SIZE)


@given(text=st.text(st.characters(codec="latin-1")) | st.from_regex(r"bytes=[0-9,\- ]*", fullmatch=True))
def test_nothing_but_one_well_formed_range_is_read_as_a_range(text: str) -> None:
    is_one_range = re.fullmatch(r"(?i:bytes)=[ \t]*([0-9]+-[0-9]*|-[0-9]+)[ \t]*", text) is not None

    assert is_one_range or requested_range(text) is None


@pytest.mark.parametrize(
    ("header", "requested"),
    [
        ("bytes=0-0", FromTo(0, 0)),
        ("BYTES=0-1", FromTo(0, 1)),
        ("bytes=\t5-9 ", FromTo(5, 9)),
        ("bytes=-0", Suffix(0)),
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=+1-2", None),
        ("bytes=1_0-20", None),
        ("bytes=²-", None),
        ("bytes=٣-", None),
        ("bytes=0-1,2-3", None),
        ("bytes=0-1\n", None),
        ("bytes =0-1", None),
        (" bytes=0-1", None),
        ("items=0-1", None),
        ("", None),
    ],
)
def test_a_range_header_is_read_to_the_letter(header: str, requested: RequestedRange | None) -> None:
    assert requested_range(header) == requested


def with_accept(*lines: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept", line.encode("latin-1")) for line in lines]})


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("",),
        ("  ",),
        ("*/*",),
        ("application/json",),
        ("APPLICATION/JSON",),
        ("application/*",),
        ("text/html, application/json;q=0.1",),
        ("text/html;q=1.0,*/*;q=0.001",),
        ("application/json ; charset=utf-8",),
        ("text/html", "application/json"),
        ("*/*;q=0, application/json",),
        ("application/*;q=0, application/json;q=1",),
        ("\xff, */*",),
    ],
)
def test_who_takes_json_in_any_of_these_ways_gets_it(lines: tuple[str, ...]) -> None:
    assert accepts(with_accept(*lines), "application/json")


@pytest.mark.parametrize(
    "lines",
    [
        ("text/html",),
        ("text/*",),
        ("*/*;q=0",),
        ("*/*; Q=0.000",),
        ("application/json;q=0, */*",),
        ("application/*;q=0.0, */*",),
        ("application/jsonx",),
        ("application/problem+json",),
        ("nonsense",),
        ("\xff\xfe",),
        (",",),
        ("text/html", "text/plain"),
    ],
)
def test_who_leaves_json_out_in_any_of_these_ways_does_not(lines: tuple[str, ...]) -> None:
    assert not accepts(with_accept(*lines), "application/json")


@given(parts=st.permutations(["application/json", "application/*;q=0", "*/*;q=0", "text/html"]))
def test_the_most_specific_range_decides_in_whatever_order_they_come(parts: list[str]) -> None:
    assert accepts(with_accept(", ".join(parts)), "application/json")
    assert accepts(with_accept(*parts), "application/json")
