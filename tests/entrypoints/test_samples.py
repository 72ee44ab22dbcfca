"""The samples are six small, different, playable files that say what they are, and are put in place with care."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from tinytag import TinyTag

from entrypoints.samples import SAMPLES, Sample, put_in_place

SAMPLE_CLIPS = Path(__file__).parents[2] / "entrypoints" / "sample_clips"

# No file may grow beyond 1 000 bytes, so that every copy breaks off in its middle.
PUT_IN_PLACE_STARVED = """
import resource, sys
from pathlib import Path
from entrypoints.samples import put_in_place
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
put_in_place(Path(sys.argv[1]))
"""

every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file_name)


def audio_of(sample: Sample) -> bytes:
    return (SAMPLE_CLIPS / sample.file_name).read_bytes()


def tags_of(sample: Sample) -> TinyTag:
    return TinyTag.get(SAMPLE_CLIPS / sample.file_name)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_there_are_three_mp3_and_three_ogg_samples_and_no_other_audio() -> None:
    names = sorted(sample.file_name for sample in SAMPLES)

    assert names == sorted(path.name for path in SAMPLE_CLIPS.iterdir() if path.suffix in {".mp3", ".ogg"})
    assert [sum(name.endswith(suffix) for name in names) for suffix in (".mp3", ".ogg")] == [3, 3]


@every_sample
def test_a_sample_is_in_the_format_that_its_name_promises(sample: Sample) -> None:
    audio = audio_of(sample)

    if sample.file_name.endswith(".mp3"):
        assert audio.startswith(b"ID3\x03\x00")
    else:
        assert audio.startswith(b"OggS")
        assert audio[28:35] == b"\x01vorbis"


@every_sample
def test_an_mp3_sample_tells_its_exact_length_in_its_first_frame(sample: Sample) -> None:
    if sample.file_name.endswith(".mp3"):
        audio = audio_of(sample)
        tag = 10 + sum(byte << shift for byte, shift in zip(audio[6:10], (21, 14, 7, 0), strict=True))

        assert audio[tag : tag + 2] == b"\xff\xfb"
        assert audio[tag + 36 : tag + 40] == b"Xing"
        assert int.from_bytes(audio[tag + 48 : tag + 52], "big") == len(audio) - tag


@every_sample
def test_a_sample_is_small_and_lasts_eight_to_twenty_seconds(sample: Sample) -> None:
    duration = tags_of(sample).duration

    assert len(audio_of(sample)) <= 150_000
    assert duration is not None
    assert 8 <= duration <= 20


@every_sample
def test_a_sample_says_of_itself_what_the_catalogue_says_of_it(sample: Sample) -> None:
    tags = tags_of(sample)

    assert (tags.title, tags.genre, tags.artist) == (sample.title, sample.genre, "Soundverse Play")
    assert tags.comment is not None
    assert "CC0" in tags.comment


@every_sample
def test_a_sample_is_offered_from_the_library_and_lets_its_audio_tell_the_duration(sample: Sample) -> None:
    details = sample.details()

    assert details.audio_url == f"library:{sample.file_name}"
    assert (details.title, details.genre, details.description) == (sample.title, sample.genre, sample.description)
    assert details.duration is None


def test_no_two_samples_are_alike() -> None:
    for one, other in combinations(SAMPLES, 2):
        assert one.file_name != other.file_name
        assert one.title != other.title
        assert one.genre != other.genre
        assert one.description != other.description
        assert audio_of(one) != audio_of(other)


def test_samples_are_put_whole_into_a_folder_that_need_not_exist_and_nothing_else_is_left_there(tmp_path: Path) -> None:
    media = tmp_path / "data" / "media"

    put_in_place(media)

    assert contents(media) == {sample.file_name: audio_of(sample) for sample in SAMPLES}


def test_putting_samples_in_place_again_touches_nothing(tmp_path: Path) -> None:
    put_in_place(tmp_path)
    before = {path.name: path.stat() for path in (tmp_path, *tmp_path.iterdir())}

    put_in_place(tmp_path)

    after = {path.name: path.stat() for path in (tmp_path, *tmp_path.iterdir())}
    for name, stat in before.items():
        assert (after[name].st_ino, after[name].st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_only_what_is_missing_is_put_in_place_and_an_own_file_is_never_overwritten(tmp_path: Path) -> None:
    own, missing = SAMPLES[0].file_name, SAMPLES[1].file_name
    put_in_place(tmp_path)
    (tmp_path / own).write_bytes(b"my own sunrise")
    (tmp_path / missing).unlink()

    put_in_place(tmp_path)

    expected = {sample.file_name: audio_of(sample) for sample in SAMPLES}
    assert contents(tmp_path) == expected | {own: b"my own sunrise"}


def test_a_link_that_leads_nowhere_yet_is_left_alone(tmp_path: Path) -> None:
    link = tmp_path / SAMPLES[0].file_name
    link.symlink_to(tmp_path / "not-mounted-yet.mp3")

    put_in_place(tmp_path)

    assert link.is_symlink()
    assert len(list(tmp_path.iterdir())) == len(SAMPLES)


def test_a_full_disk_leaves_nothing_unfinished_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PUT_IN_PLACE_STARVED, str(tmp_path)]
    starved = subprocess.run(command, check=False, capture_output=True, text=True)

    assert "OSError: [Errno 27] File too large" in starved.stderr
    assert list(tmp_path.iterdir()) == []
