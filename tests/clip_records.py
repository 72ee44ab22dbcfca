"""Hypothesis strategies for what is taken from one service into another."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.clip import ClipId
from domain.location import AudioLocation
from domain.statistics import ClipCounts, Counts
from domain.text import folded
from domain.transfer import ClipRecord, DayCounts
from tests.examples import NOON, a_clip
from tests.strategies import titles

numbers = st.integers(0, 3) | st.integers(0, 2**31)
some_counts = st.builds(
    Counts, play_count=numbers, downloads=numbers, listeners=numbers, completed=numbers, listens=numbers, skips=numbers
)
moments = st.integers(0, 10**15).map(lambda micros: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros))
dates = st.dates(date(2020, 1, 1), date(2030, 12, 31))
counts_by_day = st.dictionaries(dates, some_counts.filter(lambda counts: counts != Counts()), max_size=4)
tags = st.lists(titles, max_size=3, unique_by=folded).map(tuple)
clip_ids = st.integers(1, 12) | st.integers(1, 2**40)


@st.composite
def clip_records(draw: st.DrawFn, clip_id: int) -> ClipRecord:
    """A clip of this id, with what was counted of it."""
    counts = draw(some_counts)
    said: dict[str, Any] = {
        "title": draw(titles),
        "genre": draw(titles),
        "description": draw(st.none() | st.text("a\n\t é😀\"'\\", max_size=8)),
        "duration": draw(st.floats(0.001, 1e6)),
        "audio_url": AudioLocation(draw(st.sampled_from(["library:rain.ogg", "https://example.org/é?a=%20"]))),
        "media_type": draw(st.sampled_from(["audio/ogg", "audio/mpeg"])),
        "size": draw(st.none() | st.integers(0, 2**50)),
        "header_size": draw(numbers),
        "created_at": draw(moments),
        "tags": draw(tags),
    }
    return ClipRecord(
        clip=a_clip(id=ClipId(clip_id), play_count=counts.play_count, **said),
        is_removed=draw(st.booleans()),
        seed_key=draw(st.none() | titles.map(lambda key: f"{clip_id}{key}")),
        counted=ClipCounts(counts, draw(moments) if counts.play_count else None),
        days=tuple(DayCounts(day, counts) for day, counts in sorted(draw(counts_by_day).items())),
    )


@st.composite
def catalogues(draw: st.DrawFn) -> list[ClipRecord]:
    """Clips in the order of their ids."""
    ids = draw(st.sets(clip_ids, max_size=4))
    return [draw(clip_records(clip_id)) for clip_id in sorted(ids)]


def a_record(clip: int = 1, plays: int = 0, **said: Any) -> ClipRecord:
    """A clip, played so often on one day."""
    days = (DayCounts(NOON.date(), Counts(play_count=plays)),) if plays else ()
    counted = ClipCounts(Counts(play_count=plays), NOON if plays else None)
    return ClipRecord(clip=a_clip(id=ClipId(clip), play_count=plays), **({"counted": counted, "days": days} | said))
