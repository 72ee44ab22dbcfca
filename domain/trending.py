"""Trending: what is played now, where a play of the day before weighs half as much."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

DAYS = 7  # of UTC, that are looked back on; the present one is among them


def weights(as_of: date | None) -> Mapping[datetime, int]:
    """What a play weighs on each day that counts, by the day's beginning: whole numbers, the same in every store."""
    if as_of is None:
        return {}
    midnight = datetime.combine(as_of, time(), UTC)
    return {midnight - timedelta(days=age): 1 << (DAYS - 1 - age) for age in range(DAYS)}


def heat(plays: Mapping[datetime, int], as_of: date | None) -> int:
    """How much a clip is trending that had so many ``plays`` on the days that begin so."""
    return sum(plays.get(day, 0) * weight for day, weight in weights(as_of).items())
