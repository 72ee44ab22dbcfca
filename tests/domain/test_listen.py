"""What is held of a play by its player's word: never more than can be true, and the same however the word arrives."""

from datetime import datetime, timedelta
from functools import reduce
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clip import ClipId
from domain.listen import Listen, ListenReport, reported
from domain.play import PlayId
from tests.examples import NOON

NOT_YET_HEARD = Listen(ClipId(1), PlayId(UUID(int=7)), NOON)
LATER = NOON + timedelta(days=1)  # late enough for any number of seconds below

seconds = st.floats(0, 2_000)
durations = st.floats(0.01, 2_000)
moments = st.integers(-5, 3_000).map(lambda after: NOON + timedelta(seconds=after))
reports = st.builds(ListenReport, seconds, st.booleans())


@st.composite
def told_by_a_player(draw: st.DrawFn) -> list[ListenReport]:
    """What a player says of one play, in the order of saying: ever more, and perhaps at last that it is over."""
    said = [ListenReport(played) for played in sorted(draw(st.lists(seconds, min_size=1, max_size=6)))]
    return [*said[:-1], ListenReport(said[-1].played_seconds, draw(st.booleans()))]


def after_all(said: list[ListenReport], duration: float) -> Listen:
    return reduce(lambda listen, report: reported(listen, report, duration, LATER), said, NOT_YET_HEARD)


@given(said=told_by_a_player(), duration=durations, data=st.data())
def test_any_order_and_repetition_of_a_player_s_reports_has_the_same_end(
    said: list[ListenReport], duration: float, data: st.DataObject
) -> None:
    repeated = said + data.draw(st.lists(st.sampled_from(said), max_size=6))
    arrived = data.draw(st.permutations(repeated))
    told, heard = after_all(said, duration), after_all(arrived, duration)

    assert (heard.played_seconds, heard.is_finished) == (told.played_seconds, told.is_finished)
    assert (heard.is_listen, heard.is_skip) == (told.is_listen, told.is_skip)


@given(said=st.lists(st.tuples(reports, durations, moments), max_size=8))
def test_nothing_that_was_held_is_ever_taken_back(said: list[tuple[ListenReport, float, datetime]]) -> None:
    """Also when the clip's duration is changed meanwhile, or clocks differ."""
    listen = NOT_YET_HEARD
    for report, duration, at in said:
        before, listen = listen, reported(listen, report, duration, at)

        assert listen.played_seconds >= before.played_seconds
        assert listen.is_finished >= before.is_finished
        assert listen.is_listen >= before.is_listen
        assert listen.is_skip >= before.is_skip


@given(report=reports, more=reports, duration=durations)
def test_what_is_over_is_changed_by_nothing(report: ListenReport, more: ListenReport, duration: float) -> None:
    over = reported(NOT_YET_HEARD, ListenReport(report.played_seconds, finished=True), duration, LATER)

    assert reported(over, more, duration, LATER) == over


@given(said=st.lists(st.tuples(reports, moments), min_size=1), duration=durations)
def test_no_more_was_heard_than_the_clip_lasts_and_the_play_is_old(
    said: list[tuple[ListenReport, datetime]], duration: float
) -> None:
    listen = NOT_YET_HEARD
    for report, at in said:
        listen = reported(listen, report, duration, at)
    oldest = max(at for _, at in said) - NOON

    assert 0 <= listen.played_seconds <= duration
    assert listen.played_seconds <= max(0, oldest.total_seconds())


def test_time_that_has_not_passed_was_not_listened_to() -> None:
    report = ListenReport(60)

    assert reported(NOT_YET_HEARD, report, 100, NOON + timedelta(seconds=5)).played_seconds == 5
    assert reported(NOT_YET_HEARD, report, 100, NOON - timedelta(seconds=5)).played_seconds == 0
    assert reported(NOT_YET_HEARD, report, 12.5, LATER).played_seconds == 12.5


@pytest.mark.parametrize(
    ("duration", "enough"),
    [(12.5, 6.25), (100, 50), (480, 240), (481, 240), (7_200, 240)],
)
def test_half_of_the_clip_or_four_minutes_is_a_listen(duration: float, enough: float) -> None:
    assert reported(NOT_YET_HEARD, ListenReport(enough), duration, LATER).is_listen
    assert not reported(NOT_YET_HEARD, ListenReport(enough - 0.001), duration, LATER).is_listen
    assert not reported(NOT_YET_HEARD, ListenReport(enough - 0.001, finished=True), duration, LATER).is_listen


def test_what_is_over_before_a_quarter_is_a_skip() -> None:
    def is_skip(played: float, finished: bool) -> bool:
        return reported(NOT_YET_HEARD, ListenReport(played, finished), 100, LATER).is_skip

    assert is_skip(24.9, True)
    assert is_skip(0, True)
    assert not is_skip(25, True)
    assert not is_skip(24.9, False)


def test_what_was_heard_before_keeps_the_last_word_from_being_a_skip() -> None:
    heard = reported(NOT_YET_HEARD, ListenReport(60), 100, LATER)
    over = reported(heard, ListenReport(1, finished=True), 100, LATER)

    assert (over.played_seconds, over.is_finished, over.is_skip) == (60, True, False)


def test_a_listen_stays_one_when_the_clip_turns_out_to_be_longer() -> None:
    heard = reported(NOT_YET_HEARD, ListenReport(60), 100, LATER)

    assert reported(heard, ListenReport(61), 1_000, LATER).is_listen


@pytest.mark.parametrize("played", [-0.001, float("nan"), float("inf"), float("-inf")])
def test_a_length_of_time_that_cannot_be_is_no_report(played: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        ListenReport(played)
