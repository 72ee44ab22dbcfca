"""When a stream begins a play: the table of `docs/decisions/0001-what-is-a-play.md`, and its law."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.byte_range import ByteRange, FromTo, RequestedRange, Suffix
from domain.errors import RangeNotSatisfiable
from domain.play import Listening, begins_a_play
from tests.strategies import requested_ranges

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
    assert begins_a_play(Listening(requested), sent) is is_play


@given(requested=st.none() | requested_ranges(), size=st.integers(1, 300))
def test_a_play_begins_with_the_first_byte_and_is_no_probe(requested: RequestedRange | None, size: int) -> None:
    try:
        sent = None if requested is None else requested.within(size)
    except RangeNotSatisfiable:
        return
    first_byte_is_sent = sent is None or 0 in range(sent.first, sent.last + 1)
    asked_for_two = requested is not None and requested.asks_for_at_most(2)

    assert begins_a_play(Listening(requested), sent) is (first_byte_is_sent and not asked_for_two)


@given(requested=st.none() | requested_ranges())
def test_a_prefetch_is_never_a_play(requested: RequestedRange | None) -> None:
    assert not begins_a_play(Listening(requested, is_prefetch=True), WHOLE)
