"""Opening audio where it is asked for, which only its own size and version tell."""

from attrs import evolve

from domain.byte_range import ByteRange, FromTo
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.play import Listening
from domain.ports import AudioSource, OpenedAudio

Parts = tuple[ByteRange, ...]


async def opened(source: AudioSource, location: AudioLocation, asked: Listening) -> tuple[OpenedAudio, Parts]:
    """The audio, opened at the first of the parts that are to be sent; at its beginning, if it is the whole.

    Raises AudioUnavailable, NotModified, PreconditionFailed, RangeNotSatisfiable: nothing is open."""
    audio = await guessed(source, location, asked)
    try:
        asked.preconditions.check(audio.validators)
        parts = parts_to_send(audio, asked)
        if audio.range == next(iter(parts), None):
            return audio, parts
        moved = await moved_to(parts[0], audio, location) if parts else None
    except BaseException:
        audio.close()
        raise
    audio.close()
    return (moved, parts) if moved else await opened(source, location, evolve(asked, requested=None))


async def guessed(source: AudioSource, location: AudioLocation, asked: Listening) -> OpenedAudio:
    """The audio where it will most likely be read."""
    try:
        return await source.open(location, asked.requested.only if asked.requested else None)
    except RangeNotSatisfiable:
        return await source.open(location)  # preconditions are judged before ranges (RFC 9110 §13.2.1)


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
