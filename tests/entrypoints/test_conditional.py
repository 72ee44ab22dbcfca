"""The fields of a conditional request are read as RFC 9110 §13.1 has them; what cannot be read matches nothing."""

from datetime import UTC, datetime
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from domain.http_date import http_date
from domain.preconditions import NONE, EntityTags, Preconditions
from domain.validators import EntityTag
from entrypoints.web.conditional import MATCHES_NOTHING, entity_tags, preconditions

tags = st.builds(EntityTag, st.from_regex(r"[\x21\x23-\x7e\x80-\xff]*", fullmatch=True), st.booleans())
moments = st.datetimes(timezones=st.just(UTC))
FROM_1994 = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def read(*fields: tuple[str, str]) -> Preconditions:
    return preconditions(Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in fields]))


@given(several=st.lists(tags, min_size=1, max_size=5), blank=st.text(" \t", max_size=2))
def test_a_list_of_tags_is_read_as_it_was_written(several: list[EntityTag], blank: str) -> None:
    text = f"{blank},{blank}".join(str(tag) for tag in several)

    assert read(("if-none-match", text)).if_none_match == EntityTags(tuple(several))
    assert read(*(("if-match", str(tag)) for tag in several)).if_match == EntityTags(tuple(several))


@given(text=st.text(st.characters(codec="latin-1"), max_size=50) | st.from_regex(r'[W/", \t*a]*', fullmatch=True))
def test_whatever_is_sent_can_be_judged(text: str) -> None:
    for name in ("if-match", "if-none-match", "if-range", "if-modified-since", "if-unmodified-since"):
        read((name, text))


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ('"a"', ["a"]),
        ('"a,b", "c"', ["a,b", "c"]),
        (' , "a" ,, "b" , ', ["a", "b"]),
        ('""', [""]),
        ('"a" "b"', None),
        ('"a', None),
        ("a", None),
        ('w/"a"', None),
        ('W/ "a"', None),
        ('"a b"', None),
        ('"a", *', None),
        ("", None),
        (" , ", None),
        ('"a\x7f"', None),
    ],
)
def test_a_list_of_tags_is_read_to_the_letter(text: str, several: list[str] | None) -> None:
    expected = None if several is None else EntityTags(tuple(EntityTag(opaque) for opaque in several))

    assert entity_tags([text]) == expected


def test_a_star_is_any_version() -> None:
    assert read(("if-match", "*")).if_match == EntityTags(is_any=True)


def test_a_long_list_of_blanks_is_read_in_no_time() -> None:
    began = thread_time()

    assert entity_tags(['"a"' + " \t" * 30_000 + "x"]) is None
    assert thread_time() - began < 1


def test_if_match_that_cannot_be_read_matches_nothing_and_if_none_match_is_ignored() -> None:
    asked = read(("if-match", "abc"), ("if-none-match", "abc"))

    assert (asked.if_match, asked.if_none_match) == (EntityTags(), None)


def test_a_date_is_ignored_beside_if_none_match_also_if_that_cannot_be_read() -> None:
    told = http_date(FROM_1994)

    for tags in ('"a"', "garbage"):
        assert read(("if-none-match", tags), ("if-modified-since", told)).if_modified_since is None


@given(moment=moments)
def test_dates_are_read_in_whole_seconds(moment: datetime) -> None:
    asked = read(("if-modified-since", http_date(moment)), ("if-unmodified-since", http_date(moment)))

    assert asked.if_modified_since == asked.if_unmodified_since == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    "text", ["yesterday", "", "Sun, 06 Nov 1994 08:49:37 CET", "784111777", "1994-11-06T08:49:37Z"]
)
def test_what_is_no_date_is_ignored(text: str) -> None:
    assert read(("if-modified-since", text), ("if-unmodified-since", text)) == Preconditions()


def test_a_date_that_is_sent_twice_is_ignored() -> None:
    told = http_date(FROM_1994)

    assert read(("if-modified-since", told), ("if-modified-since", told)) == Preconditions()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('"a"', EntityTag("a")),
        ('W/"a"', EntityTag("a", is_weak=True)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", FROM_1994),
        ("abc", MATCHES_NOTHING),
        ("*", MATCHES_NOTHING),
        ('"a", "b"', MATCHES_NOTHING),
        ("", MATCHES_NOTHING),
    ],
)
def test_if_range_is_a_tag_or_a_date_or_matches_nothing(text: str, meant: EntityTag | datetime) -> None:
    assert read(("if-range", text)).if_range == meant


def test_a_plain_request_has_no_preconditions() -> None:
    assert read(("range", "bytes=0-")) == NONE
