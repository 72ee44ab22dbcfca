"""What is found out of a clip: whether it is on disk, whether it may still be believed, and what its source says."""

from datetime import datetime, timedelta

from attrs import define, field

from adapters.audio.cache.answer import Answer
from adapters.audio.cache.copies import Copies
from adapters.audio.cache.copy import Copy
from adapters.audio.recent import Recent
from domain.byte_range import FromTo
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.ports import AudioSource, CacheOutcome, Clock

MOST_UNKEPT = 10_000  # locations


@define(eq=False)
class Inquiry:
    """Copies are believed while they arrive, and for ``fresh`` after their source had that version.

    A source that could not be asked is left alone for ``respite``, and so is the disk by a clip that was not kept."""

    source: AudioSource
    copies: Copies
    fresh: timedelta
    respite: timedelta
    clock: Clock
    _unkept: Recent[AudioLocation, datetime] = field(factory=lambda: Recent(MOST_UNKEPT), init=False)  # until when

    def known(self, location: AudioLocation) -> Answer | None:
        """The answer for which nobody need be asked, neither disk nor source; its copy is held."""
        now = self.clock()
        copy = self.copies.at_hand(location)
        if copy is not None and self._is_believed(copy, now) and copy.hold():
            return self._given(copy, now)
        unkept_until = self._unkept.get(location)
        return Answer(CacheOutcome.BYPASS) if unkept_until is not None and now < unkept_until else None

    async def find_out(self, location: AudioLocation) -> Answer:
        """The answer from disk, from the source, or of both; its copy is not held yet. Raises AudioUnavailable."""
        copy = await self.copies.find(location)
        if copy is None:
            return await self._fetched(location)
        now = self.clock()
        if self._is_believed(copy, now):
            return self._given(copy, now)
        if copy.ask_again_at is not None and now < copy.ask_again_at:
            return Answer(CacheOutcome.STALE, copy)
        return await self._judged(copy)

    async def _judged(self, copy: Copy) -> Answer:
        """What to do with a copy that is too old to be believed: its source decides, or is found unable to."""
        try:
            if await self._is_current(copy):
                return Answer(CacheOutcome.REVALIDATED, copy)
            return await self._fetched(copy.version.location)
        except AudioUnavailable as error:
            if error.failure is SourceFailure.ABSENT:  # a page in its place, or a wrong address, may be a passing fault
                await self.copies.remove(copy)
                raise
            copy.ask_again_at = self.clock() + self.respite
            self.copies.put_at_hand(copy)
            return Answer(CacheOutcome.STALE, copy)

    async def _is_current(self, copy: Copy) -> bool:
        """Ask the source for its first byte, and by what validators it has it, if they can tell versions apart."""
        if not copy.version.is_told_apart:
            return False
        asked_at = self.clock()
        try:
            opened = await self.source.open(copy.version.location, FromTo(0, 0))
        except RangeNotSatisfiable:  # it is empty now
            return False
        is_current = copy.version.is_still(opened.size, opened.validators)
        opened.close()
        if is_current:
            copy.validated_at, copy.stamped_at = asked_at, None
            self.copies.stamp(copy, asked_at)
        return is_current

    async def _fetched(self, location: AudioLocation) -> Answer:
        """A copy whose first byte has come; none where what the source opens is not for keeping, or the disk fails."""
        asked_at = self.clock()
        opened = await self.source.open(location)
        try:
            copy = await self.copies.begin(location, opened, asked_at)
        except BaseException:
            opened.close()
            raise
        if copy is not None and await copy.until(0):
            return Answer(CacheOutcome.MISS, copy)
        self._unkept.put(location, self.clock() + self.respite)
        return Answer(CacheOutcome.BYPASS, opened=opened if copy is None else None)

    def _given(self, copy: Copy, now: datetime) -> Answer:
        self.copies.stamp(copy, now)
        return Answer(CacheOutcome.HIT if copy.arrival is None else CacheOutcome.SHARED, copy)

    def _is_believed(self, copy: Copy, now: datetime) -> bool:
        """Whether it is fresh, or still arrives: then nobody could have a younger one without a second fetching."""
        return copy.arrival is not None or timedelta(0) <= now - copy.validated_at < self.fresh
