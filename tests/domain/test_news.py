"""What is news to a follower: nothing is forgotten without a word, and no count goes down."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.clip import ClipId
from domain.live_counts import (
    LONGEST_ABSENCE,
    MOST_CLIPS,
    OVERLAP,
    Changes,
    LastPlayed,
    News,
    only,
    resumed,
    together,
)
from tests.examples import NOON

INSTANT = timedelta(microseconds=1)
ids = st.integers(1, 5).map(ClipId)
counts = st.dictionaries(ids, st.integers(1, 50))
some_news = st.builds(News, st.just(NOON), counts) | st.just(News(NOON, is_reset=True))


def shown(before: dict[ClipId, int], *told: News) -> dict[ClipId, int] | None:
    """What a follower shows after all this; None: it has to load again."""
    view: dict[ClipId, int] | None = before
    for news in told:
        view = None if news.is_reset or view is None else {**view, **news.counts}
    return view


@given(before=some_news, after=some_news)
def test_two_news_as_one_lead_to_the_same_unless_a_count_would_go_down(before: News, after: News) -> None:
    at_once, in_turn = shown({}, together(before, after)), shown({}, before, after)

    if at_once is None or in_turn is None:
        assert at_once == in_turn
    else:
        assert at_once.keys() == in_turn.keys()
        assert all(
            count == max(before.counts.get(clip, 0), after.counts.get(clip, 0)) for clip, count in at_once.items()
        )


@given(some_news, some_news)
def test_two_news_as_one_are_as_recent_as_the_second(before: News, after: News) -> None:
    later = News(NOON + INSTANT, after.counts, after.is_reset)

    assert together(before, later).until == later.until


def many(first: int, count: int) -> dict[ClipId, int]:
    return {ClipId(number): 1 for number in range(first, first + count)}


def test_more_clips_than_fit_are_to_be_loaded_again() -> None:
    half = MOST_CLIPS // 2

    assert len(together(News(NOON, many(1, half)), News(NOON, many(1 + half, half))).counts) == MOST_CLIPS
    assert together(News(NOON, many(1, half)), News(NOON, many(1 + half, half + 1))).is_reset


def test_a_new_follower_knows_what_there_is_now() -> None:
    assert (resumed(None, NOON).until, resumed(None, NOON).is_reset) == (NOON, False)


def test_who_comes_back_goes_on_from_where_it_was_unless_that_is_too_long_ago_or_yet_to_come() -> None:
    for since in (NOON - LONGEST_ABSENCE, NOON, NOON + OVERLAP):
        assert (resumed(since, NOON).until, resumed(since, NOON).is_reset) == (since, False)
    for since in (NOON - LONGEST_ABSENCE - INSTANT, NOON + OVERLAP + INSTANT):
        assert (resumed(since, NOON).until, resumed(since, NOON).is_reset) == (NOON, True)


def played(count: int) -> list[LastPlayed]:
    """So many clips, each played a second before the one before."""
    return [LastPlayed(ClipId(1 + n), 7, NOON - timedelta(seconds=n)) for n in range(count)]


def test_who_missed_something_is_told_it_with_what_is_new() -> None:
    changes = Changes.of(NOON, {ClipId(2): 9, ClipId(99): 1}, played(3))

    assert changes.since(NOON - timedelta(minutes=1)).counts == {1: 7, 2: 9, 3: 7, 99: 1}
    assert changes.news.counts == {2: 9, 99: 1}


def test_who_missed_more_than_is_told_loads_again_and_others_do_not() -> None:
    changes = Changes.of(NOON, {}, played(MOST_CLIPS + 1))
    forgotten = NOON - timedelta(seconds=MOST_CLIPS)

    assert changes.since(forgotten + OVERLAP).is_reset
    assert not changes.since(forgotten + OVERLAP + INSTANT).is_reset
    assert len(changes.since(NOON).counts) == MOST_CLIPS
    assert not Changes.of(NOON, {}, played(MOST_CLIPS)).since(NOON - LONGEST_ABSENCE).is_reset


@given(news=some_news, clips=st.frozensets(ids))
def test_a_follower_of_some_clips_is_told_of_those_alone(news: News, clips: frozenset[ClipId]) -> None:
    mine = only(news, clips)

    assert (mine.until, mine.is_reset) == (news.until, news.is_reset)
    assert mine.counts == {clip: count for clip, count in news.counts.items() if clip in clips}
    assert only(news, None) is news
