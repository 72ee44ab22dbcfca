"""What is trending: the plays of a week, each day's half as heavy as the next one's."""

from datetime import UTC, date, datetime, timedelta

from domain.trending import DAYS, heat, weights

TODAY = date(2026, 11, 22)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def test_a_play_weighs_half_as_much_each_day_and_nothing_after_a_week() -> None:
    days = [MIDNIGHT - timedelta(days=age) for age in range(-1, 9)]

    assert [heat({day: 1}, TODAY) for day in days] == [0, 64, 32, 16, 8, 4, 2, 1, 0, 0]


def test_all_plays_of_the_week_count() -> None:
    assert heat({MIDNIGHT: 3, MIDNIGHT - timedelta(days=1): 5, MIDNIGHT - timedelta(days=30): 9}, TODAY) == 3 * 64 + 160


def test_of_no_day_nothing_is_trending() -> None:
    assert heat({MIDNIGHT: 3}, None) == 0
    assert len(weights(TODAY)) == DAYS
