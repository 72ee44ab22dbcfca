"""The read-through cache: a clip that was listened to once is on disk, and plays without its source (ADR 7)."""

from datetime import timedelta
from pathlib import Path

from attrs import define, field

from adapters.audio.cache.answer import Answer, Asking
from adapters.audio.cache.copies import Copies
from adapters.audio.cache.copy import Copy
from adapters.audio.cache.inquiry import Inquiry
from adapters.audio.cache.opened_copy import OpenedCopy
from adapters.audio.cache.shelf import Shelf
from adapters.system import utc_now
from domain.byte_range import RequestedRange
from domain.errors import AudioUnavailable
from domain.location import AudioLocation
from domain.ports import AudioSource, CacheOutcome, Clock, OpenedAudio, Telemetry

MOST_LOOKS = 3  # at a folder from which others take entries away between look and use


@define(eq=False)
class CachedAudio:
    """An audio source that fetches from another, once, what it can keep in ``folder``: at most ``size`` bytes in all,
    and on the disk what had to make room while somebody hears it.

    What is kept is believed for ``fresh`` seconds. A source that could not be asked is not asked again for
    ``respite`` seconds, in which what is kept plays on, nor is it tried so soon again to keep what could not be kept.
    It belongs to one event loop; any number of processes may use one folder."""

    source: AudioSource
    folder: Path
    size: int
    fresh: float
    telemetry: Telemetry
    respite: float = 30
    clock: Clock = utc_now
    _copies: Copies = field(init=False)
    _inquiry: Inquiry = field(init=False)
    _asking: Asking = field(factory=Asking, init=False)

    def __attrs_post_init__(self) -> None:
        self._copies = Copies(Shelf(self.folder, self.size))
        fresh, respite = timedelta(seconds=self.fresh), timedelta(seconds=self.respite)
        self._inquiry = Inquiry(self.source, self._copies, fresh, respite, self.clock)

    def prepare(self) -> None:
        """Make the folder and tidy it up, before the first use; it waits for the disk. Raises OSError."""
        self._copies.shelf.prepare()

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> OpenedAudio:
        """Open what is kept, or is just being fetched; otherwise fetch it, or relay what cannot be kept."""
        try:
            answer = await self._answer(location)
        except AudioUnavailable:
            self.telemetry.cache_asked(CacheOutcome.MISS)
            raise
        if answer.copy is not None:
            return await self._listened(answer.outcome, answer.copy, requested)
        self.telemetry.cache_asked(answer.outcome)
        if answer.opened is not None:
            if requested is None:
                return answer.opened
            answer.opened.close()
        return await self.source.open(location, requested)

    async def close(self) -> None:
        """Give up what is being fetched, and the threads: what is kept is heard from memory only.

        It waits for what a thread is just doing, and for nothing that none has begun."""
        await self._copies.close()

    async def _answer(self, location: AudioLocation) -> Answer:
        """What to do about ``location``; a copy in it is held."""
        known = self._inquiry.known(location)
        if known is not None:
            return known
        for _ in range(MOST_LOOKS):
            answer = await self._asking.answer(location, self._inquiry.find_out)
            if answer.copy is None or answer.copy.hold():
                return answer
        return Answer(CacheOutcome.BYPASS)

    async def _listened(self, outcome: CacheOutcome, copy: Copy, requested: RequestedRange | None) -> OpenedAudio:
        is_late = copy.comes_late(requested)
        self.telemetry.cache_asked(CacheOutcome.BYPASS if is_late else outcome)
        opened = OpenedCopy.of(copy, requested)
        if is_late:
            opened.close()
        elif await opened.begins():
            return opened
        return await self.source.open(copy.version.location, requested)
