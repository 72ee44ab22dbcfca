"""StreamClip: open a clip's audio, write the play down, then let go. Nothing is sent before the play is durable."""

from datetime import datetime

from attrs import evolve, frozen

from domain.byte_range import ByteRange, FromTo
from domain.clip import Clip, ClipId
from domain.decision import Answer, Facts, Reason, play_reason
from domain.delivery import Delivery, DeliveryId, Ending, first_bytes
from domain.errors import AudioUnavailable, NotModified, PreconditionFailed, RangeNotSatisfiable, SourceFailure
from domain.listener import Caller
from domain.location import AudioLocation, content_hash
from domain.play import Listening, Play, PlayId
from domain.ports import AudioSource, Catalogue, Clock, HandIn, NewId, OpenedAudio, PlayLedger, Telemetry

ANYTHING = Listening()


@frozen
class Stream:
    """What a listener gets of a clip: ``parts`` in this order, or all of it if there are none.

    ``audio`` is opened at the first of them; whoever holds the stream closes it, and says what was `delivered`."""

    clip: Clip
    audio: OpenedAudio
    parts: tuple[ByteRange, ...] = ()
    asked: Listening = ANYTHING
    reason: Reason = Reason.HEAD  # of its being a play or not


@frozen
class StreamClip:
    """A listener's way to the audio. Every request that leads to a clip is judged, and its end is handed in."""

    catalogue: Catalogue
    audio: AudioSource
    ledger: PlayLedger
    hand_in: HandIn
    telemetry: Telemetry
    clock: Clock
    new_id: NewId

    async def open(self, clip_id: ClipId, asked: Listening = ANYTHING) -> Stream:
        """The whole clip, opened and not played.

        Raises ClipNotFound, AudioUnavailable, NotModified, PreconditionFailed: nothing is open."""
        asked = evolve(asked, requested=None)
        clip = await self.catalogue.find(clip_id)
        facts = Facts(asked, is_head=True)
        stream = await self._stream(clip, facts)
        self._over(clip, facts)
        return stream

    async def play(self, clip_id: ClipId, asked: Listening) -> Stream:
        """What is ``asked`` for, counted if that begins a play.

        Raises ClipNotFound, AudioUnavailable, NotModified, PreconditionFailed, RangeNotSatisfiable, StoreUnavailable:
        nothing is open, nothing was sent, and only StoreUnavailable leaves open whether the play was counted.
        """
        clip = await self.catalogue.find(clip_id)
        stream = await self._stream(clip, Facts(asked))
        try:
            reason = await self._recorded(clip_id, Facts(asked, sent=stream.parts))
        except BaseException:
            stream.audio.close()
            raise
        self.telemetry.play_judged(reason)
        return Stream(stream.clip, stream.audio, stream.parts, asked, reason)

    def delivered(self, stream: Stream, count: int, ending: Ending) -> None:
        """Note the end of a stream, of which the first ``count`` bytes were handed to the transport."""
        size = stream.audio.size
        if size is None and ending is Ending.SENT and not stream.parts:
            size = count  # now it is known
        whole = (ByteRange(0, count - 1),) if count else ()
        sent = first_bytes(stream.parts or whole, count)
        self.hand_in(Delivery(*self._about(stream.clip, stream.asked), stream.reason, ending, sent, size))

    async def _stream(self, clip: Clip, facts: Facts) -> Stream:
        """Raises what `play` does; whoever gets no audio has been noted."""
        try:
            return await self._present(clip, facts.asked)
        except AudioUnavailable as error:
            self.telemetry.source_failed(error)
            self._over(clip, evolve(facts, answer=Answer.SOURCE_FAILED))
            raise
        except NotModified:
            self._over(clip, evolve(facts, answer=Answer.NOT_MODIFIED))
            raise
        except (PreconditionFailed, RangeNotSatisfiable):
            self._over(clip, evolve(facts, answer=Answer.REFUSED))
            raise

    async def _present(self, clip: Clip, asked: Listening) -> Stream:
        """What is opened; of an upload that was removed since the clip was found, what the clip has in its place.

        Raises ClipNotFound: it was removed with the clip."""
        try:
            return await self._opened(clip, asked)
        except AudioUnavailable as error:
            if error.failure is not SourceFailure.ABSENT or content_hash(clip.audio_url) is None:
                raise
            now = await self.catalogue.find(clip.id)
            if now.audio_url == clip.audio_url:
                raise
        return await self._opened(now, asked)

    async def _opened(self, clip: Clip, asked: Listening) -> Stream:
        audio = await self._guessed(clip.audio_url, asked)
        try:
            asked.preconditions.check(audio.validators)
            parts = parts_to_send(audio, asked)
            if audio.range == next(iter(parts), None):
                return Stream(clip, audio, parts, asked)
            moved = await moved_to(parts[0], audio, clip.audio_url) if parts else None
        except BaseException:
            audio.close()
            raise
        audio.close()
        return Stream(clip, moved, parts, asked) if moved else await self._opened(clip, evolve(asked, requested=None))

    async def _guessed(self, location: AudioLocation, asked: Listening) -> OpenedAudio:
        """The audio where it will most likely be read: which bytes are to be sent only its size and version tell."""
        try:
            return await self.audio.open(location, asked.requested.only if asked.requested else None)
        except RangeNotSatisfiable:
            return await self.audio.open(location)  # preconditions are judged before ranges (RFC 9110 §13.2.1)

    async def _recorded(self, clip: ClipId, facts: Facts) -> Reason:
        """Why the request is a play or not; if it is one, it is written down."""
        reason, named = play_reason(facts), facts.asked.playback
        if reason is not Reason.COUNTED:
            return reason
        play = Play(named or PlayId(self.new_id()), clip, self.clock(), is_named=named is not None)
        is_new = await self.ledger.record(play)
        return reason if is_new else play_reason(evolve(facts, is_repeat=True))

    def _over(self, clip: Clip, facts: Facts) -> None:
        """Note a request that gets no audio."""
        reason = play_reason(facts)
        self.telemetry.play_judged(reason)
        self.hand_in(Delivery(*self._about(clip, facts.asked), reason, Ending.NO_AUDIO))

    def _about(self, clip: Clip, asked: Listening) -> tuple[DeliveryId, datetime, Clip, Caller, PlayId | None]:
        return DeliveryId(self.new_id()), self.clock(), clip, asked.caller, asked.playback


async def moved_to(part: ByteRange, audio: OpenedAudio, location: AudioLocation) -> OpenedAudio:
    """The same version, opened at ``part``. Raises AudioUnavailable: not just that part can be had; nothing is open."""
    moved = await audio.reopen(FromTo(part.first, part.last))
    if moved.range != part:
        moved.close()
        raise AudioUnavailable(location, SourceFailure.INCONSISTENT)
    return moved


def parts_to_send(audio: OpenedAudio, asked: Listening) -> tuple[ByteRange, ...]:
    """Which parts of the audio answer what is ``asked`` for; none for the whole. Raises RangeNotSatisfiable."""
    if asked.requested is None or not asked.preconditions.let_range_apply(audio.validators):
        return ()
    if audio.range is not None:
        return (audio.range,)  # what the source made of the range; it may end sooner
    parts = () if audio.size is None else asked.requested.within(audio.size)
    return parts if audio.can_reopen else ()
