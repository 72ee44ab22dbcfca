"""ConfirmListen: take a player's word for how much of a play was heard."""

from datetime import timedelta

from attrs import frozen

from domain.clip import ClipId
from domain.listen import Confirmation, ListenReport
from domain.play import PlayId
from domain.ports import Clock, Listens


@frozen
class ConfirmListen:
    """What a player may say of a play that it named. ``keep`` is how long ago the play may have begun."""

    listens: Listens
    clock: Clock
    keep: timedelta

    async def confirm(self, clip: ClipId, play: PlayId, report: ListenReport) -> Confirmation:
        """Hold what is reported, as of now. Raises ClipNotFound, PlayNotFound."""
        return await self.listens.confirm(clip, play, report, self.clock(), self.keep)
