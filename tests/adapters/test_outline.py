"""The decoder's outline is, to the bucket, what plain Python finds in the samples, whatever the file they came in."""

import struct
from collections.abc import Callable
from importlib.resources import files
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # it has no types
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.audio.peaks import decoder as program
from adapters.audio.peaks.decoder import PAIRS, Decoded, Outline, UndecodableError, by_miniaudio, by_soundfile

Frames = list[list[float]]


@st.composite
def frames(draw: st.DrawFn) -> Frames:
    """Noise of up to 300 frames, as often of many as of few, which lists of Hypothesis's own are not."""
    dice, channels, count = draw(st.randoms(use_true_random=True)), draw(st.integers(1, 3)), draw(st.integers(1, 300))
    return [[dice.randrange(-(2**15), 2**15) / 2**15 for _ in range(channels)] for _ in range(count)]


def step(level: float) -> int:
    return max(-128, min(127, round(level * 128)))


def expected(sound: Frames, count: int, width: int = 1) -> list[tuple[int, int]]:
    """Each point's extremes, where ``width`` frames that belong together are never parted."""
    buckets = [list(chain(*sound[at : at + width])) for at in range(0, len(sound), width)]
    edges = [point * len(sound) // count // width for point in range(count)] + [len(buckets)]
    found = [list(chain(*buckets[first : max(first + 1, end)])) for first, end in pairwise(edges)]
    return [(step(min(part)), step(max(part))) for part in found]


def outlined(sound: Frames, cuts: list[int], count: int) -> tuple[list[tuple[int, int]], Outline]:
    """What an outline says when the frames come in pieces that end at ``cuts``."""
    outline = Outline(len(sound[0]))
    places = [0, *sorted(min(cut, len(sound)) for cut in cuts), len(sound)]
    for first, end in pairwise(places):
        outline.add(np.array(sound[first:end], np.float32).reshape(-1))
    return pairs_in(outline.pairs(count)), outline


@given(sound=frames(), cuts=st.lists(st.integers(0, 300), max_size=5), count=st.integers(1, 40))
def test_each_point_is_the_extremes_of_exactly_its_frames(sound: Frames, cuts: list[int], count: int) -> None:
    assert outlined(sound, cuts, count)[0] == expected(sound, count)


@given(sound=frames(), cuts=st.lists(st.integers(0, 300), max_size=5), count=st.integers(1, 8))
def test_of_long_audio_it_is_so_to_within_a_bucket(sound: Frames, cuts: list[int], count: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "MOST_BUCKETS", 16)
        found, outline = outlined(sound, cuts, count)

    width = outline.width // len(sound[0])
    assert len(outline.low) <= 16
    assert width == 1 or len(sound) > 8 * width
    assert found == expected(sound, count, width)


def test_silence_is_zero_and_no_sample_at_all_is_undecodable() -> None:
    outline = Outline(2)
    with pytest.raises(UndecodableError):
        outline.pairs()
    outline.add(np.zeros(5_000, np.float32))

    assert set(outline.pairs()) == {0}


def test_what_is_no_number_hides_nothing_and_what_is_too_loud_is_full_scale() -> None:
    outline = Outline(2)
    outline.add(np.array([np.nan, 0.5, np.inf, -np.inf, np.nan, np.nan, 1.5, -1.5], np.float32))

    assert pairs_in(outline.pairs(4)) == [(64, 64), (-128, 127), (0, 0), (-128, 127)]


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("channels", [1, 2])
@settings(max_examples=12)
@given(data=st.data())
def test_every_kind_of_wave_file_is_drawn_as_its_samples_are(
    tmp_path: Path, subtype: str, channels: int, data: st.DataObject
) -> None:
    coarse = st.integers(-128, 127).map(lambda step: step / 128)  # so that 8 bits hold it
    sound = data.draw(st.lists(st.lists(coarse, min_size=channels, max_size=channels), min_size=1, max_size=400))
    soundfile.write(tmp_path / "sound.wav", np.array(sound), 8_000, subtype)
    seconds, found = drawn(tmp_path / "sound.wav", by_soundfile)

    assert seconds == len(sound) / 8_000
    assert found == expected(sound, PAIRS)


@pytest.mark.parametrize("name", ["slow-sunrise.mp3", "porch-strings.mp3"])
def test_both_decoders_draw_the_same(name: str) -> None:
    sample = Path(str(files("entrypoints"))) / "sample_clips" / name
    seconds, quick = drawn(sample, by_miniaudio)
    as_long, other = drawn(sample, by_soundfile)

    assert seconds == as_long > 10
    assert (
        max(
            abs(one - two) for pair, same in zip(quick, other, strict=True) for one, two in zip(pair, same, strict=True)
        )
        <= 1
    )


def drawn(file: Path, decoder: Callable[[int], Decoded]) -> tuple[float, list[tuple[int, int]]]:
    """The seconds and the pairs that ``decoder`` makes of ``file``, in this process."""
    with file.open("rb") as opened:
        written = program.drawn(decoder(opened.fileno()))
    return struct.unpack_from("<d", written)[0], pairs_in(written[8:])


def pairs_in(outline: bytes) -> list[tuple[int, int]]:
    return [(low, high) for low, high in np.frombuffer(outline, np.int8).reshape(-1, 2).tolist()]
