"""Laws of byte serving: what is answered is what slicing selects, and any cover of a clip is the clip."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.byte_range import MOST_PARTS, FromTo, RangeSet, Suffix
from tests.audio_worlds import CUTTING, TELLING_VERSIONS, Build, in_memory, over_http, versioned
from tests.conformance.listener import Answer, Listener, Part, listening
from tests.conformance.sparing import sparing
from tests.sounds import mp3_of

SIZE = 5_000
CLIP = mp3_of(SIZE)

SPARING: dict[str, Build] = {
    "http in pieces": over_http(lambda content: versioned(sparing(content))),
    "cached, in pieces": over_http(lambda content: versioned(sparing(content)), is_kept=True),
}
every_world = pytest.mark.parametrize("build", (TELLING_VERSIONS | SPARING).values(), ids=TELLING_VERSIONS | SPARING)
every_world_that_cuts = pytest.mark.parametrize("build", (CUTTING | SPARING).values(), ids=CUTTING | SPARING)


def range_sets(size: int) -> st.SearchStrategy[RangeSet]:
    """Of ranges that lie about in a clip of ``size`` bytes, or beyond it."""
    place = st.integers(0, size + 5) | st.sampled_from([0, 1, size - 1, size, 2**63, 10**25])
    one = (
        st.builds(lambda a, b: FromTo(min(a, b), max(a, b)), place, place)
        | st.builds(FromTo, place)
        | st.builds(Suffix, place)
    )
    return st.lists(one, min_size=1, max_size=20).map(lambda ranges: RangeSet(tuple(ranges)))


def selected(ranges: RangeSet, size: int) -> set[int]:
    """The oracle: which places these ranges select, by slicing alone."""
    places = range(size)
    chosen: set[int] = set()
    for requested in ranges.ranges:
        if isinstance(requested, Suffix):
            chosen.update(places[-requested.length :] if requested.length else ())
        else:
            chosen.update(places[requested.first : None if requested.last is None else requested.last + 1])
    return chosen


def stretches(chosen: set[int]) -> list[Part]:
    """The same places as stretches without a gap, in rising order."""
    first = sorted(place for place in chosen if place - 1 not in chosen)
    last = sorted(place for place in chosen if place + 1 not in chosen)
    return list(zip(first, last, strict=True))


def is_what_slicing_selects(answer: Answer, ranges: RangeSet, content: bytes) -> None:
    chosen = selected(ranges, len(content))
    parts = stretches(chosen)
    if not chosen:
        assert answer.status == 416
        assert answer.headers["content-range"] == f"bytes */{len(content)}"
    elif len(parts) > MOST_PARTS:
        assert (answer.status, answer.body) == (200, content)
    else:
        assert answer.status == 206
        sent = answer.parts("audio/mpeg", len(content))
        assert sorted(sent) == [(part, content[part[0] : part[1] + 1]) for part in parts]


@every_world
def test_any_ranges_of_any_clip_are_what_slicing_selects(build: Build, tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        entered = listening(build, CLIP, tmp_path)
        listener = runner.run(entered.__aenter__())

        @settings(max_examples=60, deadline=None)
        @given(ranges=range_sets(SIZE))
        def law(ranges: RangeSet) -> None:
            is_what_slicing_selects(runner.run(listener.asks(range=str(ranges))), ranges, CLIP)

        law()
        runner.run(entered.__aexit__(None, None, None))


@settings(max_examples=100, deadline=None)
@given(data=st.data(), size=st.integers(600, 3_000))
async def test_the_size_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, size: int
) -> None:
    content = mp3_of(size)
    async with listening(in_memory, content, tmp_path_factory.getbasetemp()) as listener:
        ranges = data.draw(range_sets(size))

        is_what_slicing_selects(await listener.asks(range=str(ranges)), ranges, content)


@settings(max_examples=100, deadline=None)
@given(
    field=st.from_regex(r"(?i:bytes)=[0-9,\- \t]*", fullmatch=True)
    | st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40)
)
async def test_whatever_is_sent_as_range_the_answer_is_consistent(
    tmp_path_factory: pytest.TempPathFactory, field: str
) -> None:
    async with listening(in_memory, CLIP, tmp_path_factory.getbasetemp()) as listener:
        answer = await listener.asks(range=field)

    match answer.status:
        case 200:
            assert answer.body == CLIP
        case 206:
            for (first, last), body in answer.parts("audio/mpeg", SIZE):
                assert body == CLIP[first : last + 1]
        case _:
            assert answer.status == 416


@st.composite
def covers(draw: st.DrawFn) -> list[FromTo]:
    """Ranges in any order, overlapping at will, that leave no byte of the clip out."""
    cuts = sorted({0, SIZE, *draw(st.lists(st.integers(1, SIZE - 1), max_size=12))})
    stretched = [
        FromTo(max(0, begin - draw(st.integers(0, 200))), end - 1 + draw(st.integers(0, 200)))
        for begin, end in pairwise(cuts)
    ]
    return draw(st.permutations(stretched))


@every_world_that_cuts
def test_who_fetches_any_cover_in_any_order_rebuilds_the_clip(build: Build, tmp_path: Path) -> None:
    async def rebuilt(listener: Listener, cover: list[FromTo]) -> bytes:
        clip = bytearray(SIZE)
        for requested in cover:
            answer = await listener.asks(range=f"bytes={requested}")
            for (first, last), body in answer.parts("audio/mpeg", SIZE):
                clip[first : last + 1] = body
        return bytes(clip)

    with asyncio.Runner() as runner:
        entered = listening(build, CLIP, tmp_path)
        listener = runner.run(entered.__aenter__())

        @settings(max_examples=25, deadline=None)
        @given(cover=covers())
        def law(cover: list[FromTo]) -> None:
            assert runner.run(rebuilt(listener, cover)) == CLIP

        law()
        runner.run(entered.__aexit__(None, None, None))
