"""What was delivered, in memory."""

from collections.abc import Sequence

from attrs import define, evolve

from adapters.memory.tables import InMemory
from domain.decision import Enough, Reason, download_reason
from domain.delivery import DeliveryEntry
from domain.heard import Heard, Purpose, Touch, Window, nothing_heard, touches, united
from domain.statistics import Explained, Interval

LISTENERS = frozenset({Purpose.DOWNLOAD, Purpose.CATALOGUE})  # the unions by which listeners are told apart


@define(slots=False)
class MemoryDeliveries(InMemory):
    """Deliveries, counted as they are written down."""

    async def deliver(self, entries: Sequence[DeliveryEntry], window: Window) -> Sequence[Reason]:
        return [self._deliver(entry, window) for entry in entries if entry.id not in self._tables.deliveries]

    def _deliver(self, entry: DeliveryEntry, window: Window) -> Reason:
        enough = {touch.purpose: self._hear(touch, window) for touch in touches(entry)}
        download = download_reason(entry.reason, entry.agent, enough.get(Purpose.DOWNLOAD, Enough.NOT_YET))
        by_union = (enough.get(purpose) for purpose in (Purpose.PIECES, Purpose.PLAYBACK))
        completes = entry.is_completed_play or Enough.NOW in by_union
        if download is Reason.COUNTED:
            self._tables.sums.add(entry.clip, "downloads", entry.ended_at)
        if completes:
            self._tables.sums.add(entry.clip, "completed", entry.ended_at)
        self._tables.deliveries[entry.id] = (entry.clip, explained(entry, download, completes))
        return download

    def _hear(self, touch: Touch, window: Window) -> Enough:
        known = self._tables.heard.get(touch.key)
        before = known or self._carried(touch) or nothing_heard(touch)
        heard = self._tables.heard[touch.key] = before.with_(touch, window)
        if touch.purpose in LISTENERS:
            self._tell_listeners(touch, known)
        if not heard.is_enough:
            return Enough.NOT_YET
        return Enough.BEFORE if before.is_enough and before.is_open(touch, window) else Enough.NOW

    def _carried(self, touch: Touch) -> Heard | None:
        """What the same listener heard under the key of the day before, whose window may go on; hours do not."""
        if touch.known_as is None:
            return None
        known = self._tables.heard.get((touch.clip, touch.known_as, touch.purpose))
        return known and evolve(known, hours=0)

    def _tell_listeners(self, touch: Touch, known: Heard | None) -> None:
        """Count who is new today and in this hour; ``known`` is what was heard under the same key."""
        sums = self._tables.sums
        if known is None:
            sums.add_to_day(touch.clip, "listeners", touch.minute)
        if known is None or not known.hours & touch.hour:
            sums.add_to(Interval.HOUR, touch.clip, "listeners", touch.minute)


def explained(entry: DeliveryEntry, download: Reason, completes: bool) -> Explained:
    return Explained(
        id=entry.id,
        ended_at=entry.ended_at,
        listener=entry.listener,
        playback=entry.playback,
        play=entry.reason,
        download=download,
        completes=completes,
        sent=united(entry.sent),
        ending=entry.ending,
    )
