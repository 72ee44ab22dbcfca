"""Audio that survives its connection: where one breaks amid a body, the rest is fetched over another.

So is what follows a part that ends sooner than was asked for, as a source's answer may (RFC 9110 §15.3.7).
Only the very version that was begun is gone on with. If that cannot be had the audio ends in the failure that broke it.
"""

import asyncio

from attrs import define, field, frozen

from domain.byte_range import ByteRange, FromTo, RequestedRange
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.ports import LARGEST_CHUNK, AudioSource, Chunk, OpenedAudio, Telemetry
from domain.validators import Validators

BROKEN = frozenset((SourceFailure.INTERRUPTED, SourceFailure.STALLED))
PASSING = BROKEN | {SourceFailure.UNREACHABLE, SourceFailure.TOO_SLOW, SourceFailure.REFUSED}
PROGRESS = 64 * 1024  # bytes; a source that breaks more often than this is not asked for ever
LEAST_PART = 512  # bytes; a source that gives less at once, though more was asked for, counts as one that breaks


@frozen
class ResumingAudio:
    """An audio source whose audio is resumed where ``source`` breaks off, before anybody notices."""

    source: AudioSource
    telemetry: Telemetry
    waits: tuple[float, ...] = (0.1, 0.5, 1, 2)  # seconds before each try; all are renewed by `PROGRESS`
    skip: float = 60  # seconds for the bytes that were read already, where the rest cannot be had alone

    async def open(self, location: AudioLocation, requested: RequestedRange | None = None) -> "ResumedAudio":
        opened = await self.source.open(location, requested)
        return ResumedAudio(location, opened, part_to_be_had(opened, requested), self)


def part_to_be_had(opened: OpenedAudio, requested: RequestedRange | None) -> ByteRange | None:
    """The part that was asked for, though ``opened`` may end sooner: if its end is known and the rest can be had."""
    given = opened.range
    if requested is None or given is None or opened.size is None or not opened.can_reopen:
        return given
    return requested.within(opened.size)


@define(eq=False)
class ResumedAudio:
    """Audio of one version, over as many connections as it takes. ``_opened`` is the last of them.

    ``range`` is what will be read; of that, each connection may give less."""

    location: AudioLocation
    _opened: OpenedAudio
    range: ByteRange | None
    _resuming: ResumingAudio
    media_type: str | None = field(init=False)
    size: int | None = field(init=False)
    validators: Validators = field(init=False)
    _at: int = field(init=False)  # how far it was read
    _end: int | None = field(init=False)  # how far it goes, as far as known
    _resumed_at: int = field(init=False)
    _tries: int = field(default=0, init=False)  # since there was `PROGRESS`
    _is_closed: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.media_type, self.size = self._opened.media_type, self._opened.size
        self.validators = self._opened.validators
        self._at = self._resumed_at = 0 if self.range is None else self.range.first
        self._end = self.size if self.range is None else self.range.last + 1

    @property
    def can_reopen(self) -> bool:
        return self._opened.can_reopen

    async def reopen(self, requested: RequestedRange | None) -> "ResumedAudio":
        again = await self._opened.reopen(requested)
        return ResumedAudio(self.location, again, part_to_be_had(again, requested), self._resuming)

    async def read(self, at_most: int = LARGEST_CHUNK) -> Chunk:
        """The next bytes. Where the connection breaks, this waits for another one.

        A listener who leaves meanwhile cancels it, and nothing is left open but what `close` closes."""
        while self._at != self._end:
            try:
                chunk = await self._opened.read(at_most if self._end is None else min(at_most, self._end - self._at))
            except AudioUnavailable as error:
                if error.failure not in BROKEN or self._is_closed:
                    raise
                await self._resume(error)
                continue
            if chunk:
                self._at += len(chunk)
                return chunk
            if self._end is None and self._opened.range is None:
                break
            await self._continue()
        return b""

    def close(self) -> None:
        self._is_closed = True
        self._opened.close()

    async def _continue(self) -> None:
        """Have what follows a part that ended where it said: at once, since nothing broke. Raises AudioUnavailable."""
        ended = AudioUnavailable(self.location, SourceFailure.INTERRUPTED)
        gave_enough = self._at - self._resumed_at >= LEAST_PART
        if self.can_reopen and gave_enough and await self._is_resumed(ended):
            self._tries = 0
        else:
            await self._resume(ended)

    async def _resume(self, broken: AudioUnavailable) -> None:
        """Have the rest opened, or know that there is none. Raises ``broken``: it cannot be had."""
        if self._at - self._resumed_at >= PROGRESS:
            self._tries = 0
        while self.can_reopen and self._tries < len(self._resuming.waits):
            await asyncio.sleep(self._resuming.waits[self._tries])
            self._tries += 1
            if await self._is_resumed(broken):
                return
        raise broken

    async def _is_resumed(self, broken: AudioUnavailable) -> bool:
        """Whether the rest is open, or known to be nothing; False if it may be had later. Raises ``broken``: never."""
        try:
            rest = await self._rest()
        except RangeNotSatisfiable as error:
            if self._end is not None or error.size != self._at:
                raise broken from error
            self._end = self._at
            return True
        except AudioUnavailable as error:
            if error.failure not in PASSING:
                raise broken from error
            return False
        self._go_on_with(rest, broken)
        return True

    async def _rest(self) -> OpenedAudio:
        """What was not read yet, of the same version. Raises AudioUnavailable, RangeNotSatisfiable: nothing is open."""
        rest = await self._opened.reopen(FromTo(self._at, None if self._end is None else self._end - 1))
        try:
            await self._read_away(rest, self._at - (0 if rest.range is None else rest.range.first))
        except BaseException:
            rest.close()
            raise
        return rest

    async def _read_away(self, audio: OpenedAudio, count: int) -> None:
        """Raises AudioUnavailable: there are not that many bytes, or they come too slowly."""
        try:
            async with asyncio.timeout(self._resuming.skip):
                while count > 0:
                    chunk = await audio.read(min(count, LARGEST_CHUNK))
                    if not chunk:
                        raise AudioUnavailable(self.location, SourceFailure.INCONSISTENT)
                    count -= len(chunk)
        except TimeoutError as error:
            raise AudioUnavailable(self.location, SourceFailure.TOO_SLOW) from error

    def _go_on_with(self, rest: OpenedAudio, broken: AudioUnavailable) -> None:
        if self._is_closed:
            rest.close()
            raise broken
        self._opened.close()
        self._opened, self._resumed_at = rest, self._at
        self._end = rest.size if self._end is None else self._end
        self._resuming.telemetry.source_resumed()
