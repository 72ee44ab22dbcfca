"""A clock for tests whose clients and servers share a loop: a machine that stands still makes nobody late."""

import asyncio
from time import monotonic

import pytest

MOST = 0.01  # seconds that may go by between two looks at the clock


class SteadyClock:
    """Goes as real time does, but never on by more than `MOST` at once.

    A loop whose clock this is sees no pause of the machine: what is due much later is never due in the same turn."""

    def __init__(self) -> None:
        self._seen = self._now = monotonic()

    def __call__(self) -> float:
        seen = monotonic()
        self._now += min(seen - self._seen, MOST)
        self._seen = seen
        return self._now


def keep_steady(loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the loop such a clock, which it looks at often enough."""
    monkeypatch.setattr(loop, "time", SteadyClock())

    def look() -> None:
        loop.call_later(MOST / 2, look)

    look()
