"""What may be said of a clip, and where its audio may lie."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clip import AudioTags, ClipChanges, ClipDetails, ClipOffer
from domain.location import content_hash
from domain.text import folded
from tests.examples import details

storable = st.characters(exclude_categories=["Cc", "Cs"])


@given(title=st.text(storable, min_size=1, max_size=200).filter(lambda text: not text.isspace()))
def test_any_storable_text_of_up_to_200_characters_is_a_title(title: str) -> None:
    assert details(title=title).title == title


@pytest.mark.parametrize("title", ["", " ", "\u3000", "x" * 201, "a\nb", "a\0b", "a\x7fb", "\ud800", "\x85"])
def test_a_title_is_one_line_of_printable_text(title: str) -> None:
    with pytest.raises(ValueError):
        details(title=title)


def test_lengths_are_counted_in_characters() -> None:
    assert details(title="é" * 200, genre="🎵" * 50, description="🎵" * 2_000)
    for said in ({"genre": "x" * 51}, {"genre": ""}, {"description": "x" * 2_001}):
        with pytest.raises(ValueError):
            details(**said)


def test_a_description_may_be_empty_absent_or_of_many_lines_but_not_unstorable() -> None:
    for description in (None, "", "one\ntwo\r\n\tthree"):
        assert details(description=description).description == description
    for description in ("a\0b", "a\x1bb", "\udfff"):
        with pytest.raises(ValueError):
            details(description=description)


def test_tags_are_at_most_20_lines_of_50_characters_in_the_order_given() -> None:
    given = tuple(f"{number:🎵>50}" for number in range(20))

    assert details(tags=given).tags == ClipChanges(tags=given).tags == given


@pytest.mark.parametrize(
    "tags",
    [("",), (" ",), ("x" * 51,), ("a\nb",), ("a\0",), ("\ud800",), ("Straße", "STRASSE"), tuple(map(str, range(21)))],
)
def test_tags_are_lines_of_text_and_none_is_there_twice(tags: tuple[str, ...]) -> None:
    for build in (details, ClipChanges):
        with pytest.raises(ValueError):
            build(tags=tags)


@pytest.mark.parametrize("duration", [0, -1, float("inf"), float("nan")])
def test_a_duration_is_a_length_of_time(duration: float) -> None:
    for build in (details, ClipChanges):
        with pytest.raises(ValueError):
            build(duration=duration)


@pytest.mark.parametrize(
    "location",
    [
        "library:rain.ogg",
        "library:rain/on-the-roof.ogg",
        "library:..rain",
        "library:é.mp3",
        "http://example.org/a.mp3",
        "HTTPS://example.org",
        "https://example.org:8443/a%20b?c=d#e",
        "http://[2001:db8::1]:80/a",
        "http://例え.jp/音.mp3",
    ],
)
def test_audio_may_lie_in_the_library_or_at_a_web_address(location: str) -> None:
    assert details(audio_url=location).audio_url == location


@pytest.mark.parametrize(
    "location",
    [
        "",
        "rain.ogg",
        "ftp://example.org/a.mp3",
        "file:///etc/passwd",
        "library:",
        "library:/etc/passwd",
        "library:../secret",
        "library:a/../b",
        "library:a//b",
        "library:./a",
        "library:a\\..\\b",
        "library:a\0b",
        "library:" + "é" * 128,
        "http://",
        "http:///a.mp3",
        "http://user:password@example.org/a.mp3",
        "http://user@example.org/a.mp3",
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://[::1/a",
        "http://example.org/a b.mp3",
        "http://example.org/\n",
        "http://example.org/" + "a" * 2_000,
        "http://example.org/\ud800",
    ],
)
def test_audio_lies_nowhere_else(location: str) -> None:
    with pytest.raises(ValueError):
        details(audio_url=location)


@given(
    location=st.text(max_size=50)
    | st.text(max_size=50).map("http://{}".format)
    | st.text(max_size=50).map("library:{}".format)
)
def test_a_location_is_taken_or_refused_but_never_breaks(location: str) -> None:
    with suppress(ValueError):  # and nothing else
        assert details(audio_url=location).audio_url == location


@pytest.mark.parametrize("said", [{"title": ""}, {"genre": "x" * 51}, {"audio_url": "ftp://x"}, {"description": "\0"}])
def test_a_change_keeps_the_rules_of_what_it_changes(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ClipChanges(**said)
    with pytest.raises(ValueError):
        details(**said)


@given(text=st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_details_are_values() -> None:
    assert details() == details()
    assert isinstance(details(), ClipDetails)


@given(title=st.text(max_size=1_000), genre=st.text(max_size=300), description=st.text(max_size=9_000))
def test_whatever_tags_say_a_clip_can_be_made_of_what_is_left_of_it(title: str, genre: str, description: str) -> None:
    tags = AudioTags.cleaned(title, genre, description)

    assert details(title=tags.title or "x", genre=tags.genre or "x", description=tags.description)
    assert AudioTags.cleaned(tags.title, tags.genre, tags.description) == tags


def test_tags_lose_what_cannot_be_kept_and_nothing_else() -> None:
    tags = AudioTags.cleaned(" Rain\0on\nthe  roof ", "x" * 60, "One\x1b\r\n\ttwo\ud800\n")

    assert tags == AudioTags(title="Rain on the roof", genre="x" * 50, description="One\r\n\ttwo")
    assert AudioTags.cleaned("\0\x01", " ", None) == AudioTags()


@pytest.mark.parametrize("said", [{"title": ""}, {"genre": "x" * 51}, {"description": "a\0b"}, {"duration": 0}])
def test_an_offer_keeps_to_the_rules_of_details(said: dict[str, Any]) -> None:
    assert ClipOffer() == ClipOffer(title=None, genre=None)
    with pytest.raises(ValueError):
        ClipOffer(**said)


def test_only_what_was_uploaded_has_its_hash_in_its_location() -> None:
    digest = "0123456789abcdef" * 4

    assert content_hash(f"library:uploads/{digest}.mp3") == digest
    for other in (
        f"library:{digest}.mp3",
        f"library:uploads/{digest}.txt",
        f"library:uploads/{digest}",
        f"library:uploads/{digest.upper()}.mp3",
        f"library:uploads/deep/{digest}.mp3",
        f"library:uploads/{digest}.mp3\n",
        f"library:uploads/../{digest}.mp3",
        f"https://example.org/uploads/{digest}.mp3",
    ):
        assert content_hash(other) is None
