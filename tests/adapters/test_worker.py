"""Workers are nobody's own, and end in time."""

import asyncio
from contextvars import ContextVar

import pytest

from adapters.worker import begun, ended

asked_by: ContextVar[str] = ContextVar("asked_by", default="nobody")


async def test_a_worker_knows_nothing_of_the_request_that_began_it() -> None:
    asked_by.set("the first request")
    seen: list[str] = []

    async def work() -> None:
        seen.append(asked_by.get())

    await begun(work())

    assert seen == ["nobody"]


async def test_a_worker_that_ends_in_time_is_waited_for() -> None:
    worker = begun(asyncio.sleep(0.01))
    await ended(worker, within=30)

    assert not worker.cancelled()


async def test_a_worker_that_takes_too_long_is_cancelled_and_over() -> None:
    tidied: list[bool] = []

    async def work() -> None:
        try:
            await asyncio.sleep(3_600)
        finally:
            await asyncio.sleep(0.01)
            tidied.append(True)

    worker = begun(work())
    await ended(worker, within=0.01)

    assert worker.cancelled()
    assert tidied == [True]


async def test_what_a_worker_raised_stays_with_it() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    worker = begun(work())
    await ended(worker, within=30)

    with pytest.raises(ZeroDivisionError):
        worker.result()
