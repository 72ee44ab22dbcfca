"""When a stream begins a play: the table of `docs/decisions/0001-what-is-a-play.md`, and its law."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.byte_range import ByteRange, FromTo, RangeSet, RequestedRange, Suffix
from domain.errors import RangeNotSatisfiable
from domain.play import Listening, begins_a_play
from tests.strategies import range_sets

WHOLE = None


@pytest.mark.parametrize(
    ("requested", "sent", "is_play"),
    [
        (None, WHOLE, True),  # a plain GET
        (FromTo(0), ByteRange(0, 99), True),  # what Chrome and Firefox send first
        (FromTo(0, 99), ByteRange(0, 99), True),
        (FromTo(0, 2), ByteRange(0, 2), True),
        (FromTo(0, 1), ByteRange(0, 1), False),  # Safari's probe
        (FromTo(0, 0), ByteRange(0, 0), False),
        (FromTo(1), ByteRange(1, 99), False),  # a seek
        (FromTo(50, 60), ByteRange(50, 60), False),
        (Suffix(10), ByteRange(90, 99), False),
        (Suffix(100), ByteRange(0, 99), True),  # the whole, asked for from its end
        (Suffix(2), ByteRange(0, 1), False),  # a clip of two bytes, asked for with two
        (FromTo(0), ByteRange(0, 1), True),  # a clip of two bytes, asked for from the beginning
        (FromTo(50), WHOLE, True),  # a source that ignores ranges: the answer begins with the first byte
        (FromTo(0, 1), WHOLE, True),  # the same: far more than a probe was sent
    ],
)
def test_the_answer_decides(requested: RequestedRange | None, sent: ByteRange | None, is_play: bool) -> None:
    assert begins_a_play(Listening(RangeSet((requested,)) if requested else None), [sent] if sent else []) is is_play


@pytest.mark.parametrize(
    ("requested", "is_play"),
    [
        ((FromTo(0, 9), FromTo(50, 59)), True),  # the first byte sent is the clip's first
        ((FromTo(50, 59), FromTo(0, 9)), False),  # it is not
        ((FromTo(5, 9), FromTo(0, 4)), True),  # one part of ten bytes
        ((FromTo(0, 0), FromTo(99, 99)), False),  # two bytes in all: a probe
        ((FromTo(0, 1), FromTo(0, 1)), False),
        ((FromTo(0, 0), Suffix(1)), False),
        ((FromTo(0, 1), Suffix(1)), True),
        ((FromTo(0, 1), FromTo(50)), True),
        (tuple(FromTo(at, at) for at in range(0, 40, 2)), True),  # too many parts, so the whole was sent
    ],
)
def test_of_several_parts_the_first_decides(requested: tuple[RequestedRange, ...], is_play: bool) -> None:
    asked = RangeSet(requested)

    assert begins_a_play(Listening(asked), asked.within(100)) is is_play


@given(requested=st.none() | range_sets(), size=st.integers(1, 300))
def test_a_play_begins_with_the_first_byte_and_is_no_probe(requested: RangeSet | None, size: int) -> None:
    try:
        sent = () if requested is None else requested.within(size)
    except RangeNotSatisfiable:
        return
    first_byte_is_sent_first = not sent or sent[0].first == 0
    asked_for_two = bool(sent) and requested is not None and requested.asks_for_at_most(2)

    assert begins_a_play(Listening(requested), sent) is (first_byte_is_sent_first and not asked_for_two)


@given(requested=st.none() | range_sets())
def test_a_prefetch_is_never_a_play(requested: RangeSet | None) -> None:
    assert not begins_a_play(Listening(requested, is_prefetch=True), [])
