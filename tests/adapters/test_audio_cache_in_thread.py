"""What becomes of a thread whose waiter is cancelled."""

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial

import pytest

from adapters.audio.in_thread import MOST_THREADS, Threads
from tests.upstream import soon


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    made = Threads()
    yield made
    await made.close()


async def test_whoever_must_see_it_finished_waits_however_often_it_is_cancelled(threads: Threads) -> None:
    may_end, has_ended = threading.Event(), threading.Event()

    def slow() -> None:
        may_end.wait(60)
        has_ended.set()

    waiting = asyncio.create_task(threads.finished(slow))
    for _ in range(3):
        await asyncio.sleep(0.01)
        waiting.cancel()
    await asyncio.sleep(0.01)
    assert not waiting.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert has_ended.is_set()


async def test_who_waits_no_longer_leaves_at_once_and_what_comes_too_late_is_undone(threads: Threads) -> None:
    is_begun, may_end, undone = threading.Event(), threading.Event(), asyncio.Event()
    results: list[int] = []

    def slow() -> int:
        is_begun.set()
        may_end.wait(60)
        return 42

    def undo(result: int) -> None:
        results.append(result)
        undone.set()

    waiting = asyncio.create_task(threads.unless_cancelled(slow, undo))
    assert await soon(is_begun.is_set)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not may_end.is_set()
    may_end.set()
    await asyncio.wait_for(undone.wait(), 30)

    assert results == [42]


async def test_what_fails_too_late_is_nobodys_trouble(threads: Threads) -> None:
    may_end = threading.Event()

    def failing() -> None:
        may_end.wait(60)
        raise OSError("too late")

    tasks = [asyncio.create_task(wait(failing)) for wait in (threads.finished, threads.unless_cancelled)]
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    may_end.set()

    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    await asyncio.sleep(0.05)


async def test_closing_waits_for_what_runs_and_fails_what_has_not_begun(threads: Threads) -> None:
    begun: list[int] = []
    ended: list[int] = []

    def slow(may_end: threading.Event, number: int) -> None:
        begun.append(number)
        may_end.wait(60)
        ended.append(number)

    may_end = threading.Event()
    waits = [threads.finished, threads.unless_cancelled] * MOST_THREADS
    tasks = [asyncio.create_task(wait(partial(slow, may_end, number))) for number, wait in enumerate(waits)]
    assert await soon(lambda: len(begun) == MOST_THREADS)
    closing = asyncio.create_task(threads.close())
    await asyncio.sleep(0.05)
    assert not closing.done()
    may_end.set()
    await closing

    assert sorted(ended) == list(range(MOST_THREADS))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[:MOST_THREADS] == [None] * MOST_THREADS
    assert [type(result) for result in results[MOST_THREADS:]] == [OSError] * MOST_THREADS
    for wait in (threads.finished, threads.unless_cancelled):
        with pytest.raises(OSError, match="closed"):
            await wait(may_end.is_set)
