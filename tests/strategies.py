"""Hypothesis strategies for the domain's values."""

from hypothesis import strategies as st

from domain.byte_range import FromTo, RangeSet, RequestedRange, Suffix

sizes = st.integers(0, 300)
positions = st.integers(0, 400) | st.integers(2**62, 2**70)


@st.composite
def int_ranges(draw: st.DrawFn) -> FromTo:
    first = draw(positions)
    return FromTo(first, draw(st.none() | positions.map(lambda more: first + more)))


def requested_ranges() -> st.SearchStrategy[RequestedRange]:
    return int_ranges() | positions.map(Suffix)


def range_sets(most: int = 24) -> st.SearchStrategy[RangeSet]:
    """Of a few ranges, which may overlap, touch, and lie beyond any end; more than are sent as parts, at times."""
    return st.lists(requested_ranges(), min_size=1, max_size=most).map(lambda ranges: RangeSet(tuple(ranges)))


# Letters whose case folding is more than one letter, or differs from lower(), among plain ones.
titles = st.text(st.sampled_from("aAbBzZ ßẞİıſςΣéÉ%_\\'0"), min_size=1, max_size=6).filter(
    lambda text: not text.isspace()
)
