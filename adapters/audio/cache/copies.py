"""The copies that a process has at hand, and how they come and go."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from attrs import define, field

from adapters.audio.cache.arrival import Arrival
from adapters.audio.cache.copy import Copy
from adapters.audio.cache.entry import Version
from adapters.audio.cache.fill import Fill
from adapters.audio.cache.part_file import PartFile
from adapters.audio.cache.shelf import Shelf
from adapters.audio.in_thread import Threads
from adapters.audio.recent import Recent
from domain.location import AudioLocation
from domain.ports import OpenedAudio

MOST_AT_HAND = 10_000  # copies, about 1 KB each; what is forgotten is verified again when it is asked for
STAMP_INTERVAL = timedelta(minutes=1)

log = logging.getLogger(__name__)


@define(eq=False)
class Copies:
    """Copies of clips, each verified or filled by this process. A disk that fails is a cache that does not have it."""

    shelf: Shelf
    _threads: Threads = field(factory=Threads, init=False)
    _at_hand: Recent[AudioLocation, Copy] = field(factory=lambda: Recent(MOST_AT_HAND), init=False)
    _fills: set[asyncio.Task[None]] = field(factory=set, init=False)
    _stamps: set[asyncio.Task[None]] = field(factory=set, init=False)
    _is_closed: bool = field(default=False, init=False)

    def at_hand(self, location: AudioLocation) -> Copy | None:
        """A copy that was good when it was last looked at."""
        return self._at_hand.get(location)

    def put_at_hand(self, copy: Copy) -> None:
        """Give ``copy`` to those who ask from now on, and not what they were given before."""
        self._at_hand.put(copy.version.location, copy)

    async def find(self, location: AudioLocation) -> Copy | None:
        """The copy that is being filled, or the entry on disk, as good as any process knows it."""
        copy = self._at_hand.get(location)
        if copy is not None and copy.arrival is not None:
            return copy
        try:
            found = await self._threads.unless_cancelled(partial(self._found, location, copy))
        except OSError as error:
            log.warning("the cache could not be read: %s", error)
            return None
        if found is not None:
            self.put_at_hand(found)
        return found

    async def begin(self, location: AudioLocation, opened: OpenedAudio, at: datetime) -> Copy | None:
        """A copy that is filled from what was ``opened`` whole, and owns it from now on; None if it is not for keeping.

        ``at`` is when the source was asked for it."""
        if opened.size is None or not self.shelf.has_room_for(opened.size):
            return None
        version = Version(
            location=location,
            size=opened.size,
            media_type=opened.media_type,
            validators=opened.validators,
            fetched_at=at,
        )
        try:
            part = await self._threads.unless_cancelled(partial(self.shelf.reserve, version), discarded)
        except OSError as error:
            log.warning("the cache could not be written: %s", error)
            return None
        if part is None or self._is_closed:
            discarded(part)
            return None
        return self._filling(part, opened)

    async def remove(self, copy: Copy) -> None:
        """Give it to nobody any more, and take its entry away. Those who listen to it go on."""
        self._at_hand.forget(copy.version.location, copy)
        try:
            await self._threads.unless_cancelled(partial(self.shelf.remove, copy.version))
        except OSError as error:
            log.warning("an entry of the cache could not be removed: %s", error)

    def stamp(self, copy: Copy, at: datetime) -> None:
        """Note that it is listened to, at most once a minute, behind the listener's back."""
        is_due = copy.stamped_at is None or at - copy.stamped_at > STAMP_INTERVAL
        if copy.arrival is None and is_due and not self._is_closed:
            copy.stamped_at = at
            stamping = asyncio.create_task(self._stamped(copy.version, at, copy.validated_at))
            self._stamps.add(stamping)
            stamping.add_done_callback(self._stamps.discard)

    async def close(self) -> None:
        """End all that is under way, threads too: nothing half is left, neither here nor on disk."""
        self._is_closed = True
        await asyncio.sleep(0)  # a task that is cancelled before it began would tidy nothing up
        for filling in self._fills:
            filling.cancel()
        if under_way := self._fills | self._stamps:
            await asyncio.wait(under_way)
        await self._threads.close()

    def _found(self, location: AudioLocation, copy: Copy | None) -> Copy | None:
        if copy is None or copy.identity is None or not self.shelf.is_in_place(copy.version, copy.identity):
            entry = self.shelf.find(location)
            if entry is None:
                return None
            version, identity = entry
            copy = Copy(version, self.shelf.path(location), version.fetched_at, identity, self._threads)
        copy.validated_at = max(copy.validated_at, self.shelf.validated_at(copy.version))
        return copy

    def _filling(self, part: PartFile, opened: OpenedAudio) -> Copy:
        arrival = Arrival(part.version.location, opened)
        copy = Copy.arriving(part, self.shelf.path(part.version.location), arrival, self._threads)
        self.put_at_hand(copy)
        filling = asyncio.create_task(self._filled(Fill(copy, arrival, part, self.shelf, self._threads)))
        self._fills.add(filling)
        filling.add_done_callback(self._fills.discard)
        return copy

    async def _filled(self, fill: Fill) -> None:
        try:
            await fill.run()
        finally:
            if fill.copy.arrival is not None:
                self._at_hand.forget(fill.copy.version.location, fill.copy)

    async def _stamped(self, version: Version, used: datetime, validated: datetime) -> None:
        with suppress(OSError):  # a stamp that is lost costs a question, or makes its entry look less used
            await self._threads.unless_cancelled(partial(self.shelf.stamp, version, used, validated))


def discarded(part: PartFile | None) -> None:
    if part is not None:
        part.discard()
