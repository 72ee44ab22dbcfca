"""What the clock asks of the service: to forget what it promised not to keep, and to remove what nobody uses."""

import asyncio
from datetime import UTC, timedelta

from attrs import frozen

from domain.errors import StoreUnavailable
from domain.heard import Window
from domain.ports import AudioStore, Clock, DailyKeys, Retention, Used
from observability.logs import log

ROWS_AT_ONCE = 10_000  # few enough for nobody to wait long for what is locked meanwhile
SECONDS_BETWEEN_BATCHES = 0.2
SECONDS_BETWEEN_ROUNDS = 600.0
UNUSED = timedelta(days=1)  # how long an upload lies before it is swept; far longer than any request
GRACE = timedelta(hours=1)  # for clocks that go wrong, and for streams whose end is still to be written down


@frozen
class Upkeep:
    """Forgets, again and again. Every replica tries, and one does it.

    Uploads that no clip uses are swept too: those of a request that was killed, or could not be removed with a clip."""

    retention: Retention
    keys: DailyKeys
    clock: Clock
    keep: timedelta  # for deliveries and sums by the hour
    window: Window
    uploads: AudioStore
    used: Used

    async def run(self) -> None:
        """Keep at it until cancelled. A store that is away is asked again in the next round; so it is after a defect,
        since to stop forgetting would break a promise."""
        while True:
            try:
                await self.once()
            except StoreUnavailable as error:
                log.warning("nothing was forgotten", reason=error.reason)
            except Exception:
                log.exception("nothing was forgotten")
            await asyncio.sleep(SECONDS_BETWEEN_ROUNDS)

    async def once(self) -> None:
        """Forget all that is due: a daily key as soon as no window can ask for it. Raises StoreUnavailable."""
        now = self.clock()
        last_needed = (now - GRACE).astimezone(UTC).date() - timedelta(days=self.window.goes_past_midnight)
        await self.keys.delete_keys(last_needed)
        is_more = True
        while is_more:
            is_more = await self.retention.forget(now, self.keep, ROWS_AT_ONCE)
            await asyncio.sleep(SECONDS_BETWEEN_BATCHES)
        await self._sweep()

    async def _sweep(self) -> None:
        """A folder that cannot be used, or from which nothing can be removed, is tried again in the next round."""
        try:
            swept = await self.uploads.sweep(self.clock() - UNUSED, self.used)
        except StoreUnavailable as error:
            log.warning("uploads not swept", reason=error.reason)
            return
        if swept:
            log.info("unused uploads removed", count=swept)
