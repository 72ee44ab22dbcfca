"""Tells every process which clips were played, by NOTIFY; never in the statement that writes the plays.

A transaction that notifies holds a lock of the whole database while it commits, so that all who notify commit one after
another: plays would. What is lost here costs a number that is late on a page, and never a count."""

import asyncio
from collections.abc import Iterable, Iterator

from attrs import define, field
from psycopg.rows import tuple_row

from adapters.postgres.pool import Database
from adapters.worker import begun, ended
from domain.clip import ClipId
from domain.errors import StoreUnavailable

MOST_IN_PAYLOAD = 390  # ids, of at most 19 digits and a blank: a payload has less than 8 000 bytes
SECONDS_BETWEEN = 0.25
SECONDS_TO_RETRY = 1.0
SECONDS_TO_CLOSE = 1.0

# Nobody waits for the disk: the server forgets notifications when it ends, whatever was written.
ANNOUNCE = """
    SELECT pg_notify('soundverse_play_counts', payload), set_config('synchronous_commit', 'off', true)
    FROM unnest(%(payloads)s::text[]) AS payload"""


@define(eq=False)
class Announcer:
    """Announces the clips that were played here, the first at once, then at most four times a second."""

    database: Database
    _clips: set[ClipId] = field(factory=set, init=False)
    _is_closed: bool = field(default=False, init=False)
    _worker: asyncio.Task[None] | None = field(default=None, init=False)

    def played(self, clips: Iterable[ClipId]) -> None:
        """Announce ``clips`` soon. Never fails, never waits."""
        self._clips.update(clips)
        if self._worker is None and not self._is_closed:
            self._worker = begun(self._work())

    async def close(self) -> None:
        """Announce what was played last, but not for long."""
        self._is_closed = True
        if self._worker is not None:
            await ended(self._worker, SECONDS_TO_CLOSE)

    async def _work(self) -> None:
        try:
            while self._clips:
                clips, self._clips = self._clips, set()
                try:
                    await self.database.ask(ANNOUNCE, {"payloads": list(payloads(clips))}, tuple_row)
                    await asyncio.sleep(SECONDS_BETWEEN)
                except StoreUnavailable:
                    self._clips |= clips  # they are no more than the catalogue has
                    await asyncio.sleep(SECONDS_TO_RETRY)
        finally:
            self._worker = None


def payloads(clips: Iterable[ClipId]) -> Iterator[str]:
    """The clips' ids in pieces that a notification holds."""
    ids = [str(clip) for clip in clips]
    return (" ".join(ids[first : first + MOST_IN_PAYLOAD]) for first in range(0, len(ids), MOST_IN_PAYLOAD))
