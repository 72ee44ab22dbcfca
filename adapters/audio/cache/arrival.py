"""How far a clip has come from its source."""

import asyncio

from attrs import define, field

from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation
from domain.ports import OpenedAudio


@define(eq=False)
class Arrival:
    """The first ``count`` bytes of what ``origin`` gives are there, and all who wait are told of each that comes.

    Where the disk fails before the source does, ``origin`` stays open, so that listeners can go on from there."""

    location: AudioLocation
    origin: OpenedAudio
    count: int = field(default=0, init=False)
    is_over: bool = field(default=False, init=False)
    _failure: SourceFailure | None = field(default=None, init=False)
    _news: asyncio.Event = field(factory=asyncio.Event, init=False)

    def advance(self, count: int) -> None:
        """Tell that so many bytes more are there."""
        self.count += count
        self._tell()

    def end(self, failure: SourceFailure | None = None) -> None:
        """Tell that no more will come this way: the source failed, or (None) all is there or the disk failed."""
        if not self.is_over:
            self.is_over, self._failure = True, failure
            self._tell()

    async def until(self, position: int) -> bool:
        """Wait for the byte at ``position``; False if it will not come this way. Raises AudioUnavailable: nor any."""
        while self.count <= position and not self.is_over:
            await self._news.wait()
        if self.count <= position and self._failure is not None:
            raise AudioUnavailable(self.location, self._failure)
        return self.count > position

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
