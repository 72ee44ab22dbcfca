"""How texts and searches are cut into words: whatever is typed for a word finds it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.words import LONGEST_SPACELESS, LONGEST_WORD, folded_words, query_words, text_words

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Rain on the Roof", "rain ROOF"),
        ("L'été à Orléans", "ete orleans"),
        ("Straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("Łódź, Ærø, Đà Nẵng", "lodz aero da nang"),
        ("Ísland: Þórsmörk", "island thorsmork"),
        ("İstanbul ISPARTA ısı", "istanbul isparta isi"),
        ("Ελλάς", "ΕΛΛΑΣ ελλας"),
        ("Ёлка", "елка"),
        ("ﬁne ２０２６ H₂O x²", "fine 2026 h2o x2"),
        ("sha\u00adpe", "shape"),
        ("می\u200cخواهم", "میخواهم"),
        ("שָׁלוֹם", "שלום"),
        ("🎵 of ☔️ 👩🏽\u200d🎤", "🎵 ☔ 🎤"),
    ],
)
def test_case_accents_and_typography_make_no_other_word(text: str, asked: str) -> None:
    assert set(query_words(asked)) <= text_words(text)


@pytest.mark.parametrize(("one", "other"), [("が", "か"), ("कि", "क"), ("ผี", "ผ"), ("क्ष", "कष")])
def test_marks_that_make_another_letter_are_kept(one: str, other: str) -> None:
    assert query_words(one) != query_words(other)


@pytest.mark.parametrize(
    ("text", "asked"), [("lo-fi", "lofi"), ("R&B", "rb"), ("don’t", "dont"), ("AC/DC", "acdc"), ("U.S.A.", "usa")]
)
def test_what_is_joined_is_found_by_its_parts_and_as_one(text: str, asked: str) -> None:
    assert set(query_words(text)) | {asked} == text_words(text)


@pytest.mark.parametrize(
    ("text", "asked"), [("夜のバス", "バス"), ("夜のバス", "ﾊﾞｽ"), ("ประเทศไทย", "ไทย"), ("DJタイム", "タイ")]
)
def test_where_no_space_is_put_between_words_any_place_begins_one(text: str, asked: str) -> None:
    [word] = query_words(asked)

    assert any(found.startswith(word) for found in text_words(text))


def test_signs_are_no_words() -> None:
    assert query_words(" %_ \\ ' -- & | ! :* ( ) \"\t\u0301 +=$€") == ()
    assert text_words("...", "", " ") == frozenset()


def test_a_word_is_asked_for_once() -> None:
    assert query_words("Rain rain, RÁIN hail") == ("rain", "hail")


@given(text=texts)
def test_a_text_is_found_by_each_word_of_itself(text: str) -> None:
    assert set(query_words(text)) <= text_words(text)


@given(text=texts)
def test_a_text_is_found_by_the_same_words_whatever_stands_beside_it(text: str) -> None:
    for other in ("夜", "lo-fi", "plain"):
        assert text_words(f"{other} {text}") == text_words(other) | text_words(text)


@given(text=texts)
def test_words_are_of_letters_digits_and_pictographs_and_never_too_long(text: str) -> None:
    for word in text_words(text):
        assert word
        assert not any(character.isspace() or character in "\\'\":*&|!()<>\0" for character in word)
        assert len(word) <= LONGEST_WORD


def test_every_character_is_folded_for_good() -> None:
    for code in range(sys.maxunicode + 1):
        words = folded_words(f"a{chr(code)}b").split() if not 0xD800 <= code <= 0xDFFF else []

        assert folded_words(" ".join(words)).split() == words, hex(code)


def test_a_word_too_long_is_found_by_its_beginning() -> None:
    long = "long" * 100

    assert query_words(long) == (long[:LONGEST_WORD],)
    assert query_words(long)[0] in text_words(long)
    assert query_words("夜" * 50) == ("夜" * LONGEST_SPACELESS,)


@pytest.mark.parametrize("character", ["x", "夜", "㌀", "ﷺ", "🎵", "ก", "a-"])
def test_the_words_of_the_longest_text_are_less_than_a_tsvector_holds(character: str) -> None:
    words = text_words((character * 2_000)[:2_000])

    assert sum(len(word.encode()) for word in words) < 2**20 / 4
