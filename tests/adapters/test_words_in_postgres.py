"""Words as PostgreSQL is told them: each comes back as it went, whatever it is made of."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.postgres.words import asked, quoted, vector
from domain.words import LONGEST_WORD, query_words, text_words

naughty = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20) | st.text(
    "'\\:*&|!()<-> ab", min_size=1, max_size=12
)
FOUND = "SELECT %(vector)s::tsvector @@ %(all_words)s::tsquery"


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@given(words=st.sets(naughty, min_size=1, max_size=5))
def test_whatever_a_word_is_made_of_it_is_told_and_asked_for_as_that(
    server: "psycopg.Connection[Any]", words: set[str]
) -> None:
    told = " ".join(map(quoted, words))
    [[kept]] = server.execute("SELECT tsvector_to_array(%s::tsvector)", [told])
    [[is_found]] = server.execute(FOUND, {"vector": told, **asked(sorted(words))})

    assert set(kept) == words
    assert is_found


@given(text=naughty, other=naughty)
def test_a_beginning_is_one_to_the_database_as_it_is_in_memory(
    server: "psycopg.Connection[Any]", text: str, other: str
) -> None:
    words = query_words(other)
    if words:
        [[is_found]] = server.execute(FOUND, {"vector": vector(text), **asked(words)})

        assert is_found is all(any(found.startswith(word) for found in text_words(text)) for word in words)


@pytest.mark.parametrize("character", ["x", "夜", "㌀", "ﷺ", "🎵", "ก", "\U0001f600", "a-"])
def test_the_longest_texts_fit(server: "psycopg.Connection[Any]", character: str) -> None:
    text = (character * 2_000)[:2_000]
    [[words]] = server.execute("SELECT length(%s::tsvector)", [vector(text)])

    assert words == len(text_words(text))


def test_a_query_of_as_many_words_as_can_be_asked_is_answered(server: "psycopg.Connection[Any]") -> None:
    words = query_words(" ".join(f"{number:x}" for number in range(66)))
    [[is_found]] = server.execute(FOUND, {"vector": vector(" ".join(words)), **asked(words)})

    assert is_found
    assert len(query_words("ﷺ" * 200)[0]) <= LONGEST_WORD
