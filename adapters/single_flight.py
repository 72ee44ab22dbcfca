"""Single flight: what many ask for at once is done once, and not too much of it at a time."""

import asyncio
import logging
from asyncio import Semaphore, Task
from collections.abc import Awaitable, Callable

from attrs import define, field

from domain.errors import DecoderUnavailable, PlayError
from domain.peaks import KeptPeaks, PeaksKey

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[KeptPeaks]]


@define(eq=False)
class SingleFlights:
    """Work by its key, each in a task of its own that no asker's leaving ends; it belongs to one event loop.

    At most ``at_once`` are done at a time, and ``most`` are done or wait for their turn. Nobody waits longer than
    ``patience`` seconds, so that no proxy in between gives up on him."""

    at_once: int = 2
    most: int = 100  # as many as a page of clips has
    patience: float = 25
    _flights: dict[PeaksKey, Task[KeptPeaks]] = field(factory=dict, init=False)
    _turns: Semaphore = field(init=False)
    _is_closed: bool = field(default=False, init=False)

    @_turns.default
    def _as_many_turns(self) -> Semaphore:
        return Semaphore(self.at_once)

    async def once(self, key: PeaksKey, work: Work) -> KeptPeaks:
        flight = self._flights.get(key)
        if flight is None:
            flight = self._begun(key, work)
        await asyncio.wait((flight,), timeout=self.patience)
        if not flight.done() or flight.cancelled():
            raise DecoderUnavailable
        return flight.result()

    async def close(self) -> None:
        """Give up what is under way, and wait until it is over; nothing begins any more."""
        self._is_closed = True
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _begun(self, key: PeaksKey, work: Work) -> Task[KeptPeaks]:
        if self._is_closed or len(self._flights) >= self.most:
            raise DecoderUnavailable
        flight = asyncio.create_task(self._flown(work))
        self._flights[key] = flight
        flight.add_done_callback(lambda flight: self._landed(key, flight))
        return flight

    async def _flown(self, work: Work) -> KeptPeaks:
        async with self._turns:
            return await work()

    def _landed(self, key: PeaksKey, flight: Task[KeptPeaks]) -> None:
        del self._flights[key]
        error = None if flight.cancelled() else flight.exception()
        if error is not None and not isinstance(error, PlayError):  # whoever asked may have left, and nobody would see
            log.error("peaks could not be drawn", exc_info=error)
