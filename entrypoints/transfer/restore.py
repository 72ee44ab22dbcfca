"""Puts back what an export took out: what `soundverse-play import FILE.jsonl` does."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from threading import Event
from typing import Protocol

from attrs import define, field, frozen

from domain.clip import ClipId
from domain.ports import Transfer
from domain.transfer import ClipRecord, Restored
from entrypoints.transfer.in_flight import worked_off
from entrypoints.transfer.line_reader import LineError, read
from entrypoints.transfer.lines import End, Header, Listeners
from entrypoints.transfer.progress import Meter
from entrypoints.transfer.tally import Tally

LINES_AT_ONCE = 4  # half of the connections, at most, do what takes long


class NoExportError(Exception):
    """The file is no export; the text says why, in a sentence."""


class Target(Protocol):
    """Where it is put back: a `Transfer`, or the `Foresight` of one."""

    async def restore(self, record: ClipRecord) -> Restored: ...

    async def restore_listeners(self, by_day: Mapping[date, int]) -> int: ...


@define
class Restoration:
    """Reads lines and puts each back by itself. A line that cannot be is told with its number, and the others go in."""

    target: Target
    tally: Tally
    meter: Meter
    is_over: bool = field(default=False, init=False)  # whether the last line was read

    async def run(self, lines: Iterable[bytes], ended: Event) -> None:
        """All lines, or those until ``ended``. Raises NoExportError; StoreUnavailable: some of them are put back."""
        numbered = enumerate(lines, start=1)
        self._begin(numbered)
        await worked_off(numbered, self._put_back, LINES_AT_ONCE, ended)
        if not (self.is_over or ended.is_set()):
            self.tally.refuse("the end", "the file was cut, for its last line is missing")

    def _begin(self, numbered: Iterator[tuple[int, bytes]]) -> None:
        _, first = next(numbered, (1, b""))
        try:
            if isinstance(read(first), Header):
                return
        except LineError as error:
            raise NoExportError(f"This is no export of soundverse-play: of its first line, {error}.") from error
        raise NoExportError("This is no export of soundverse-play: its first line is not a header.")

    async def _put_back(self, numbered: tuple[int, bytes]) -> None:
        number, line = numbered
        try:
            await self._understood(number, line)
        except LineError as error:
            self.tally.refuse(f"line {number}", str(error))
        self.meter.advance()

    async def _understood(self, number: int, line: bytes) -> None:
        match read(line):
            case ClipRecord() as record:
                self._count(number, record, await self.target.restore(record))
            case Listeners(by_day):
                await self.target.restore_listeners(by_day)
            case End():
                self.is_over = True
            case Header():
                raise LineError("a header is the first line alone")

    def _count(self, number: int, record: ClipRecord, outcome: Restored) -> None:
        match outcome:
            case Restored.ADDED:
                self.tally.added += 1
            case Restored.THERE:
                self.tally.there += 1
            case Restored.TAKEN:
                self.tally.refuse(f"line {number}", f"another clip has the id {record.clip.id}")


@frozen
class Foresight:
    """What would become of it, as things are; nothing is changed."""

    transfer: Transfer

    async def restore(self, record: ClipRecord) -> Restored:
        found = await self.transfer.records(ClipId(record.clip.id - 1), 1)
        if not found or found[0].clip.id != record.clip.id:
            return Restored.ADDED
        known, wanted = found[0].clip, record.clip
        is_same = (known.created_at, known.audio_url) == (wanted.created_at, wanted.audio_url)
        return Restored.THERE if is_same else Restored.TAKEN

    async def restore_listeners(self, by_day: Mapping[date, int]) -> int:
        known = await self.transfer.listeners()
        return len(by_day.keys() - known.keys())
