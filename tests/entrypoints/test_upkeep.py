"""The clock makes the service forget: daily keys as soon as no window needs them, and rows until none are left."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import define, field

from adapters.audio.uploads.memory import UploadsInMemory
from adapters.memory.store import MemoryStore
from domain.errors import StoreUnavailable
from domain.heard import Window
from domain.listener import DailyKey
from domain.ports import AudioStore, Used
from entrypoints import upkeep
from entrypoints.upkeep import Upkeep
from tests.upstream import soon

NOVEMBER_22 = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@define
class Store:
    """Where there is more to forget ``more`` times."""

    more: int = 0
    failing: Exception | None = None
    failed: int = 0
    asked: list[tuple[datetime, timedelta, int]] = field(factory=list)
    deleted_before: list[date] = field(factory=list)

    async def forget(self, now: datetime, keep: timedelta, at_most: int) -> bool:
        if self.failing is not None:
            self.failed += 1
            raise self.failing
        self.asked.append((now, keep, at_most))
        self.more -= 1
        return self.more >= 0

    async def daily_key(self, day: date) -> DailyKey:
        return DailyKey(b"")

    async def delete_keys(self, before: date) -> None:
        self.deleted_before.append(before)


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "SECONDS_BETWEEN_BATCHES", 0)
    monkeypatch.setattr(upkeep, "SECONDS_BETWEEN_ROUNDS", 0.001)


def an_upkeep(
    store: Store,
    now: datetime = NOVEMBER_22,
    window: Window = Window.CALENDAR_DAY,
    uploads: AudioStore | None = None,
) -> Upkeep:
    used = MemoryStore().used
    return Upkeep(store, store, lambda: now, timedelta(days=90), window, uploads or UploadsInMemory(), used)


@define
class Swept:
    """Uploads that were asked to be swept, and cannot be where ``failing``."""

    failing: bool = False
    asked: list[datetime] = field(factory=list)

    async def sweep(self, before: datetime, used: Used) -> int:
        self.asked.append(before)
        if self.failing:
            raise StoreUnavailable("the media folder cannot be used")
        return 0


@pytest.mark.parametrize("failing", [False, True])
async def test_uploads_of_a_day_ago_are_swept_and_forgetting_does_not_depend_on_it(failing: bool) -> None:
    store, uploads = Store(), Swept(failing)
    await an_upkeep(store, uploads=uploads).once()  # type: ignore[arg-type]  # nothing else is asked of it

    assert uploads.asked == [NOVEMBER_22 - timedelta(days=1)]
    assert len(store.asked) == 1


async def test_rows_are_forgotten_batch_by_batch_until_none_are_left() -> None:
    store = Store(more=3)
    await an_upkeep(store).once()

    assert store.asked == [(NOVEMBER_22, timedelta(days=90), upkeep.ROWS_AT_ONCE)] * 4


@pytest.mark.parametrize(
    ("now", "window", "first_kept"),
    [
        (NOVEMBER_22, Window.CALENDAR_DAY, date(2026, 11, 22)),
        (NOVEMBER_22, Window.FIRST_TOUCH, date(2026, 11, 21)),
        (NOVEMBER_22, Window.LAST_TOUCH, date(2026, 11, 21)),
        (datetime(2026, 11, 22, 0, 59, tzinfo=UTC), Window.CALENDAR_DAY, date(2026, 11, 21)),
        (datetime(2026, 11, 22, 1, 0, tzinfo=UTC), Window.CALENDAR_DAY, date(2026, 11, 22)),
    ],
)
async def test_a_daily_key_is_deleted_an_hour_after_the_last_window_that_needs_it(
    now: datetime, window: Window, first_kept: date
) -> None:
    store = Store()
    await an_upkeep(store, now, window).once()

    assert store.deleted_before == [first_kept]


@pytest.mark.parametrize("failure", [StoreUnavailable("the database is away"), ZeroDivisionError()])
async def test_it_goes_on_also_when_the_store_failed(failure: Exception) -> None:
    store = Store(failing=failure)
    running = asyncio.create_task(an_upkeep(store).run())
    assert await soon(lambda: store.failed > 1, 30)

    store.failing = None

    assert await soon(lambda: len(store.asked) > 1, 30)
    running.cancel()
