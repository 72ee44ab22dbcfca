"""A catalogue is exported line by line and put back line by line, and again and again."""

import asyncio
import io
from threading import Event
from typing import Any

import pytest

from adapters.memory.store import MemoryStore
from adapters.system import utc_now
from domain.clip import ClipId
from domain.errors import StoreUnavailable
from domain.transfer import ClipRecord, Restored
from entrypoints.transfer.export import export
from entrypoints.transfer.lines import End, Header, Listeners, written
from entrypoints.transfer.progress import Silence
from entrypoints.transfer.restore import Foresight, NoExportError, Restoration
from entrypoints.transfer.tally import MOST_TOLD, Tally
from tests.clip_records import a_record
from tests.examples import NOON

HEAD = [written(Header(NOON)), written(Listeners({NOON.date(): 2}))]


async def restored(lines: list[bytes], target: Any, ended: Event | None = None) -> Tally:
    tally = Tally()
    await Restoration(target, tally, Silence()).run(lines, ended or Event())
    return tally


def summed(tally: Tally) -> tuple[int, int, int]:
    return tally.added, tally.there, tally.refused


def a_file(*records: ClipRecord) -> list[bytes]:
    return [*HEAD, *map(written, records), written(End(len(records)))]


async def exported(store: MemoryStore) -> list[bytes]:
    """The lines after the header, which says when it was."""
    file = io.BytesIO()
    await export(store, utc_now, file, lambda: None)
    return file.getvalue().splitlines(keepends=True)[1:]


async def test_what_was_exported_is_imported_and_exported_as_it_was() -> None:
    first, second = MemoryStore(), MemoryStore()
    for clip in range(1, 120):  # more than are asked for at once
        await first.restore(a_record(clip=clip, plays=clip % 3, is_removed=clip % 7 == 0))
    lines = await exported(first)

    tally = await restored([HEAD[0], *lines], second)

    assert summed(tally) == (119, 0, 0)
    assert await exported(second) == lines


async def test_importing_again_changes_nothing_and_says_so() -> None:
    store, lines = MemoryStore(), a_file(a_record(clip=1, plays=3), a_record(clip=2))
    first = await restored(lines, store)
    before = await exported(store)

    again = await restored(lines, store)

    assert (summed(first), summed(again)) == ((2, 0, 0), (0, 2, 0))
    assert await exported(store) == before


async def test_a_line_that_is_malformed_is_told_with_its_number_and_the_others_go_in() -> None:
    lines = [*HEAD, written(a_record(clip=1)), b"{\n", written(a_record(clip=2)), HEAD[0], written(End(2))]

    tally = await restored(lines, MemoryStore())

    assert list(tally.lines()) == [
        "Clips added: 2",
        "Already there: 0",
        "Refused: 2",
        "  line 4: it is not a JSON object.",
        "  line 6: a header is the first line alone.",
    ]


async def test_a_clip_whose_id_another_one_has_is_refused_by_its_line() -> None:
    store = MemoryStore()
    await store.restore(a_record(clip=2, plays=1))
    other = written(a_record(clip=2)).replace(b"rain.ogg", b"hail.ogg")

    tally = await restored([*HEAD, other, written(End(1))], store)

    assert list(tally.lines())[-1] == "  line 3: another clip has the id 2."


async def test_a_file_that_was_cut_is_told_after_all_that_it_has_is_in() -> None:
    tally = await restored(a_file(a_record(clip=1))[:-1], MemoryStore())

    assert (tally.added, list(tally.lines())[-1]) == (1, "  the end: the file was cut, for its last line is missing.")


@pytest.mark.parametrize("lines", [[], [b"\n"], [written(a_record())], [b'{"format":"tracks","version":1}']])
async def test_a_file_that_is_no_export_is_refused_before_anything_is_done(lines: list[bytes]) -> None:
    store = MemoryStore()

    with pytest.raises(NoExportError, match=r"This is no export of soundverse-play: .*\.$"):
        await restored([*lines, written(a_record(clip=1))], store)
    assert await store.records(ClipId(0), 9) == []


async def test_foresight_tells_what_would_become_of_it_and_changes_nothing() -> None:
    store = MemoryStore()
    await store.restore(a_record(clip=1))
    await store.restore(a_record(clip=3))
    before = await exported(store)
    other = written(a_record(clip=3)).replace(b"rain.ogg", b"hail.ogg")
    lines = [*HEAD, written(a_record(clip=1)), written(a_record(clip=2)), other, written(End(3))]

    tally = await restored(lines, Foresight(store))

    assert summed(tally) == (1, 1, 1)
    assert await exported(store) == before


async def test_nothing_more_is_begun_once_it_shall_end() -> None:
    ended = Event()

    class Ending(MemoryStore):
        async def restore(self, record: ClipRecord) -> Restored:
            ended.set()
            return await super().restore(record)

    tally = await restored(a_file(*(a_record(clip=clip) for clip in range(1, 100))), Ending(), ended)

    assert tally.added <= 4
    assert tally.refused == 0


async def test_a_store_that_goes_away_ends_it_and_what_was_counted_by_then_stands() -> None:
    class Failing(MemoryStore):
        async def restore(self, record: ClipRecord) -> Restored:
            if record.clip.id == 3:
                raise StoreUnavailable("the database is away")
            return await super().restore(record)

    store, tally = Failing(), Tally()
    with pytest.raises(StoreUnavailable):
        await Restoration(store, tally, Silence()).run(a_file(*map(a_record, range(1, 9))), Event())
    assert tally.added == len(await store.records(ClipId(0), 99)) >= 2


def test_a_file_of_nothing_but_faults_fills_no_memory() -> None:
    tally = asyncio.run(restored([*HEAD, *[b"{\n"] * (MOST_TOLD + 5), written(End(0))], MemoryStore()))

    assert len(list(tally.lines())) == MOST_TOLD + 4
    assert list(tally.lines())[-1] == "  and 5 more."
