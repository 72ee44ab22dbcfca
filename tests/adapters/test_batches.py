"""Batches: whoever asks while others are answered shares the next run, and gets what they would have got alone."""

import asyncio
import gc
from collections.abc import Sequence

import pytest
from attrs import Factory, define
from hypothesis import given
from hypothesis import strategies as st

from adapters.postgres.batches import Batches
from domain.errors import StoreUnavailable

PLENTY = 100
PATIENCE = 30.0  # seconds, where nothing takes one


class OddError(Exception):
    """What is raised for an odd number."""


@define
class Halving:
    """Halves numbers, all that are handed in at once; slow, so that others come meanwhile. Cannot halve odd ones."""

    turns: int = 3  # of the event loop, that a run takes
    runs: list[list[int]] = Factory(list)
    is_under_way: bool = False

    async def run(self, numbers: Sequence[int]) -> Sequence[int | Exception]:
        assert not self.is_under_way, "two runs at once"
        self.runs.append(list(numbers))
        self.is_under_way = True
        await turns(self.turns)
        self.is_under_way = False
        return [OddError(number) if number % 2 else number // 2 for number in numbers]


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def half(batches: Batches[int, int], number: int) -> int:
    async with asyncio.timeout(PATIENCE):
        return await batches.ask(number)


async def outcome(batches: Batches[int, int], number: int) -> int | Exception:
    try:
        return await half(batches, number)
    except (OddError, StoreUnavailable, ValueError) as error:
        return error


async def test_who_asks_in_the_same_moment_is_answered_in_one_run() -> None:
    halving = Halving()
    batches = Batches(halving.run, PLENTY)

    assert await asyncio.gather(*map(batches.ask, (2, 4, 6))) == [1, 2, 3]
    assert halving.runs == [[2, 4, 6]]


async def test_who_asks_during_a_run_is_in_the_next_and_not_later() -> None:
    halving = Halving()
    batches = Batches(halving.run, PLENTY)
    first = asyncio.create_task(batches.ask(2))
    await turns(2)
    assert halving.is_under_way
    others = [asyncio.create_task(batches.ask(number)) for number in (4, 6)]

    assert await asyncio.gather(first, *others) == [1, 2, 3]
    assert halving.runs == [[2], [4, 6]]


async def test_an_error_of_one_item_is_raised_to_its_asker_alone() -> None:
    batches = Batches(Halving().run, PLENTY)
    two, three, four = (asyncio.create_task(half(batches, number)) for number in (2, 3, 4))
    await asyncio.wait([two, three, four])

    assert (two.result(), four.result()) == (1, 2)
    assert isinstance(three.exception(), OddError)


async def test_a_run_that_fails_fails_its_own_askers_and_not_the_next() -> None:
    async def failing_at_first(numbers: Sequence[int]) -> Sequence[int]:
        await turns(2)
        if 1 in numbers:
            raise OddError
        return numbers

    batches = Batches(failing_at_first, PLENTY)
    failed = asyncio.gather(*(outcome(batches, number) for number in (1, 2)))
    await turns(2)
    later = asyncio.create_task(batches.ask(3))

    assert all(isinstance(error, OddError) for error in await failed)
    assert await later == 3


async def test_a_run_that_forgets_an_answer_leaves_nobody_waiting() -> None:
    async def forgetful(numbers: Sequence[int]) -> Sequence[int]:
        return numbers[1:]

    batches = Batches(forgetful, PLENTY)
    errors = await asyncio.gather(*(outcome(batches, number) for number in (1, 2)))

    assert all(isinstance(error, ValueError) for error in errors)


@pytest.mark.parametrize("leaver", [0, 1, 2, 3])
@pytest.mark.parametrize("after", [0, 1, 2, 5])
async def test_whoever_is_cancelled_costs_the_others_nothing(leaver: int, after: int) -> None:
    batches = Batches(Halving().run, PLENTY)
    asked = [asyncio.create_task(batches.ask(number)) for number in (0, 2)]
    await turns(1)
    asked += [asyncio.create_task(batches.ask(number)) for number in (4, 6)]
    await turns(after)
    asked[leaver].cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [answer for at, answer in enumerate(answers) if at != leaver] == [at for at in range(4) if at != leaver]


@pytest.mark.parametrize("leaver", [0, 1, 2, 3])
@pytest.mark.parametrize("after", [0, 1, 2, 5])
async def test_whoever_tells_and_is_cancelled_costs_the_others_nothing_and_knows_what_was_done(
    leaver: int, after: int
) -> None:
    halving = Halving()
    batches = Batches(halving.run, PLENTY)
    told = [asyncio.create_task(batches.tell(number)) for number in (0, 2)]
    await turns(1)
    told += [asyncio.create_task(batches.tell(number)) for number in (4, 6)]
    await turns(after)
    told[leaver].cancel()
    await asyncio.wait([told[leaver]])
    is_decided = not halving.is_under_way or 2 * leaver not in halving.runs[-1]
    was_run = any(2 * leaver in run for run in halving.runs)
    answers = await asyncio.gather(*told, return_exceptions=True)

    assert is_decided
    assert was_run == any(2 * leaver in run for run in halving.runs)
    assert [answer for at, answer in enumerate(answers) if at != leaver] == [at for at in range(4) if at != leaver]


async def test_whoever_tells_leaves_at_once_if_the_run_has_not_begun_and_after_it_however_often_cancelled() -> None:
    halving = Halving(turns=20)
    batches = Batches(halving.run, PLENTY)
    first = asyncio.create_task(batches.tell(2))
    await turns(2)
    second = asyncio.create_task(batches.tell(4))
    await turns(1)
    second.cancel()
    await turns(3)

    assert second.cancelled()
    for _ in range(3):
        first.cancel()
        await turns(2)
        assert not first.done()
    await asyncio.wait([first])
    assert first.cancelled()
    assert (halving.runs, halving.is_under_way) == ([[2]], False)


async def test_a_failure_that_comes_after_its_teller_was_cancelled_is_no_ones() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    told = asyncio.create_task(Batches(Halving().run, PLENTY).tell(3))
    await turns(2)
    told.cancel()
    await asyncio.wait([told])
    del told
    gc.collect()

    assert complaints == []


async def test_beyond_a_full_batch_one_is_refused_at_once_and_there_is_room_after_it() -> None:
    halving = Halving()
    batches = Batches(halving.run, 2)
    asked = [asyncio.create_task(outcome(batches, 2 * number)) for number in range(4)]
    await turns(1)

    assert [isinstance(task.result(), StoreUnavailable) for task in asked if task.done()] == [True, True]
    await asyncio.gather(*asked)
    assert await half(batches, 8) == 4


async def test_nothing_is_left_running_when_nobody_asks() -> None:
    batches = Batches(Halving().run, PLENTY)
    await asyncio.gather(*(outcome(batches, number) for number in range(5)))

    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_one_event_loop_may_follow_another_even_if_that_was_ended_amid_a_run() -> None:
    halving = Halving()
    batches = Batches(halving.run, PLENTY)
    assert asyncio.run(half(batches, 2)) == 1

    async def left_behind() -> "asyncio.Task[int]":
        left = asyncio.create_task(batches.ask(4))
        await turns(2)
        assert halving.is_under_way
        return left

    assert asyncio.run(left_behind()).cancelled()
    halving.is_under_way = False
    assert asyncio.run(half(batches, 6)) == 3


async def test_askers_are_let_go_when_the_run_is_cancelled_with_its_loop() -> None:
    batches = Batches(Halving(turns=50).run, PLENTY)
    before = asyncio.all_tasks()
    first = asyncio.create_task(batches.ask(2))
    await turns(3)
    [run] = asyncio.all_tasks() - before - {first}
    second = asyncio.create_task(batches.ask(4))
    await turns(1)
    run.cancel()
    await asyncio.wait([first, second], timeout=PATIENCE)

    assert first.cancelled()
    assert second.cancelled()


async def test_whoever_sees_a_run_out_is_let_go_when_it_is_cancelled_with_its_loop() -> None:
    batches = Batches(Halving(turns=50).run, PLENTY)
    before = asyncio.all_tasks()
    told = asyncio.create_task(batches.tell(2))
    await turns(3)
    [run] = asyncio.all_tasks() - before - {told}
    told.cancel()
    await turns(2)
    run.cancel()
    await asyncio.wait([told], timeout=PATIENCE)

    assert told.cancelled()


@given(
    story=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12), st.none() | st.integers(0, 6)), max_size=25),
    taken=st.integers(0, 5),
    most=st.integers(1, 6),
)
async def test_in_any_story_each_gets_the_answer_they_would_get_alone_and_never_an_older_one(
    story: list[tuple[int, int, int | None]], taken: int, most: int
) -> None:
    """A story says of each asker: the number, after how many turns they come, and how long they wait."""
    halving = Halving(taken)
    batches = Batches(halving.run, most)

    async def asker(number: int, comes: int) -> tuple[int, int | Exception]:
        await turns(comes)
        begun = len(halving.runs)
        return begun, await outcome(batches, number)

    async def leaves(asked: "asyncio.Task[object]", comes: int, patience: int | None) -> None:
        if patience is not None:
            await turns(comes + patience)
            asked.cancel()

    asked = [asyncio.create_task(asker(number, comes)) for number, comes, _ in story]
    leavers = [leaves(task, comes, patience) for task, (_, comes, patience) in zip(asked, story, strict=True)]
    await asyncio.gather(*leavers)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*asked, return_exceptions=True)

    for task, (number, _, patience) in zip(asked, story, strict=True):
        if task.cancelled():
            assert patience is not None
            continue
        begun, answer = task.result()
        if isinstance(answer, StoreUnavailable):
            continue
        assert number in [item for run in halving.runs[begun:] for item in run]
        assert isinstance(answer, OddError) if number % 2 else answer == number // 2
    assert all(1 <= len(run) <= most for run in halving.runs)
