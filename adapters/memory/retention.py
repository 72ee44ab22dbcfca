"""What memory forgets, so that it does not grow for ever."""

from collections.abc import Hashable, Iterator, MutableMapping
from datetime import datetime, timedelta
from typing import Any

from attrs import define

from adapters.memory.tables import InMemory
from domain.heard import Purpose
from domain.statistics import Interval

OPEN_AT_MOST = timedelta(days=2)  # a window after its last delivery, which the next day's key may still carry on
GRACE = timedelta(days=1)  # for listens: what a process whose clock is behind still takes, it must find


@define(slots=False)
class MemoryRetention(InMemory):
    """Removes what no number needs any more."""

    async def forget(self, now: datetime, keep: timedelta, at_most: int) -> bool:
        is_more = False
        for rows, old in self._old(now - keep, now - OPEN_AT_MOST):
            is_more = is_more or len(old) > at_most
            for key in old[:at_most]:
                del rows[key]
        return is_more

    def _old(self, before: datetime, closed: datetime) -> Iterator[tuple[MutableMapping[Any, Any], list[Hashable]]]:
        """Each kind of rows, and the keys of those that are old; ``closed``: nothing added since is of use."""
        tables = self._tables
        yield tables.deliveries, [key for key, (_, told) in tables.deliveries.items() if told.ended_at < before]
        yield (
            tables.plays,
            [key for key, play in tables.plays.items() if not play.is_named and play.started_at < before],
        )
        yield tables.listens, [key for key, listen in tables.listens.items() if listen.began_at < before - GRACE]
        yield tables.peaks, [key for key, kept in tables.peaks.items() if kept.made_at < before]
        since = {Purpose.PLAYBACK: before}
        yield (
            tables.heard,
            [key for key, heard in tables.heard.items() if heard.last < since.get(key[2], closed)],
        )
        for (interval, _), buckets in tables.sums.buckets.items():
            if interval is Interval.HOUR:
                yield buckets, [start for start in buckets if start < before]
