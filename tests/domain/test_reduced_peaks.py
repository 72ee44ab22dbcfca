"""Peaks are reduced without losing anything, and a key tells one version of audio from another."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PeaksFault
from domain.location import AudioLocation
from domain.peaks import FAULT_HOLDS, KEPT_PAIRS, MOST_POINTS, KeptPeaks, Pair, Peaks, key_of_upload, key_of_version
from domain.validators import UNKNOWN, EntityTag, Validators
from tests.examples import NOON, a_clip

pairs = st.tuples(st.integers(-128, 127), st.integers(-128, 127)).map(lambda pair: (min(pair), max(pair)))
outlines = st.lists(pairs, min_size=1, max_size=60)
points = st.integers(1, 130)


def peaks_of(kept: list[Pair], duration: float = 1.0) -> Peaks:
    return Peaks(duration, bytes(sample % 256 for pair in kept for sample in pair))


@given(kept=outlines, count=points)
def test_every_kept_pair_is_in_the_point_that_its_beginning_lies_in(kept: list[Pair], count: int) -> None:
    found = peaks_of(kept).reduced(count)

    assert len(found) == count
    for point, pair in enumerate(found):
        # the k-th pair begins at k/len of the whole, the point reaches from point/count to (point + 1)/count
        begin_in = [
            kept[k] for k in range(len(kept)) if point * len(kept) // count <= k < (point + 1) * len(kept) // count
        ]
        lies_in = begin_in or [kept[point * len(kept) // count]]
        assert pair == (min(low for low, _ in lies_in), max(high for _, high in lies_in))


@given(kept=outlines, count=points)
def test_no_reduction_loses_the_loudest_sample(kept: list[Pair], count: int) -> None:
    found = peaks_of(kept).reduced(count)

    assert min(low for low, _ in found) == min(low for low, _ in kept)
    assert max(high for _, high in found) == max(high for _, high in kept)


@given(kept=outlines)
def test_as_many_points_as_were_kept_are_those_that_were_kept(kept: list[Pair]) -> None:
    assert peaks_of(kept).reduced(len(kept)) == tuple(kept) == peaks_of(kept).pairs


def test_as_many_points_are_kept_as_anybody_may_ask_for() -> None:
    assert MOST_POINTS == KEPT_PAIRS


@pytest.mark.parametrize("outline", [b"", b"\0", b"\0\1\2"])
def test_an_outline_is_made_of_pairs(outline: bytes) -> None:
    with pytest.raises(ValueError, match="two bytes"):
        Peaks(1.0, outline)


def test_peaks_hold_for_good_and_a_fault_for_a_day() -> None:
    peaks, fault = KeptPeaks(peaks_of([(0, 1)]), NOON), KeptPeaks(PeaksFault.UNDECODABLE, NOON)
    later = NOON + FAULT_HOLDS

    assert peaks.hold_at(later + timedelta(days=1_000))
    assert fault.hold_at(later - timedelta(seconds=1))
    assert not fault.hold_at(later)


UPLOAD = AudioLocation(f"library:uploads/{'a' * 64}.mp3")
TAG, WEAK = EntityTag("one"), EntityTag("one", is_weak=True)


def test_an_upload_is_known_by_its_content_whichever_clip_uses_it() -> None:
    first, second = a_clip(audio_url=UPLOAD), a_clip(id=2, audio_url=UPLOAD, created_at=NOON + timedelta(days=1))

    assert key_of_upload(first) == key_of_upload(second)
    assert key_of_upload(first) != key_of_upload(a_clip(audio_url=UPLOAD.replace("aa", "ab")))
    assert key_of_upload(a_clip()) is None


def test_a_strong_tag_tells_a_version_whichever_clip_uses_it() -> None:
    clip, other = a_clip(), a_clip(id=2)

    assert key_of_version(clip, Validators(TAG), 100) == key_of_version(other, Validators(TAG), 100)
    assert key_of_version(clip, Validators(TAG), 100) != key_of_version(clip, Validators(EntityTag("two")), 100)
    elsewhere = evolve(clip, audio_url=AudioLocation("library:elsewhere.ogg"))
    assert key_of_version(clip, Validators(TAG), 100) != key_of_version(elsewhere, Validators(TAG), 100)


def test_without_a_strong_tag_date_and_size_tell_a_version() -> None:
    clip, dated = a_clip(), Validators(WEAK, NOON)

    assert key_of_version(clip, dated, 100) == key_of_version(clip, Validators(None, NOON), 100)
    assert key_of_version(clip, dated, 100) != key_of_version(clip, dated, 101)
    assert key_of_version(clip, dated, 100) != key_of_version(clip, Validators(WEAK, NOON + timedelta(seconds=1)), 100)


def test_where_nothing_tells_versions_apart_it_is_the_clip_and_its_size() -> None:
    clip = a_clip()
    others = [a_clip(id=2), a_clip(created_at=NOON + timedelta(seconds=1))]
    keys = {key_of_version(each, UNKNOWN, 100) for each in (clip, *others)} | {key_of_version(clip, UNKNOWN, None)}

    assert len(keys) == 4
    assert key_of_version(clip, UNKNOWN, 100) == key_of_version(clip, Validators(WEAK), 100)
