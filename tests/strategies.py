"""Hypothesis strategies for the domain's values."""

from hypothesis import strategies as st

from domain.byte_range import FromTo, RequestedRange, Suffix

sizes = st.integers(0, 300)
positions = st.integers(0, 400) | st.integers(2**62, 2**70)


@st.composite
def int_ranges(draw: st.DrawFn) -> FromTo:
    first = draw(positions)
    return FromTo(first, draw(st.none() | positions.map(lambda more: first + more)))


def requested_ranges() -> st.SearchStrategy[RequestedRange]:
    return int_ranges() | positions.map(Suffix)


# Letters whose case folding is more than one letter, or differs from lower(), among plain ones.
titles = st.text(st.sampled_from("aAbBzZ ßẞİıſςΣéÉ%_\\'0"), min_size=1, max_size=6).filter(
    lambda text: not text.isspace()
)
