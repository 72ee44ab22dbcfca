"""Deliveries wait in the queue until they are written down; nothing of a listener but a key of the day leaves it."""

import asyncio
import gc
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve, field

import adapters.delivery_queue
from adapters.delivery_queue import DeliveryQueue
from adapters.memory.store import MemoryStore
from adapters.system import new_id
from domain.byte_range import ByteRange
from domain.decision import Reason
from domain.delivery import Delivery, DeliveryEntry, DeliveryId, Ending
from domain.errors import StoreUnavailable
from domain.heard import Window
from domain.listener import Agent, Caller, DailyKey
from tests.application.listening_room import Told
from tests.examples import NOON, a_clip

READER = Caller("192.0.2.7", "Radio/1.0")


@define
class Ledger:
    """A ledger that remembers what it was asked to write down, and is away ``away`` times first."""

    away: int = 0
    batches: list[Sequence[DeliveryEntry]] = field(factory=list)

    async def deliver(self, entries: Sequence[DeliveryEntry], window: Window) -> Sequence[Reason]:
        await asyncio.sleep(0)
        if self.away:
            self.away -= 1
            raise StoreUnavailable("the database is away")
        self.batches.append(entries)
        return [Reason.COUNTED for _ in entries]

    @property
    def entries(self) -> list[DeliveryEntry]:
        return [entry for batch in self.batches for entry in batch]


@define
class CountingKeys(MemoryStore):
    """Daily keys, and how often one was asked for."""

    asked: list[date] = field(factory=list)

    async def daily_key(self, day: date) -> DailyKey:
        self.asked.append(day)
        return await super().daily_key(day)


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.delivery_queue, "SECONDS_TO_GATHER", 0.001)
    monkeypatch.setattr(adapters.delivery_queue, "SECONDS_TO_RETRY", 0.001)
    monkeypatch.setattr(adapters.delivery_queue, "SECONDS_TO_CLOSE", 30)


def a_queue(ledger: Any, told: Told | None = None, window: Window = Window.CALENDAR_DAY) -> DeliveryQueue:
    return DeliveryQueue(ledger, CountingKeys(), lambda agent: agent == "Bot/1.0", window, told or Told())


def a_delivery(caller: Caller = READER, at: datetime = NOON, **said: Any) -> Delivery:
    sent = (ByteRange(0, 9),)
    return Delivery(DeliveryId(new_id()), at, a_clip(), caller, None, Reason.COUNTED, Ending.SENT, sent, 10, **said)


async def test_deliveries_are_written_down_in_their_order_many_at_once() -> None:
    ledger, told = Ledger(), Told()
    queue = a_queue(ledger, told)
    deliveries = [a_delivery() for _ in range(2_500)]
    for delivery in deliveries:
        queue.hand_in(delivery)
    await queue.settled()

    assert [entry.id for entry in ledger.entries] == [delivery.id for delivery in deliveries]
    assert [len(batch) for batch in ledger.batches] == [1_000, 1_000, 500]
    assert told.events == ["download counted"] * 2_500


async def test_a_listener_is_written_down_as_a_key_of_the_day() -> None:
    ledger = Ledger()
    queue = a_queue(ledger)
    for at in (NOON, NOON + timedelta(hours=11), NOON + timedelta(hours=13)):
        queue.hand_in(a_delivery(at=at))
    queue.hand_in(a_delivery(Caller("192.0.2.8", "Radio/1.0")))
    await queue.settled()
    noon, evening, next_day, neighbour = ledger.entries

    assert noon.listener == evening.listener
    assert len({noon.listener, next_day.listener, neighbour.listener}) == 3
    assert str(READER.address) not in repr(ledger.entries)
    assert READER.user_agent not in repr(ledger.entries)
    assert {entry.known_as for entry in ledger.entries} == {None}


@pytest.mark.parametrize("window", [Window.FIRST_TOUCH, Window.LAST_TOUCH])
async def test_where_windows_go_past_midnight_a_listener_is_known_by_the_key_of_the_day_before(window: Window) -> None:
    ledger = Ledger()
    queue = a_queue(ledger, window=window)
    for at in (NOON, NOON + timedelta(days=1)):
        queue.hand_in(a_delivery(at=at))
    await queue.settled()
    today, tomorrow = ledger.entries

    assert tomorrow.known_as == today.listener != tomorrow.listener


async def test_a_key_is_asked_for_once_a_day_and_forgotten_when_the_day_is_long_over() -> None:
    queue = a_queue(Ledger())
    for days in (0, 0, 1, 1, 2, 3):
        queue.hand_in(a_delivery(at=NOON + timedelta(days=days)))
    await queue.settled()

    assert len(queue.keys.asked) == 4  # type: ignore[attr-defined]
    assert sorted(queue._known_keys) == [(NOON + timedelta(days=days)).date() for days in (2, 3)]


async def test_keys_that_are_made_once_for_many_are_the_same_as_made_for_each() -> None:
    """Those of one batch share what was reckoned of their caller, and only of theirs, and of their day."""
    together, one_by_one = Ledger(), Ledger()
    queue, slow = a_queue(together, window=Window.LAST_TOUCH), a_queue(one_by_one, window=Window.LAST_TOUCH)
    slow = evolve(slow, keys=queue.keys)
    callers = [Caller(f"192.0.2.{last}", agent) for last in (7, 8) for agent in ("Radio/1.0", "Bot/1.0", "")]
    story = [a_delivery(caller, NOON + timedelta(days=days)) for _ in range(2) for days in (0, 1) for caller in callers]
    for delivery in story:
        queue.hand_in(delivery)
    await queue.settled()
    for delivery in story:
        slow.hand_in(delivery)
        await slow.settled()

    assert len(together.batches) < len(one_by_one.batches) == len(story)
    assert together.entries == one_by_one.entries
    assert len({entry.listener for entry in together.entries}) == 2 * len(callers)


async def test_no_address_is_held_when_nothing_waits() -> None:
    queue = a_queue(Ledger())
    delivery = a_delivery(Caller("192.0.2.200", "Radio/1.0"))
    queue.hand_in(delivery)
    await queue.settled()
    held = [each for each in gc.get_referrers(delivery.caller) if each is not delivery]

    assert not [each for each in held if isinstance(each, dict | tuple | list | set)]


async def test_bots_and_those_who_say_nothing_of_themselves_are_told_apart() -> None:
    ledger = Ledger()
    queue = a_queue(ledger)
    for agent in ("Radio/1.0", "Bot/1.0", "", " "):
        queue.hand_in(a_delivery(Caller("192.0.2.7", agent)))
    await queue.settled()

    assert [entry.agent for entry in ledger.entries] == [Agent.PLAYER, Agent.BOT, Agent.NONE, Agent.NONE]


async def test_a_ledger_that_is_away_is_waited_for_and_nothing_is_lost() -> None:
    ledger, told = Ledger(away=5), Told()
    queue = a_queue(ledger, told)
    first, second = a_delivery(), a_delivery()
    queue.hand_in(first)
    await asyncio.sleep(0.003)
    queue.hand_in(second)
    await queue.settled()

    assert [entry.id for entry in ledger.entries] == [first.id, second.id]
    assert told.events == ["download counted"] * 2


async def test_what_is_more_than_fits_is_lost_at_once_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.delivery_queue, "MOST_WAITING", 3)
    ledger, told = Ledger(), Told()
    queue = a_queue(ledger, told)
    for _ in range(5):
        queue.hand_in(a_delivery())

    assert told.events == ["lost 1", "lost 1"]
    await queue.settled()
    assert len(ledger.entries) == 3


async def test_closing_writes_down_what_waits() -> None:
    ledger = Ledger(away=1)
    queue = a_queue(ledger)
    queue.hand_in(a_delivery())
    await queue.close()

    assert len(ledger.entries) == 1


async def test_closing_does_not_wait_for_a_ledger_that_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.delivery_queue, "SECONDS_TO_CLOSE", 0.02)
    told = Told()
    queue = a_queue(Ledger(away=10**9), told)
    queue.hand_in(a_delivery())
    await asyncio.sleep(0.005)
    queue.hand_in(a_delivery())
    await queue.close()

    assert told.events == ["lost 1", "lost 1"]


async def test_a_defect_costs_its_batch_and_is_not_kept_secret() -> None:
    class Broken(Ledger):
        async def deliver(self, entries: Sequence[DeliveryEntry], window: Window) -> Sequence[Reason]:
            if not self.batches:
                self.batches.append([])
                raise ZeroDivisionError
            return await super().deliver(entries, window)

    ledger, told = Broken(), Told()
    queue = a_queue(ledger, told)
    queue.hand_in(a_delivery())
    with pytest.raises(ZeroDivisionError):
        await queue.settled()
    queue.hand_in(a_delivery())
    await queue.settled()

    assert told.events == ["lost 1", "download counted"]


async def test_who_floods_the_queue_loses_what_is_theirs_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.delivery_queue, "MOST_OF_ONE_CALLER", 3)
    ledger, told = Ledger(), Told()
    queue, other = a_queue(ledger, told), a_delivery(Caller("192.0.2.8", "Radio/1.0"))
    for _ in range(5):
        queue.hand_in(a_delivery())
    queue.hand_in(other)
    await queue.settled()
    queue.hand_in(a_delivery())
    await queue.settled()

    assert told.events.count("lost 1") == 2
    assert [entry.id for entry in ledger.entries][3] == other.id
    assert len(ledger.entries) == 5


async def test_what_takes_the_ledger_too_long_at_once_is_written_in_pieces_and_in_order() -> None:
    class Slow(Ledger):
        async def deliver(self, entries: Sequence[DeliveryEntry], window: Window) -> Sequence[Reason]:
            if len(entries) > 3:
                raise StoreUnavailable("the database did not answer in time")
            return await super().deliver(entries, window)

    ledger = Slow()
    queue, deliveries = a_queue(ledger), [a_delivery() for _ in range(20)]
    for delivery in deliveries:
        queue.hand_in(delivery)
    await queue.settled()

    assert [entry.id for entry in ledger.entries] == [delivery.id for delivery in deliveries]


async def test_what_comes_after_the_end_is_told_as_lost() -> None:
    told = Told()
    queue = a_queue(Ledger(), told)
    await queue.close()
    queue.hand_in(a_delivery())

    assert told.events == ["lost 1"]


async def test_of_a_long_user_agent_its_beginning_is_kept() -> None:
    assert len(a_delivery(Caller("192.0.2.8", "x" * 60_000)).caller.user_agent) == 512


async def test_a_store_that_is_away_when_the_days_key_is_asked_for_is_waited_for_too() -> None:
    class KeysAway(CountingKeys):
        async def daily_key(self, day: date) -> DailyKey:
            if len(self.asked) < 2:
                self.asked.append(day)
                raise StoreUnavailable("the database is away")
            return await super().daily_key(day)

    ledger, told = Ledger(), Told()
    queue = evolve(a_queue(ledger, told), keys=KeysAway())
    for _ in range(3):
        queue.hand_in(a_delivery())
    await queue.settled()

    assert len(ledger.entries) == 3
    assert told.events == ["download counted"] * 3


async def test_at_the_end_a_backlog_is_written_without_waiting_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters.delivery_queue, "SECONDS_TO_GATHER", 60)
    monkeypatch.setattr(adapters.delivery_queue, "MOST_AT_ONCE", 10)
    ledger, told = Ledger(), Told()
    queue = a_queue(ledger, told)
    queue._most_at_once = 10
    for _ in range(205):
        queue.hand_in(a_delivery())
    await queue.close()

    assert len(ledger.entries) == 205
    assert "lost" not in " ".join(told.events)
