"""Which clips a search finds, and which of them come first."""

import pytest

from domain.search import ClipWords, clip_words, has_all, score
from domain.words import query_words

RAIN = clip_words("Rain on the Roof", "Nature", ["storm", "Night"], "Thunder, rainy and far.")


def a_clip(title: str = "", genre: str = "", tags: tuple[str, ...] = (), description: str | None = None) -> ClipWords:
    return clip_words(title, genre, tags, description)


@pytest.mark.parametrize("asked", ["", "rain", "roo", "nat", "sto nig", "thun", "rain thunder storm nature"])
def test_a_clip_is_found_that_has_a_word_for_each_beginning(asked: str) -> None:
    assert has_all(RAIN, query_words(asked))


@pytest.mark.parametrize("asked", ["hail", "ain", "rain hail", "rainyday", "roofs"])
def test_a_clip_is_not_found_that_lacks_one(asked: str) -> None:
    assert not has_all(RAIN, query_words(asked))


def test_a_word_of_the_title_goes_before_a_beginning_a_label_and_the_description() -> None:
    clips = [
        a_clip(title="Rain"),
        a_clip(title="Rainbow"),
        a_clip(genre="Rain"),
        a_clip(tags=("rainy",)),
        a_clip(description="rain"),
    ]

    assert [score(clip, ("rain",)) for clip in clips] == [8, 4, 2, 2, 1]


def test_each_word_counts_where_it_is_best() -> None:
    everywhere = a_clip("Rain", "rain", ("rain",), "rain")

    assert score(everywhere, ("rain",)) == 8
    assert score(a_clip("Rain", "Nature", (), "soft"), query_words("nat rain sof")) == 2 + 8 + 1
    assert score(everywhere, ()) == 0
