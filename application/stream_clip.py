"""StreamClip: open a clip's audio, write the play down, then let go. Nothing is sent before the play is durable."""

from attrs import evolve, frozen

from domain.byte_range import ByteRange, FromTo
from domain.clip import Clip, ClipId
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.play import Listening, Play, PlayId, begins_a_play
from domain.ports import AudioSource, Catalogue, Clock, NewId, OpenedAudio, PlayLedger, Telemetry
from domain.preconditions import NONE, Preconditions


@frozen
class Stream:
    """What a listener gets of a clip: ``parts`` in this order, or all of it if there are none.

    ``audio`` is opened at the first of them; whoever holds the stream closes it."""

    clip: Clip
    audio: OpenedAudio
    parts: tuple[ByteRange, ...] = ()


@frozen
class StreamClip:
    """A listener's way to the audio."""

    catalogue: Catalogue
    audio: AudioSource
    ledger: PlayLedger
    telemetry: Telemetry
    clock: Clock
    new_id: NewId

    async def open(self, clip_id: ClipId, preconditions: Preconditions = NONE) -> Stream:
        """The whole clip, opened and not played.

        Raises ClipNotFound, AudioUnavailable, NotModified, PreconditionFailed: nothing is open."""
        return await self._stream(clip_id, Listening(preconditions=preconditions))

    async def play(self, clip_id: ClipId, listening: Listening) -> Stream:
        """What ``listening`` asks for, counted if that begins a play.

        Raises ClipNotFound, AudioUnavailable, NotModified, PreconditionFailed, RangeNotSatisfiable, StoreUnavailable:
        nothing is open, nothing was sent, and only StoreUnavailable leaves open whether the play was counted.
        """
        stream = await self._stream(clip_id, listening)
        try:
            if begins_a_play(listening, stream.parts):
                await self._record(Play(listening.playback or PlayId(self.new_id()), clip_id, self.clock()))
        except BaseException:
            stream.audio.close()
            raise
        return stream

    async def _stream(self, clip_id: ClipId, listening: Listening) -> Stream:
        clip = await self.catalogue.find(clip_id)
        try:
            return await self._opened(clip, listening)
        except AudioUnavailable as error:
            self.telemetry.source_failed(error)
            raise

    async def _opened(self, clip: Clip, listening: Listening) -> Stream:
        audio = await self._guessed(clip.audio_url, listening)
        try:
            listening.preconditions.check(audio.validators)
            parts = parts_to_send(audio, listening)
            if audio.range == next(iter(parts), None):
                return Stream(clip, audio, parts)
            moved = await moved_to(parts[0], audio, clip.audio_url) if parts else None
        except BaseException:
            audio.close()
            raise
        audio.close()
        return Stream(clip, moved, parts) if moved else await self._opened(clip, evolve(listening, requested=None))

    async def _guessed(self, location: AudioLocation, listening: Listening) -> OpenedAudio:
        """The audio where it will most likely be read: which bytes are to be sent only its size and version tell."""
        try:
            return await self.audio.open(location, listening.requested.only if listening.requested else None)
        except RangeNotSatisfiable:
            return await self.audio.open(location)  # preconditions are judged before ranges (RFC 9110 §13.2.1)

    async def _record(self, play: Play) -> None:
        if await self.ledger.record(play):
            self.telemetry.play_recorded()
        else:
            self.telemetry.play_repeated()


async def moved_to(part: ByteRange, audio: OpenedAudio, location: AudioLocation) -> OpenedAudio:
    """The same version, opened at ``part``. Raises AudioUnavailable: not just that part can be had; nothing is open."""
    moved = await audio.reopen(FromTo(part.first, part.last))
    if moved.range != part:
        moved.close()
        raise AudioUnavailable(location, SourceFailure.INCONSISTENT)
    return moved


def parts_to_send(audio: OpenedAudio, listening: Listening) -> tuple[ByteRange, ...]:
    """Which parts of the audio answer ``listening``; none for the whole. Raises RangeNotSatisfiable."""
    if listening.requested is None or not listening.preconditions.let_range_apply(audio.validators):
        return ()
    if audio.range is not None:
        return (audio.range,)  # what the source made of the range; it may end sooner
    parts = () if audio.size is None else listening.requested.within(audio.size)
    return parts if audio.can_reopen else ()
