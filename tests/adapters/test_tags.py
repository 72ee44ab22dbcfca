"""What the tags of audio say, in every format that may be uploaded; and that none of them can do any harm."""

from base64 import b64encode
from time import thread_time

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from adapters.audio.in_memory import MemoryAudio
from adapters.audio.probe.tag_probe import HEAD, TagProbe
from domain.clip import NO_TAGS, AudioFacts, AudioTags
from domain.errors import AudioUnavailable
from domain.location import AudioLocation
from tests.examples import details
from tests.sounds import (
    flac,
    mp3,
    opus,
    tagged_m4a,
    tagged_opus,
    tagged_wav,
    vorbis_comments,
    wav,
    with_id3_frames,
    with_id3v1,
)

CLIP = AudioLocation("library:clip")
RAIN = AudioTags(title="Regen über Köln", genre="Nature", description="On a roof.")
COMMENTS = ("TITLE=Regen über Köln", "genre=Nature", "Description=On a roof.")
FRAMES = {"TIT2": "Regen über Köln", "TCON": "Nature", "COMM": "On a roof."}
ITEMS = {"nam": "Regen über Köln", "gen": "Nature", "cmt": "On a roof."}
PICTURE = "METADATA_BLOCK_PICTURE=" + b64encode(bytes(300_000)).decode()


async def facts(content: bytes) -> AudioFacts:
    return await TagProbe(MemoryAudio({CLIP: content})).facts(CLIP)


@pytest.mark.parametrize(
    "content",
    [
        with_id3_frames(mp3(100), **FRAMES),
        with_id3_frames(mp3(10_000), **FRAMES),
        with_id3_frames(mp3(100), TIT2="Regen über Köln", APIC="x" * 200_000, TCON="Nature", COMM="On a roof."),
        tagged_opus(*COMMENTS),
        tagged_opus(*COMMENTS, PICTURE),
        tagged_opus(PICTURE, *COMMENTS),
        tagged_opus("TITLE=Regen über Köln", "GENRE=Nature", "COMMENT=On a roof."),
        flac(7, *COMMENTS),
        flac(7, *COMMENTS, sound=3_000_000),
        tagged_wav(INAM="Regen über Köln", IGNR="Nature", ICMT="On a roof."),
        tagged_m4a(ITEMS, index_first=True),
        tagged_m4a(ITEMS, index_first=False),
        tagged_m4a(ITEMS, index_first=True, sound=3_000_000),
        tagged_m4a(ITEMS, index_first=False, sound=3_000_000),
    ],
)
async def test_tags_are_read_in_every_format_wherever_they_lie(content: bytes) -> None:
    told = await facts(content)

    assert told.tags == RAIN
    assert told.duration


@pytest.mark.parametrize("frames", [100, 10_000])
async def test_the_old_tag_at_the_end_is_read_where_it_is_the_only_one(frames: int) -> None:
    told = await facts(with_id3v1(mp3(frames), "Rain", "On a roof.", 5))

    assert told.tags == AudioTags(title="Rain", genre="Funk", description="On a roof.")


@pytest.mark.parametrize("content", [mp3(100), wav(), opus(3), flac(3), tagged_m4a({}, index_first=True)])
async def test_audio_without_tags_says_nothing(content: bytes) -> None:
    assert (await facts(content)).tags == NO_TAGS


async def test_tags_that_no_clip_may_have_are_cut_and_cleaned() -> None:
    told = await facts(flac(3, "TITLE= \0Rain\x1b " + "x" * 300, "GENRE=\0\n", "COMMENT=" + "y" * 3_000))

    assert told.tags.title is not None
    assert told.tags.title.startswith("Rain x")
    assert (len(told.tags.title), told.tags.genre) == (200, None)
    assert told.tags.description == "y" * 2_000


async def test_a_comment_that_says_it_is_longer_than_all_ends_the_reading() -> None:
    cut = vorbis_comments(*COMMENTS)[:-3]
    content = tagged_opus(*COMMENTS).replace(vorbis_comments(*COMMENTS), cut + b"\xff\xff\xff")

    assert (await facts(content)).tags.title == RAIN.title


MANY = [f"A={number:06}" for number in range(30_000)]
CROWDED = {
    "opus": tagged_opus(*MANY),
    "flac": flac(3, *MANY),
    "mp3": with_id3_frames(mp3(50), **{f"T{number:03X}": f"x{number}" for number in range(4_000)}),
    "wav": tagged_wav(**{f"{number:04X}": f"{number}" for number in range(20_000)}),
    "m4a": tagged_m4a({f"{number:03X}": f"{number}" for number in range(4_000)}, index_first=True),
}


@pytest.mark.parametrize("content", CROWDED.values(), ids=CROWDED)
async def test_thousands_of_tags_keep_nobody_busy(content: bytes) -> None:
    began = thread_time()
    await facts(content)

    assert thread_time() - began < 1


WHOLE = {
    "mp3": with_id3v1(with_id3_frames(mp3(20), **FRAMES), "Rain", "", 5),
    "opus": tagged_opus(*COMMENTS),
    "flac": flac(7, *COMMENTS),
    "wav": tagged_wav(INAM="Rain", IGNR="Nature"),
    "m4a": tagged_m4a(ITEMS, index_first=True),
}


@given(kind=st.sampled_from(sorted(WHOLE)), damage=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8))))
async def test_damaged_tags_never_raise_and_always_make_a_clip(kind: str, damage: list[tuple[float, bytes]]) -> None:
    content = bytearray(WHOLE[kind])
    for place, written in damage:
        at = 12 + int(place * (len(content) - 12))
        content[at : at + len(written)] = written[: len(content) - at]
    try:
        told = (await facts(bytes(content))).tags
    except AudioUnavailable:
        reject()  # it is no audio any more

    assert details(title=told.title or "x", genre=told.genre or "x", description=told.description)
    assert len(content) < HEAD
