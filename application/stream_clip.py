"""StreamClip: open a clip's audio, write the play down, then let go. Nothing is sent before the play is durable."""

from attrs import frozen

from domain.clip import Clip, ClipId
from domain.errors import AudioUnavailable
from domain.play import Listening, Play, PlayId, begins_a_play
from domain.ports import AudioSource, Catalogue, Clock, NewId, OpenedAudio, PlayLedger, Telemetry


@frozen
class StreamClip:
    """A listener's way to the audio. Both ways return audio that the caller must close."""

    catalogue: Catalogue
    audio: AudioSource
    ledger: PlayLedger
    telemetry: Telemetry
    clock: Clock
    new_id: NewId

    async def open(self, clip_id: ClipId) -> tuple[Clip, OpenedAudio]:
        """The whole clip, opened and not played. Raises ClipNotFound, AudioUnavailable."""
        return await self._opened(clip_id, Listening())

    async def play(self, clip_id: ClipId, listening: Listening) -> tuple[Clip, OpenedAudio]:
        """What ``listening`` asks for, counted if that begins a play.

        Raises ClipNotFound, AudioUnavailable, RangeNotSatisfiable, StoreUnavailable: nothing is open, nothing was sent,
        and only StoreUnavailable leaves open whether the play was counted.
        """
        clip, opened = await self._opened(clip_id, listening)
        try:
            if begins_a_play(listening, opened.range):
                await self._record(Play(listening.playback or PlayId(self.new_id()), clip.id, self.clock()))
        except BaseException:
            opened.close()
            raise
        return clip, opened

    async def _opened(self, clip_id: ClipId, listening: Listening) -> tuple[Clip, OpenedAudio]:
        clip = await self.catalogue.find(clip_id)
        try:
            return clip, await self.audio.open(clip.audio_url, listening.requested)
        except AudioUnavailable as error:
            self.telemetry.source_failed(error)
            raise

    async def _record(self, play: Play) -> None:
        if await self.ledger.record(play):
            self.telemetry.play_recorded()
        else:
            self.telemetry.play_repeated()
