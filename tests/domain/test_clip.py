"""What may be said of a clip, and where its audio may lie."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clip import ClipChanges, ClipDetails
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
