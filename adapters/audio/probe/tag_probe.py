"""What audio tells of itself, learned from its beginning, its end, and at most a few places between."""

import asyncio
from contextlib import suppress
from io import BytesIO
from typing import BinaryIO, cast

from attrs import frozen

from adapters.audio.probe.lead_in import header_size
from adapters.audio.probe.sparse_file import SparseFile, Unfetched
from adapters.audio.probe.tags import told_tags
from domain.byte_range import FromTo
from domain.clip import NO_TAGS, AudioFacts
from domain.errors import AudioUnavailable, RangeNotSatisfiable, SourceFailure
from domain.location import AudioLocation
from domain.ports import AudioSource

HEAD = 1024 * 1024
PIECE = 128 * 1024
MOST_PIECES = 4  # besides head and tail: behind a large picture, or where an index is
LONGEST_DURATION = 7 * 24 * 3600  # seconds
NOT_READ = ("audio/aac", "audio/webm")  # tinytag would take the first for MP3


@frozen
class Piece:
    """Some of a clip's bytes, and what the source says of the clip."""

    data: bytes
    is_all: bool
    size: int | None
    media_type: str | None

    @property
    def whole_size(self) -> int | None:
        """The clip's size, by its beginning; None if that is not told."""
        return len(self.data) if self.is_all else self.size

    @property
    def is_enough(self) -> bool:
        """Whether of a clip that begins so nothing more can be fetched."""
        return self.whole_size is None or self.whole_size <= len(self.data)


@frozen
class TagProbe:
    """An audio probe over any source. Waits ``patience`` seconds for the audio, and as long again for its duration."""

    source: AudioSource
    patience: float = 20

    async def facts(self, location: AudioLocation) -> AudioFacts:
        try:
            async with asyncio.timeout(self.patience):
                head = await self._fetched(location, 0, HEAD)
        except TimeoutError as error:
            raise AudioUnavailable(location, SourceFailure.TOO_SLOW) from error
        if (kind := head.media_type) is None:
            raise AudioUnavailable(location, SourceFailure.NOT_AUDIO)
        file, duration = SparseFile(head.whole_size), None
        file.add(0, head.data)
        if kind not in NOT_READ:
            with suppress(TimeoutError):  # audible all the same; whoever adds the clip can still say how long it is
                async with asyncio.timeout(self.patience):
                    if head.is_enough:
                        return await asyncio.to_thread(told_at_once, kind, head, file)
                    duration = await self._duration(location, head, file)
        return await asyncio.to_thread(told_facts, kind, head, file, duration)

    async def _duration(self, location: AudioLocation, head: Piece, file: SparseFile) -> float | None:
        """The duration that the audio tells; what has to be fetched for it is added to ``file``."""
        tail_begin = max(len(head.data), (head.whole_size or 0) - PIECE)
        tail = (await self._fetched(location, tail_begin, PIECE)).data
        if head.media_type == "audio/ogg":
            return await asyncio.to_thread(told_duration, BytesIO(without_middle(head.data, tail)))
        file.add(tail_begin, tail)
        for _ in range(MOST_PIECES):
            try:
                return await asyncio.to_thread(told_duration, file, may_ask=True)
            except Unfetched as wanted:
                file.add(wanted.position, (await self._fetched(location, wanted.position, PIECE)).data)
        return await asyncio.to_thread(told_duration, file)

    async def _fetched(self, location: AudioLocation, first: int, count: int) -> Piece:
        """At most ``count`` bytes from ``first`` on, also of a source that gives more than it is asked for."""
        try:
            opened = await self.source.open(location, FromTo(first, first + count - 1))
        except RangeNotSatisfiable as error:
            failure = SourceFailure.INCONSISTENT if first else SourceFailure.NOT_AUDIO  # it has shrunk, or is empty
            raise AudioUnavailable(location, failure) from error
        try:
            begins = opened.range.first if opened.range else 0
            if begins != first:
                raise AudioUnavailable(location, SourceFailure.INCONSISTENT)
            data = bytearray()
            while len(data) < count and (chunk := await opened.read()):
                data += chunk
            is_all = opened.range is None and len(data) < count
            return Piece(bytes(data[:count]), is_all, opened.size, opened.media_type)
        finally:
            opened.close()


def told_at_once(kind: str, head: Piece, file: SparseFile) -> AudioFacts:
    """The facts of audio of which there is no more to fetch: in one go, since a thread costs more than short audio."""
    return told_facts(kind, head, file, told_duration(file))


def told_facts(kind: str, head: Piece, file: SparseFile, duration: float | None) -> AudioFacts:
    """The facts of audio of which as much as is needed is in ``file``."""
    size, header = head.whole_size, header_size(head.data)
    tags = NO_TAGS if kind in NOT_READ else told_tags(head.data, file)
    return AudioFacts(kind, size, duration, header if size is None else min(header, size), tags)


def told_duration(file: SparseFile | BytesIO, *, may_ask: bool = False) -> float | None:
    """The duration that the audio in ``file`` tells, in seconds to the millisecond; None if none, or an impossible one.

    Raises Unfetched if ``may_ask``: the answer lies in bytes that ``file`` does not have."""
    from tinytag import TinyTag  # noqa: PLC0415  # a start does not wait for it
    from tinytag.tinytag import TinyTagException  # noqa: PLC0415  # as above

    file.seek(0)  # where the last attempt left off is no beginning
    try:
        duration = TinyTag.get(file_obj=cast(BinaryIO, file), tags=False).duration
    except (TinyTagException, Unfetched) as error:
        wanted = error if isinstance(error, Unfetched) else error.__cause__
        if may_ask and isinstance(wanted, Unfetched):
            raise wanted from error
        return None
    if duration is None or not 0.001 <= duration <= LONGEST_DURATION:  # also what is no number at all
        return None
    return round(duration, 3)


def without_middle(head: bytes, tail: bytes) -> bytes:
    """An Ogg file's first and last pages: still Ogg, and the last tells how many samples came before (RFC 3533 §6).

    Read whole it would have to be fetched whole, since each page only tells where the next one begins."""
    begin = tail.find(b"OggS")  # there is one in any tail longer than the longest page, 65 307 bytes
    return head[: head.rfind(b"OggS")] + tail[begin:] if begin >= 0 else b""
