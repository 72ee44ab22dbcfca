"""A version of a clip on disk, shared by all who listen to it, perhaps while it still arrives."""

import os
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self

from attrs import define, field

from adapters.audio.cache.arrival import Arrival
from adapters.audio.cache.entry import Identity, Version
from adapters.audio.cache.part_file import PartFile
from adapters.audio.in_thread import Threads
from adapters.audio.library.file_descriptor import FileDescriptor
from domain.byte_range import RequestedRange, satisfied
from domain.errors import AudioUnavailable, SourceFailure
from domain.ports import Chunk, OpenedAudio

WORTH_WAITING = 512 * 1024  # bytes that are still to come before those that are wanted


@define(eq=False)
class Copy:
    """The bytes of ``version`` in one file, open as long as somebody holds it; for one event loop."""

    version: Version
    path: Path  # of the entry, also before it is one
    validated_at: datetime  # when the source was last known to have this version
    identity: Identity | None  # of the file, since all its bytes are known; None before that
    threads: Threads  # that read what is not in memory
    arrival: Arrival | None = None  # as long as it is no entry
    stamped_at: datetime | None = field(default=None, init=False)
    ask_again_at: datetime | None = field(default=None, init=False)  # after the source could not be asked
    _file: FileDescriptor | None = field(default=None, init=False)
    _holders: int = field(default=0, init=False)

    @classmethod
    def arriving(cls, part: PartFile, path: Path, arrival: Arrival, threads: Threads) -> Self:
        """A copy of which nothing has come yet, held by whoever fills it."""
        version = part.version
        copy = cls(version, path, version.fetched_at, None, threads, arrival)
        copy._file, copy._holders = part.file, 1
        return copy

    def hold(self) -> bool:
        """Hold the file open, for `let_go` later; False if it is gone, or is not what was verified."""
        if self._file is None:
            if self.arrival is not None:
                return False  # it was given up, and what is at its path is another's
            try:
                self._file = FileDescriptor(os.open(self.path, os.O_RDONLY | os.O_CLOEXEC))
            except OSError:
                return False
        self._holders += 1
        if not self._is_intact(self._file):
            self.let_go()
            return False
        return True

    def let_go(self) -> None:
        self._holders -= 1
        if self._holders == 0 and self._file is not None:
            self._file.close()
            self._file = None
            if self.arrival is not None:
                self.arrival.origin.close()

    def comes_late(self, requested: RequestedRange | None) -> bool:
        """Whether what is ``requested`` begins so far behind what has arrived that the source gives it sooner."""
        if self.arrival is None or requested is None:
            return False
        reach = self.arrival.count + WORTH_WAITING
        return any(part.first > reach for part in satisfied(requested, self.version.size))

    async def until(self, position: int) -> bool:
        """Wait for the byte at ``position``; False if the disk failed. Raises AudioUnavailable: the source did."""
        return self.arrival is None or await self.arrival.until(position)

    @property
    def can_ask_source(self) -> bool:
        """Whether `from_source` can give the same version."""
        return self.arrival is not None and self.arrival.origin.can_reopen

    async def from_source(self, requested: RequestedRange | None) -> OpenedAudio:
        """The same version from where it was fetched. Raises AudioUnavailable: that cannot give it."""
        if self.arrival is None or not self.arrival.origin.can_reopen:
            raise AudioUnavailable(self.version.location, SourceFailure.INTERRUPTED)
        return await self.arrival.origin.reopen(requested)

    async def read(self, count: int, position: int) -> Chunk:
        """At most ``count`` of the bytes that are there: at once if they are in memory, otherwise by a thread.

        Raises AudioUnavailable: CHANGED if the file was written to, so that these may be any bytes."""
        location, file = self.version.location, self._file
        if file is None:
            raise AudioUnavailable(location, SourceFailure.INTERRUPTED)
        there = self.version.size if self.arrival is None else self.arrival.count
        count = min(count, there - position)
        try:
            chunk: Chunk | None = file.read_at_once(count, position)
            if chunk is None:
                chunk = await self.threads.unless_cancelled(partial(file.read, count, position))
        except OSError as error:
            raise AudioUnavailable(location, SourceFailure.INTERRUPTED) from error
        if self._file is not file:  # all let go while the thread was reading
            raise AudioUnavailable(location, SourceFailure.INTERRUPTED)
        if not chunk or not self._is_intact(file):
            raise AudioUnavailable(location, SourceFailure.CHANGED)
        return chunk

    def _is_intact(self, file: FileDescriptor) -> bool:
        return self.identity is None or self.identity.is_of(os.fstat(file.number))
