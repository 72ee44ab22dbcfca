"""Byte ranges are what Python's slices are; RFC 9110 §14.1.2 says it in words."""

from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.byte_range import MOST_PARTS, ByteRange, FromTo, RangeSet, RequestedRange, Suffix, satisfied
from domain.errors import RangeNotSatisfiable
from tests.strategies import range_sets, requested_ranges, sizes

Data = TypeVar("Data", bytes, list[int])


def sliced(data: Data, requested: RequestedRange) -> Data:
    """The oracle: the same stretch by Python's own slicing."""
    if isinstance(requested, Suffix):
        return data[-requested.length :] if requested.length else data[:0]
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


@given(requested=range_sets(), size=sizes)
def test_a_set_selects_what_its_members_do_and_each_byte_once(requested: RangeSet, size: int) -> None:
    data = [*range(size)]
    selected = set().union(*(sliced(data, member) for member in requested.ranges))
    try:
        parts = requested.within(size)
    except RangeNotSatisfiable:
        assert selected == set()
        return
    sent = [place for part in parts for place in data[part.first : part.last + 1]]

    assert sorted(sent) == (sorted(selected) if parts else sent)
    assert len(parts) <= MOST_PARTS
    if not parts:  # the whole: of an empty clip, or for more parts than are sent
        assert size == 0 or stretches(selected) > MOST_PARTS
    else:
        assert len(parts) == stretches(selected)


@given(requested=range_sets(), size=st.integers(1, 300))
def test_parts_come_in_the_order_of_asking(requested: RangeSet, size: int) -> None:
    try:
        parts = requested.within(size)
    except RangeNotSatisfiable:
        return
    granted = [part for member in requested.ranges for part in satisfied(member, size)]
    first_asked = [
        next(at for at, each in enumerate(granted) if part.first <= each.first <= part.last) for part in parts
    ]

    assert first_asked == sorted(first_asked)


def stretches(places: set[int]) -> int:
    """How many stretches without a gap these are."""
    return sum(1 for place in places if place - 1 not in places)


@given(requested=range_sets(3), size=sizes)
def test_what_was_asked_for_with_few_bytes_is_granted_with_no_more(requested: RangeSet, size: int) -> None:
    try:
        granted = sum(len(part) for part in requested.within(size))
    except RangeNotSatisfiable:
        return
    for count in (0, 1, 2, 3):
        if requested.asks_for_at_most(count):
            assert granted <= count


@pytest.mark.parametrize(
    ("requested", "few"),
    [
        ((FromTo(0, 1),), True),
        ((FromTo(0, 2),), False),
        ((FromTo(0),), False),
        ((Suffix(2),), True),
        ((Suffix(3),), False),
        ((FromTo(0, 0), Suffix(1)), True),
        ((FromTo(0, 1), FromTo(0, 1), FromTo(1, 1)), True),
        ((FromTo(0, 1), FromTo(10**19, 10**19)), False),
        ((FromTo(10**19), Suffix(1)), False),
    ],
)
def test_a_probe_asks_for_at_most_two_bytes(requested: tuple[RequestedRange, ...], few: bool) -> None:
    assert RangeSet(requested).asks_for_at_most(2) is few


@pytest.mark.parametrize(
    ("requested", "parts"),
    [
        ((FromTo(0, 4), FromTo(5, 9)), [(0, 9)]),  # they touch
        ((FromTo(0, 4), FromTo(6, 9)), [(0, 4), (6, 9)]),
        ((FromTo(50, 59), FromTo(0, 4), FromTo(55, 69)), [(50, 69), (0, 4)]),  # at the place of the first
        ((FromTo(55, 69), FromTo(0, 4), FromTo(50, 59)), [(50, 69), (0, 4)]),
        ((FromTo(0, 4), FromTo(55, 69), FromTo(50, 59)), [(0, 4), (50, 69)]),
    ],
)
def test_what_is_joined_stands_where_the_first_of_it_stood(
    requested: tuple[RequestedRange, ...], parts: list[tuple[int, int]]
) -> None:
    assert [(part.first, part.last) for part in RangeSet(requested).within(100)] == parts


def test_a_suffix_of_an_empty_clip_is_all_of_it() -> None:
    assert RangeSet((Suffix(5),)).within(0) == ()
    for nothing in (Suffix(0), FromTo(0)):
        with pytest.raises(RangeNotSatisfiable):
            RangeSet((nothing,)).within(0)


def test_members_that_select_nothing_are_left_out() -> None:
    assert RangeSet((FromTo(100), FromTo(5, 9), Suffix(0))).within(20) == (ByteRange(5, 9),)


@pytest.mark.parametrize(("parts", "are_sent"), [(MOST_PARTS, MOST_PARTS), (MOST_PARTS + 1, 0)])
def test_who_asks_for_too_many_parts_gets_the_whole(parts: int, are_sent: int) -> None:
    assert len(RangeSet(tuple(FromTo(at, at) for at in range(0, 2 * parts, 2))).within(1_000)) == are_sent


@pytest.mark.parametrize(("first", "last"), [(-1, 5), (5, 4)])
def test_a_range_that_cannot_be_is_not_made(first: int, last: int) -> None:
    for kind in (ByteRange, FromTo):
        with pytest.raises(ValueError):
            kind(first, last)
