"""The promises of `domain.ports.SingleFlight`, which is of one kind: done once, in turns, though all leave."""

import asyncio
import logging

import pytest
from attrs import define, field

from adapters.single_flight import SingleFlights
from domain.errors import DecoderUnavailable, PeaksFault, PlayError, StoreUnavailable
from domain.peaks import KeptPeaks, PeaksKey
from tests.examples import NOON

KEPT = KeptPeaks(PeaksFault.FORMAT, NOON)
KEY = PeaksKey("a")


@define
class Job:
    """Work that goes on until it is let go, and notes how often it began, and how many ran at once."""

    fails: Exception | None = None
    let_go: asyncio.Event = field(factory=asyncio.Event)
    begun: int = 0
    running: int = 0
    most: int = 0
    cancelled: int = 0

    async def work(self) -> KeptPeaks:
        self.begun, self.running = self.begun + 1, self.running + 1
        self.most = max(self.most, self.running)
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        if self.fails is not None:
            raise self.fails
        return KEPT


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_hundred_who_ask_for_the_same_at_once_share_one_work() -> None:
    flights, job = SingleFlights(), Job()
    asking = [asyncio.create_task(flights.once(KEY, job.work)) for _ in range(100)]
    await settle()
    job.let_go.set()

    assert await asyncio.gather(*asking) == 100 * [KEPT]
    assert job.begun == 1


async def test_who_asks_after_it_was_done_has_it_done_again() -> None:
    flights, job = SingleFlights(), Job()
    job.let_go.set()
    await flights.once(KEY, job.work)
    await flights.once(KEY, job.work)

    assert job.begun == 2


async def test_who_leaves_breaks_nothing_for_the_others_and_work_is_done_though_all_leave() -> None:
    flights, job = SingleFlights(), Job()
    first, second = (asyncio.create_task(flights.once(KEY, job.work)) for _ in range(2))
    await settle()
    first.cancel()
    await settle()
    job.let_go.set()

    assert await second == KEPT
    assert (job.begun, job.cancelled) == (1, 0)

    alone_job = Job()
    alone = asyncio.create_task(flights.once(KEY, alone_job.work))
    await settle()
    alone.cancel()
    await settle()

    assert (alone_job.running, alone_job.cancelled) == (1, 0)
    alone_job.let_go.set()
    await settle()
    assert alone_job.running == 0


async def test_no_more_is_done_at_a_time_than_may_be_and_no_more_waits() -> None:
    flights, job = SingleFlights(at_once=2, most=5), Job()
    asking = [asyncio.create_task(flights.once(PeaksKey(str(key)), job.work)) for key in range(5)]
    await settle()

    assert job.begun == 2
    with pytest.raises(DecoderUnavailable):
        await flights.once(PeaksKey("one more"), job.work)
    one_that_waits = asyncio.create_task(flights.once(PeaksKey("4"), job.work))
    await settle()
    job.let_go.set()
    assert await asyncio.gather(*asking, one_that_waits) == 6 * [KEPT]
    assert job.most == 2


async def test_a_failure_is_told_to_all_who_waited_and_to_nobody_after() -> None:
    flights, job = SingleFlights(), Job(StoreUnavailable("it is away"))
    asking = [asyncio.create_task(flights.once(KEY, job.work)) for _ in range(3)]
    await settle()
    job.let_go.set()

    assert [type(told) for told in await asyncio.gather(*asking, return_exceptions=True)] == 3 * [StoreUnavailable]
    job.fails = None
    assert await flights.once(KEY, job.work) == KEPT


@pytest.mark.parametrize(("fails", "said"), [(DecoderUnavailable(), 0), (ZeroDivisionError(), 1)])
async def test_a_defect_is_logged_though_nobody_waits_and_a_refusal_is_not(
    fails: Exception, said: int, caplog: pytest.LogCaptureFixture
) -> None:
    flights, job = SingleFlights(), Job(fails)
    asking = asyncio.create_task(flights.once(KEY, job.work))
    await settle()
    asking.cancel()
    job.let_go.set()
    await settle()

    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == said


async def test_who_has_waited_long_enough_is_told_so_and_the_work_goes_on() -> None:
    flights, job = SingleFlights(patience=0.01), Job()
    with pytest.raises(DecoderUnavailable):
        await flights.once(KEY, job.work)

    assert (job.running, job.cancelled) == (1, 0)
    flights.patience = 60
    job.let_go.set()
    assert await flights.once(KEY, job.work) == KEPT
    assert job.begun == 1


async def test_closed_it_gives_up_what_is_under_way_and_begins_nothing() -> None:
    flights, job = SingleFlights(at_once=1), Job()
    asking = [asyncio.create_task(flights.once(PeaksKey(key), job.work)) for key in "ab"]
    await settle()
    await flights.close()

    assert (job.running, job.cancelled) == (0, 1)
    told = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(error, PlayError) for error in told)
    with pytest.raises(DecoderUnavailable):
        await flights.once(KEY, job.work)
    await flights.close()
