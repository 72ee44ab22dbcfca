"""StreamClip: open a clip's audio, write the play down, then let go. Nothing is sent before the play is durable."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from attrs import evolve, field, frozen

from application.opening import opened
from application.recent_clips import RecentClips
from domain.byte_range import ByteRange
from domain.clip import UNKNOWN_VERSION, Clip, ClipId
from domain.decision import Answer, Facts, Reason, play_reason
from domain.delivery import Delivery, DeliveryId, Ending, first_bytes
from domain.errors import (
    AudioUnavailable,
    ClipChanged,
    NotModified,
    PreconditionFailed,
    RangeNotSatisfiable,
    SourceFailure,
)
from domain.listener import Caller
from domain.location import content_hash
from domain.play import Listening, Play, PlayId
from domain.ports import AudioSource, Catalogue, Clock, HandIn, NewId, OpenedAudio, PlayLedger, Telemetry

ANYTHING = Listening()
ANSWERS: Mapping[type[Exception], Answer] = {
    AudioUnavailable: Answer.SOURCE_FAILED,
    NotModified: Answer.NOT_MODIFIED,
    PreconditionFailed: Answer.REFUSED,
    RangeNotSatisfiable: Answer.REFUSED,
}


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
    _recent: RecentClips = field(factory=RecentClips, init=False, eq=False, repr=False)

    async def open(self, clip_id: ClipId, asked: Listening = ANYTHING) -> Stream:
        """The whole clip, opened and not played.

        Raises ClipNotFound, AudioUnavailable, NotModified, PreconditionFailed: nothing is open."""
        asked = evolve(asked, requested=None)
        clip = await self._found(clip_id)
        facts = Facts(asked, is_head=True)
        stream = await self._stream(clip, facts, is_sure=True)
        self._over(clip, facts)
        return stream

    async def play(self, clip_id: ClipId, asked: Listening) -> Stream:
        """What is ``asked`` for, counted if that begins a play.

        Raises ClipNotFound, AudioUnavailable, NotModified, PreconditionFailed, RangeNotSatisfiable, StoreUnavailable:
        nothing is open, nothing was sent, and only StoreUnavailable leaves open whether the play was counted.
        """
        remembered = self._recent.recall(clip_id)
        if remembered is not None:
            with suppress(ClipChanged):
                return await self._played(remembered, asked, is_sure=False)
        return await self._played(await self._found(clip_id), asked, is_sure=True)

    def delivered(self, stream: Stream, count: int, ending: Ending) -> None:
        """Note the end of a stream, of which the first ``count`` bytes were handed to the transport."""
        size = stream.audio.size
        if size is None and ending is Ending.SENT and not stream.parts:
            size = count  # now it is known
        whole = (ByteRange(0, count - 1),) if count else ()
        sent = first_bytes(stream.parts or whole, count)
        self.hand_in(Delivery(*self._about(stream.clip, stream.asked), stream.reason, ending, sent, size))

    async def _found(self, clip_id: ClipId) -> Clip:
        clip = await self.catalogue.find(clip_id)
        self._recent.remember(clip)
        return clip

    async def _played(self, clip: Clip, asked: Listening, *, is_sure: bool) -> Stream:
        """What `play` answers. Raises ClipChanged if it is not sure that the clip is still so, and it is not: nothing
        is open, and nothing of it was noted."""
        stream = await self._stream(clip, Facts(asked), is_sure=is_sure)
        try:
            reason = await self._recorded(stream.clip, Facts(asked, sent=stream.parts), is_sure=is_sure)
        except BaseException:
            stream.audio.close()
            raise
        self.telemetry.play_judged(reason)
        return Stream(stream.clip, stream.audio, stream.parts, asked, reason)

    async def _stream(self, clip: Clip, facts: Facts, *, is_sure: bool) -> Stream:
        """Raises what `_played` does; whoever gets no audio has been noted."""
        try:
            return await self._present(clip, facts.asked)
        except (AudioUnavailable, NotModified, PreconditionFailed, RangeNotSatisfiable) as error:
            if not is_sure:
                await self._confirm(clip)
            if isinstance(error, AudioUnavailable):
                self.telemetry.source_failed(error)
            self._over(clip, evolve(facts, answer=ANSWERS[type(error)]))
            raise

    async def _confirm(self, clip: Clip) -> None:
        """Raises ClipNotFound, ClipChanged: the clip is not as it is remembered."""
        if (await self._found(clip.id)).version != clip.version:
            raise ClipChanged

    async def _present(self, clip: Clip, asked: Listening) -> Stream:
        """What is opened; of an upload that was removed since the clip was found, what the clip has in its place.

        Raises ClipNotFound: it was removed with the clip."""
        try:
            return Stream(clip, *await opened(self.audio, clip.audio_url, asked), asked)
        except AudioUnavailable as error:
            if error.failure is not SourceFailure.ABSENT or content_hash(clip.audio_url) is None:
                raise
            now = await self.catalogue.find(clip.id)
            if now.audio_url == clip.audio_url:
                raise
        return Stream(now, *await opened(self.audio, now.audio_url, asked), asked)

    async def _recorded(self, clip: Clip, facts: Facts, *, is_sure: bool) -> Reason:
        """Why the request is a play or not; if it is one, it is written down. Where it is not sure, it is now."""
        reason, named = play_reason(facts), facts.asked.playback
        if reason is not Reason.COUNTED:
            if not is_sure:
                await self._confirm(clip)
            return reason
        play = Play(named or PlayId(self.new_id()), clip.id, self.clock(), is_named=named is not None)
        is_new = await self.ledger.record(play, UNKNOWN_VERSION if is_sure else clip.version)
        return reason if is_new else play_reason(evolve(facts, is_repeat=True))

    def _over(self, clip: Clip, facts: Facts) -> None:
        """Note a request that gets no audio."""
        reason = play_reason(facts)
        self.telemetry.play_judged(reason)
        self.hand_in(Delivery(*self._about(clip, facts.asked), reason, Ending.NO_AUDIO))

    def _about(self, clip: Clip, asked: Listening) -> tuple[DeliveryId, datetime, Clip, Caller, PlayId | None]:
        return DeliveryId(self.new_id()), self.clock(), clip, asked.caller, asked.playback
