"""Preconditions are judged as RFC 9110 §13 says: each by its own rule, in the order of §13.2.2."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import NotModified, PreconditionFailed
from domain.preconditions import NONE, EntityTags, Preconditions
from domain.validators import UNKNOWN, EntityTag, Validators

A, B, WEAK_A = EntityTag("a"), EntityTag("b"), EntityTag("a", is_weak=True)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(seconds=1), NOON + timedelta(seconds=1)
ANY = EntityTags(is_any=True)
NOW = Validators(A, NOON)


def tags(*several: EntityTag) -> EntityTags:
    return EntityTags(several)


def outcome(current: Validators, **conditions: object) -> int:
    """The status that the judgement amounts to."""
    try:
        Preconditions(**conditions).check(current)  # type: ignore[arg-type]
    except NotModified as told:
        assert told.current == current  # noqa: PT017  # a 304 says of which version
        return 304
    except PreconditionFailed:
        return 412
    return 200


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({}, 200),
        ({"if_match": tags(A)}, 200),
        ({"if_match": tags(B, A)}, 200),
        ({"if_match": ANY}, 200),
        ({"if_match": tags(B)}, 412),
        ({"if_match": tags(WEAK_A)}, 412),  # §13.1.1: strong comparison
        ({"if_match": tags()}, 412),
        ({"if_none_match": tags(A)}, 304),
        ({"if_none_match": tags(B, A)}, 304),
        ({"if_none_match": tags(WEAK_A)}, 304),  # §13.1.2: weak comparison
        ({"if_none_match": ANY}, 304),
        ({"if_none_match": tags(B)}, 200),
        ({"if_modified_since": NOON}, 304),
        ({"if_modified_since": AFTER}, 304),
        ({"if_modified_since": BEFORE}, 200),
        ({"if_unmodified_since": NOON}, 200),
        ({"if_unmodified_since": AFTER}, 200),
        ({"if_unmodified_since": BEFORE}, 412),
        # the order of §13.2.2
        ({"if_match": tags(A), "if_unmodified_since": BEFORE}, 200),  # If-Match hides If-Unmodified-Since
        ({"if_match": tags(B), "if_unmodified_since": AFTER}, 412),
        ({"if_none_match": tags(B), "if_modified_since": AFTER}, 200),  # If-None-Match hides If-Modified-Since
        ({"if_none_match": tags(A), "if_modified_since": BEFORE}, 304),
        ({"if_match": tags(B), "if_none_match": tags(A)}, 412),  # what protects comes before what saves
        ({"if_match": tags(A), "if_none_match": tags(A)}, 304),
        ({"if_unmodified_since": BEFORE, "if_modified_since": AFTER}, 412),
        ({"if_unmodified_since": AFTER, "if_none_match": tags(A)}, 304),
    ],
)
def test_a_version_that_is_known_is_judged(conditions: dict[str, object], status: int) -> None:
    assert outcome(NOW, **conditions) == status


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"if_match": tags(A)}, 412),
        ({"if_match": ANY}, 200),  # there is a version, whatever it is
        ({"if_none_match": tags(A)}, 200),
        ({"if_none_match": ANY}, 304),
        ({"if_modified_since": AFTER}, 200),  # §13.1.3: no date to compare with
        ({"if_unmodified_since": BEFORE}, 200),  # §13.1.4: the same
    ],
)
def test_a_version_of_which_nothing_is_known_is_no_particular_one(conditions: dict[str, object], status: int) -> None:
    assert outcome(UNKNOWN, **conditions) == status


@pytest.mark.parametrize(
    ("if_range", "current", "applies"),
    [
        (None, NOW, True),
        (A, NOW, True),
        (B, NOW, False),
        (WEAK_A, NOW, False),  # §13.1.5: strong comparison
        (A, Validators(None, NOON), False),
        (A, UNKNOWN, False),
        (NOON, NOW, True),
        (AFTER, NOW, False),  # §13.1.5: the very date, not a later one
        (BEFORE, NOW, False),
        (NOON, Validators(A), False),
        (NOON, UNKNOWN, False),
    ],
)
def test_a_range_applies_to_the_version_that_if_range_names(
    if_range: EntityTag | datetime | None, current: Validators, applies: bool
) -> None:
    assert Preconditions(if_range=if_range).let_range_apply(current) is applies


@given(first=st.booleans(), second=st.booleans())
def test_comparison_is_that_of_the_standards_table(first: bool, second: bool) -> None:
    """RFC 9110 §8.8.3.2, example."""
    one, other = EntityTag("1", is_weak=first), EntityTag("1", is_weak=second)

    assert one.matches_weakly(other)
    assert one.matches_strongly(other) is (not first and not second)
    assert not one.matches_weakly(EntityTag("2", is_weak=second))
    assert not one.matches_strongly(EntityTag("2", is_weak=second))


@pytest.mark.parametrize("opaque", ['a"b', "a b", "a\n", "a\x7f", "…"])
def test_a_tag_that_cannot_be_sent_is_not_made(opaque: str) -> None:
    with pytest.raises(ValueError):
        EntityTag(opaque)


def test_nothing_asked_is_nothing_refused() -> None:
    NONE.check(UNKNOWN)
    NONE.check(NOW)
