"""What the cache answers of one clip, found out once for all who ask at the same time."""

import asyncio
from collections.abc import Awaitable, Callable

from attrs import define, evolve, field, frozen

from adapters.audio.cache.copy import Copy
from domain.errors import AudioUnavailable
from domain.location import AudioLocation
from domain.ports import CacheOutcome, OpenedAudio


@frozen
class Answer:
    """A ``copy`` to listen to, or (None) that the source must be asked; ``opened`` is what that has given already."""

    outcome: CacheOutcome
    copy: Copy | None = None
    opened: OpenedAudio | None = None

    def for_another(self) -> "Answer":
        """The same for somebody who asked while it was found out; what is opened is for one only."""
        is_shared = self.outcome is CacheOutcome.MISS
        return evolve(self, outcome=CacheOutcome.SHARED if is_shared else self.outcome, opened=None)


@define(eq=False)
class Asking:
    """Who asks while the same is being found out waits for that, and shares what comes of it, also a failure."""

    _under_way: dict[AudioLocation, "asyncio.Future[Answer | AudioUnavailable | None]"] = field(
        factory=dict, init=False
    )

    async def answer(self, location: AudioLocation, find_out: Callable[[AudioLocation], Awaitable[Answer]]) -> Answer:
        """Raises AudioUnavailable. Whoever finds it out may be cancelled; then another of those who wait does it."""
        while (under_way := self._under_way.get(location)) is not None:
            found = await asyncio.shield(under_way)
            if isinstance(found, AudioUnavailable):
                raise AudioUnavailable(found.location, found.failure) from found
            if found is not None:
                return found.for_another()
        self._under_way[location] = mine = asyncio.get_running_loop().create_future()
        result: Answer | AudioUnavailable | None = None
        try:
            result = answer = await find_out(location)
        except AudioUnavailable as error:
            result = error
            raise
        finally:
            del self._under_way[location]
            mine.set_result(result)
        return answer
