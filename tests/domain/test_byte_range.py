"""Byte ranges are what Python's slices are; RFC 9110 §14.1.2 says it in words."""

import pytest
from hypothesis import given

from domain.byte_range import ByteRange, FromTo, RequestedRange, Suffix
from domain.errors import RangeNotSatisfiable
from tests.strategies import requested_ranges, sizes


def sliced(data: bytes, requested: RequestedRange) -> bytes:
    """The oracle: the same stretch by Python's own slicing."""
    if isinstance(requested, Suffix):
        return data[-requested.length :] if requested.length else b""
    return data[requested.first : None if requested.last is None else requested.last + 1]


@given(requested=requested_ranges(), size=sizes)
def test_a_granted_range_is_exactly_what_slicing_selects(requested: RequestedRange, size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    expected = sliced(data, requested)
    if not expected:
        with pytest.raises(RangeNotSatisfiable) as refused:
            requested.within(size)
        assert refused.value.size == size
        return
    granted = requested.within(size)

    assert data[granted.first : granted.last + 1] == expected
    assert len(granted) == len(expected)


@given(requested=requested_ranges(), size=sizes)
def test_what_was_asked_for_with_few_bytes_is_granted_with_no_more(requested: RequestedRange, size: int) -> None:
    try:
        granted = requested.within(size)
    except RangeNotSatisfiable:
        return
    for count in (0, 1, 2, 3):
        if requested.asks_for_at_most(count):
            assert len(granted) <= count


@pytest.mark.parametrize(
    ("requested", "few"),
    [(FromTo(0, 1), True), (FromTo(0, 2), False), (FromTo(0), False), (Suffix(2), True), (Suffix(3), False)],
)
def test_a_probe_asks_for_at_most_two_bytes(requested: RequestedRange, few: bool) -> None:
    assert requested.asks_for_at_most(2) is few


@pytest.mark.parametrize(("first", "last"), [(-1, 5), (5, 4)])
def test_a_range_that_cannot_be_is_not_made(first: int, last: int) -> None:
    for kind in (ByteRange, FromTo):
        with pytest.raises(ValueError):
            kind(first, last)
