"""What players say of their plays, in memory."""

from datetime import datetime, timedelta

from attrs import define

from adapters.memory.tables import InMemory
from domain.clip import ClipId
from domain.errors import ClipNotFound, PlayNotFound
from domain.listen import Confirmation, Listen, ListenReport, reported
from domain.play import Play, PlayId


@define(slots=False)
class MemoryListens(InMemory):
    """Listens and skips, each counted once for a play."""

    async def confirm(
        self, clip: ClipId, play: PlayId, report: ListenReport, at: datetime, keep: timedelta
    ) -> Confirmation:
        if clip not in self._tables.clips:
            raise ClipNotFound(clip)
        counted = self._tables.plays.get((clip, play))
        if counted is None or not counted.is_named or counted.started_at < at - keep:
            raise PlayNotFound(play)
        return self._confirm(counted, report, at)

    def _confirm(self, play: Play, report: ListenReport, at: datetime) -> Confirmation:
        tables, name = self._tables, (play.clip, play.id)
        is_first = name not in tables.listens
        before = tables.listens.get(name) or Listen(play.clip, play.id, play.started_at)
        listen = tables.listens[name] = reported(before, report, tables.clips[play.clip].duration, at)
        if listen.is_listen and not before.is_listen:
            tables.sums.add(play.clip, "listens", at)
        if listen.is_skip and not before.is_skip:
            tables.sums.add(play.clip, "skips", at)
        return Confirmation(listen, is_first)
