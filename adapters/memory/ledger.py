"""The plays in memory."""

from attrs import define

from adapters.memory.tables import InMemory
from domain.clip import UNKNOWN_VERSION, ClipVersion
from domain.errors import ClipChanged, ClipNotFound
from domain.play import Play


@define(slots=False)
class MemoryLedger(InMemory):
    """Plays, each counted once under its clip and id."""

    async def record(self, play: Play, version: ClipVersion = UNKNOWN_VERSION) -> bool:
        tables = self._tables
        if play.clip not in tables.clips:
            raise ClipNotFound(play.clip)
        if version not in (UNKNOWN_VERSION, tables.clips[play.clip].version):
            raise ClipChanged
        if (play.clip, play.id) in tables.plays:
            return False
        tables.plays[play.clip, play.id] = play
        tables.sums.add(play.clip, "play_count", play.started_at)
        tables.last_played[play.clip] = max(play.started_at, tables.last_played.get(play.clip, play.started_at))
        for heard in tables.hearing:
            heard.put_nowait(play.clip)
        return True
