"""What can happen to an operation is in the contract, and what is in the contract can happen."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.entrypoints.contract import obeys, operations, resolved
from tests.entrypoints.ways_to_answers import WAYS, answers

Answers = dict[tuple[str, str], httpx.Response]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return asyncio.run(answers(tmp_path_factory.mktemp("ways")))


@pytest.mark.parametrize("way", WAYS)
def test_what_any_operation_is_answered_is_written(given: Answers, way: str) -> None:
    for (gone, operation), answer in given.items():
        if gone == way:
            assert obeys(answer, operation), operation


def test_every_status_that_is_written_can_happen(given: Answers) -> None:
    seen = {(operation, str(answer.status_code)) for (_, operation), answer in given.items()}
    written = {(name, status) for name, operation in operations().items() for status in operation["responses"]}

    assert sorted(written - seen) == []


def problems() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every problem that the contract shows, with its operation and status."""
    for name, operation in operations().items():
        for status, response in operation["responses"].items():
            content = resolved(response).get("content", {}).get("application/problem+json")
            if content:
                yield name, status, content["example"]


def test_every_problem_that_is_shown_is_told_word_for_word(given: Answers) -> None:
    """Somewhere: what a refused field is called differs between operations that show the same problem."""
    told = [answer.json() for answer in given.values() if answer.status_code >= 400 and answer.content]
    shown = [example for _, _, example in problems()]

    assert [example for example in shown if nameless(example) not in map(nameless, told)] == []


def nameless(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem without its title, which is Python's name of the status and not the same in every version."""
    return {name: said for name, said in problem.items() if name != "title"}
