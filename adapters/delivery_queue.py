"""Between streams that end and the ledger: deliveries wait here until many can be written down at once."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta
from time import perf_counter

from attrs import define, field

from adapters.worker import begun, ended
from domain.delivery import Delivery, DeliveryEntry, entered
from domain.errors import StoreUnavailable
from domain.heard import Window
from domain.listener import Agent, Caller, DailyKey, Listener, listener_key
from domain.ports import DailyKeys, DeliveryLedger, Telemetry

MOST_WAITING = 20_000  # deliveries; more come only if the ledger is away, or slower than the listeners
MOST_OF_ONE_CALLER = 4_000  # so that who floods the queue loses what is his own
MOST_AT_ONCE = 1_000
SECONDS_TO_GATHER = 0.1  # many in one commit leave the disk to the plays, whose listeners wait for it
SECONDS_TO_RETRY = 1.0
SECONDS_TO_CLOSE = 2.0
ONE_DAY = timedelta(days=1)


@define(eq=False)
class DeliveryQueue:
    """Takes deliveries in at once, writes them down soon, in the order they came, and waits for a ledger that is away.

    Addresses are known here alone, and for as long as a delivery waits: the ledger gets a key of the day instead.
    What cannot be kept is told as lost: it is more than fits, or there was no time for it at the end."""

    ledger: DeliveryLedger
    keys: DailyKeys
    is_bot: Callable[[str], bool]
    window: Window
    telemetry: Telemetry
    _waiting: deque[Delivery] = field(factory=deque, init=False)
    _by_caller: Counter[Caller] = field(factory=Counter, init=False)  # of those that wait
    _most_at_once: int = field(default=MOST_AT_ONCE, init=False)
    _is_closed: bool = field(default=False, init=False)
    _worker: asyncio.Task[None] | None = field(default=None, init=False)
    _known_keys: dict[date, DailyKey] = field(factory=dict, init=False)

    def hand_in(self, delivery: Delivery) -> None:
        """Take a delivery that is to be written down soon. Never fails, never waits."""
        of_caller = self._by_caller[delivery.caller]
        is_too_much = len(self._waiting) >= MOST_WAITING or of_caller >= MOST_OF_ONE_CALLER
        if is_too_much or self._is_closed:
            self.telemetry.deliveries_lost(1)
            return
        self._waiting.append(delivery)
        self._by_caller[delivery.caller] = of_caller + 1
        self.telemetry.deliveries_waiting(len(self._waiting))
        if self._worker is None:
            self._worker = begun(self._work())

    async def settled(self) -> None:
        """Return when nothing waits any more. Raises what went wrong, if it was not the ledger being away."""
        while self._worker is not None:
            await asyncio.shield(self._worker)

    async def close(self) -> None:
        """Write down what waits, but not for long; what comes later is lost."""
        self._is_closed = True
        if self._worker is not None:
            await ended(self._worker, SECONDS_TO_CLOSE)
        if self._waiting:
            self.telemetry.deliveries_lost(len(self._waiting))
            self._take(len(self._waiting))
            self.telemetry.deliveries_waiting(0)

    async def _work(self) -> None:
        try:
            while self._waiting:
                if len(self._waiting) < MOST_AT_ONCE and not self._is_closed:
                    await asyncio.sleep(SECONDS_TO_GATHER)
                batch = self._take(MOST_AT_ONCE)
                self.telemetry.deliveries_waiting(len(self._waiting))
                await self._write(batch)
        finally:
            self._worker = None

    def _take(self, at_most: int) -> list[Delivery]:
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), at_most))]
        if self._waiting:
            self._by_caller.subtract(delivery.caller for delivery in taken)
            self._by_caller = +self._by_caller  # forget those of whom nothing waits
        else:
            self._by_caller.clear()
        return taken

    async def _write(self, batch: Sequence[Delivery]) -> None:
        try:
            while batch:
                batch = batch[await self._write_first_of(batch) :]
        finally:
            if batch:  # the end came first, or a defect
                self.telemetry.deliveries_lost(len(batch))

    async def _write_first_of(self, batch: Sequence[Delivery]) -> int:
        """Write down the first of ``batch``, all if possible; how many. None if the ledger was away.

        After a failure half as many are tried, since it may be that they took too long."""
        began = perf_counter()
        try:
            entries = await self._entries(batch[: self._most_at_once])
            reasons = await self.ledger.deliver(entries, self.window)
        except StoreUnavailable:
            self._most_at_once = max(1, self._most_at_once // 2)
            await asyncio.sleep(SECONDS_TO_RETRY)
            return 0
        self._most_at_once = min(MOST_AT_ONCE, 2 * self._most_at_once)
        self.telemetry.deliveries_flushed(len(entries), perf_counter() - began)
        for reason in reasons:
            self.telemetry.download_judged(reason)
        return len(entries)

    async def _entries(self, batch: Sequence[Delivery]) -> list[DeliveryEntry]:
        """``batch`` for the ledger. Each caller's keys are made once for all of it, and forgotten with it."""
        entries, known = list[DeliveryEntry](), dict[tuple[date, Caller], Listener]()
        for delivery in batch:
            of_day = (delivery.ended_at.astimezone(UTC).date(), delivery.caller)
            listener = known.get(of_day)
            if listener is None:
                listener = known[of_day] = await self._listener(*of_day)
            entries.append(entered(delivery, listener))
        return entries

    async def _listener(self, day: date, caller: Caller) -> Listener:
        known_as = listener_key(await self._key(day - ONE_DAY), caller) if self.window.goes_past_midnight else None
        return Listener(listener_key(await self._key(day), caller), known_as, self._agent(caller.user_agent))

    def _agent(self, user_agent: str) -> Agent:
        if not user_agent.strip():
            return Agent.NONE
        return Agent.BOT if self.is_bot(user_agent) else Agent.PLAYER

    async def _key(self, day: date) -> DailyKey:
        """The day's key; those of days that are long over are forgotten."""
        if day not in self._known_keys:
            self._known_keys[day] = await self.keys.daily_key(day)
            self._known_keys = {known: key for known, key in self._known_keys.items() if abs(known - day) <= ONE_DAY}
        return self._known_keys[day]
