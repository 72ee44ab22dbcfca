"""What becomes of a thread whose waiter is cancelled."""

import asyncio
import threading

import pytest

from adapters.audio.cache.in_thread import finished, unless_cancelled


async def test_whoever_must_see_it_finished_waits_however_often_it_is_cancelled() -> None:
    may_end, has_ended = threading.Event(), threading.Event()

    def slow() -> None:
        may_end.wait(5)
        has_ended.set()

    waiting = asyncio.create_task(finished(slow))
    for _ in range(3):
        await asyncio.sleep(0.01)
        waiting.cancel()
    await asyncio.sleep(0.01)
    assert not waiting.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert has_ended.is_set()


async def test_who_waits_no_longer_leaves_at_once_and_what_comes_too_late_is_undone() -> None:
    may_end, undone = threading.Event(), asyncio.Event()
    results: list[int] = []

    def slow() -> int:
        may_end.wait(5)
        return 42

    def undo(result: int) -> None:
        results.append(result)
        undone.set()

    waiting = asyncio.create_task(unless_cancelled(slow, undo))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not may_end.is_set()
    may_end.set()
    await asyncio.wait_for(undone.wait(), 5)

    assert results == [42]


async def test_what_fails_too_late_is_nobodys_trouble() -> None:
    may_end = threading.Event()

    def failing() -> None:
        may_end.wait(5)
        raise OSError("too late")

    tasks = [asyncio.create_task(wait(failing)) for wait in (finished, unless_cancelled)]
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    may_end.set()

    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    await asyncio.sleep(0.05)
