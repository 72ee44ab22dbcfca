"""What is announced, until it is told: heard for as long as somebody follows."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from datetime import datetime
from itertools import chain, islice, repeat

from attrs import define, field

from domain.clip import ClipId
from domain.errors import StoreUnavailable
from domain.live_counts import MOST_CLIPS
from domain.ports import Clock, PlayCounts

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds between tries to hear again; then the last again and again


@define(eq=False)
class Announced:
    """Clips that were announced and not told yet: all that were played ``until`` then, while it ``is_heard``.

    ``has_missed``: since that was asked, some may be missing. The line may have been broken for long when that is
    noticed, since all of us may have slept."""

    counts: PlayCounts
    clock: Clock
    until: datetime = field(init=False)
    is_heard: bool = field(default=False, init=False)
    has_missed: bool = field(default=False, init=False)
    _clips: dict[ClipId, None] = field(factory=dict, init=False)  # the first that was announced first

    def __bool__(self) -> bool:
        return bool(self._clips)

    def take(self) -> Sequence[ClipId]:
        """What was announced first, as much as fits into one piece of news."""
        taken = list(islice(self._clips, MOST_CLIPS))
        for clip in taken:
            del self._clips[clip]
        return taken

    def put_back(self, clips: Iterable[ClipId]) -> None:
        """What was taken and could not be told."""
        self._clips = dict.fromkeys(chain(clips, self._clips))

    async def hear(self) -> None:
        """Note what is announced, for ever."""
        pauses = growing_pauses()
        while True:
            try:
                async with aclosing(self.counts.announcements()) as announced:
                    async for clips in announced:
                        self.until = self.clock()
                        if not self.is_heard:
                            self.is_heard, pauses = True, growing_pauses()
                        self._clips.update(dict.fromkeys(clips))
            except StoreUnavailable:
                pause = next(pauses)
            finally:
                self.is_heard, self.has_missed = False, True
            await asyncio.sleep(pause)


def growing_pauses() -> Iterator[float]:
    return chain(PAUSES, repeat(PAUSES[-1]))
