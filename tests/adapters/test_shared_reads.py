"""Shared reads: whoever asks for the same at once gets the same answer, never older than the question."""

import asyncio
import gc
from typing import Any

import pytest
from attrs import Factory, define
from hypothesis import given
from hypothesis import strategies as st

from adapters.postgres.shared_reads import SharedReads
from domain.errors import StoreUnavailable

PLENTY = 100
PATIENCE = 30.0  # seconds, where nothing takes one


class TornPageError(Exception):
    """What is raised while the book cannot be read."""


@define(eq=False)
class Reading:
    """The version that a page had when it was looked at."""

    page: str
    version: int


@define
class Book:
    """Pages that are written anew all the time. Who reads one looks at it at once, and is slow to tell."""

    turns: int = 3  # of the event loop, that a read takes
    version: int = 0
    is_torn: bool = False
    reads: list[str] = Factory(list)
    under_way: list[str] = Factory(list)

    def write(self) -> None:
        self.version += 1

    async def read(self, page: str) -> Reading:
        assert page not in self.under_way, "the same page twice at once"
        self.reads.append(page)
        self.under_way.append(page)
        seen, is_torn = Reading(page, self.version), self.is_torn
        await turns(self.turns)
        self.under_way.remove(page)
        if is_torn:
            raise TornPageError
        return seen


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def asked(reads: SharedReads[str, Reading], *pages: str) -> list[Reading]:
    async with asyncio.timeout(PATIENCE):
        return await asyncio.gather(*map(reads.ask, pages))


async def test_who_asks_for_the_same_in_the_same_moment_gets_the_very_same_answer() -> None:
    book = Book()
    first, second, other = await asked(SharedReads(book.read, PLENTY), "a", "a", "b")

    assert first is second
    assert (first.page, other.page) == ("a", "b")
    assert sorted(book.reads) == ["a", "b"]


async def test_who_asks_during_a_read_gets_what_was_written_before_they_asked() -> None:
    book = Book()
    reads = SharedReads(book.read, PLENTY)
    early = asyncio.create_task(reads.ask("a"))
    await turns(2)
    book.write()
    late = [asyncio.create_task(reads.ask("a")) for _ in range(2)]

    assert (await early).version == 0
    assert [(await each).version for each in late] == [1, 1]
    assert book.reads == ["a", "a"]


async def test_who_asks_for_something_else_does_not_wait() -> None:
    book = Book(turns=50)
    reads = SharedReads(book.read, PLENTY)
    first = asyncio.create_task(reads.ask("a"))
    await turns(2)
    book.turns = 1
    other = asyncio.create_task(reads.ask("b"))
    await turns(5)

    assert other.done()
    assert not first.done()
    await first


async def test_a_read_that_fails_fails_those_who_shared_it_and_not_the_next() -> None:
    book = Book(is_torn=True)
    reads = SharedReads(book.read, PLENTY)
    torn = [asyncio.create_task(reads.ask("a")) for _ in range(2)]
    await turns(4)
    book.is_torn = False
    mended = asyncio.create_task(reads.ask("a"))
    await asyncio.wait([*torn, mended])

    assert [type(each.exception()) for each in torn] == [TornPageError] * 2
    assert mended.result().page == "a"


async def test_each_of_those_who_shared_a_read_that_had_no_answer_gets_an_error_of_their_own() -> None:
    async def away(_: str) -> Reading:
        raise StoreUnavailable("away")

    reads = SharedReads(away, PLENTY)
    first, second = await asyncio.gather(reads.ask("a"), reads.ask("a"), return_exceptions=True)

    assert str(first) == str(second) == str(StoreUnavailable("away"))
    assert first is not second


async def test_more_than_can_wait_for_one_read_are_refused_at_once() -> None:
    reads = SharedReads(Book().read, 2)
    tries = [asyncio.create_task(reads.ask(page)) for page in "aaab"]
    await turns(1)

    assert [isinstance(each.exception(), StoreUnavailable) for each in tries if each.done()] == [True]
    await asyncio.wait(tries)


@pytest.mark.parametrize("after", [0, 1, 2, 5])
async def test_whoever_leaves_costs_nobody_anything_and_nothing_is_kept_of_what_was_asked(after: int) -> None:
    reads = SharedReads(Book().read, PLENTY)
    leaver, alone, stayer = [asyncio.create_task(reads.ask(page)) for page in ("a", "b", "a")]
    await turns(after)
    leaver.cancel()
    alone.cancel()
    async with asyncio.timeout(PATIENCE):
        assert (await stayer).page == "a"
        while len(asyncio.all_tasks()) > 1:
            await turns(1)
    del leaver, alone, stayer
    gc.collect()  # a cancelled asker's traceback

    assert len(reads._asked) == 0


@given(
    story=st.lists(st.tuples(st.sampled_from("abw"), st.integers(0, 12), st.none() | st.integers(0, 6)), max_size=25),
    taken=st.integers(0, 5),
)
async def test_in_any_story_no_answer_is_older_than_its_question(
    story: list[tuple[str, int, int | None]], taken: int
) -> None:
    """A story says of each who comes: for which page, or to write; after how many turns, and how long they wait."""
    book = Book(taken)
    reads = SharedReads(book.read, PLENTY)

    async def comes(page: str, after: int) -> tuple[int, Reading | None]:
        await turns(after)
        if page == "w":
            book.write()
            return book.version, None
        before = book.version
        return before, await reads.ask(page)

    async def leaves(coming: "asyncio.Task[Any]", after: int, patience: int | None) -> None:
        if patience is not None:
            await turns(after + patience)
            coming.cancel()

    coming = [asyncio.create_task(comes(page, after)) for page, after, _ in story]
    leavers = [leaves(task, after, patience) for task, (_, after, patience) in zip(coming, story, strict=True)]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*leavers, *coming, return_exceptions=True)

    for task, (page, _, patience) in zip(coming, story, strict=True):
        if task.cancelled():
            assert patience is not None
            continue
        before, reading = task.result()
        assert reading is None or (reading.page == page and reading.version >= before)
