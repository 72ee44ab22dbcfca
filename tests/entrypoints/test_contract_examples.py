"""The contract's examples are true: sent to a new service, they are answered as the contract shows it."""

from pathlib import Path
from typing import Any

import pytest

from tests.entrypoints.contract import DOCUMENT, ON_EVERY_ANSWER, obeys, operations, resolved
from tests.entrypoints.example_requests import EXAMPLES
from tests.entrypoints.new_service import new_service

CHANCE = {"requests": ("id", "listener")}  # what is made by chance, or by a key that is
OF_THE_FILE = {"etag", "last-modified"}  # by when it was put in place
EXCERPT = {"aboutCounting"}  # too long to be shown whole
SHOWN_TEXTS = [
    (name, media_type)
    for name, operation in operations().items()
    for media_type, shown in operation["responses"].get("200", {}).get("content", {}).items()
    if media_type.startswith("text/") and "example" in shown
]


def without_chance(told: Any) -> Any:
    """``told`` without what no two services answer alike."""
    if isinstance(told, dict) and "requests" in told:
        kept = [{k: v for k, v in one.items() if k not in CHANCE["requests"]} for one in told["requests"]]
        return told | {"requests": kept}
    return told


def shown(operation: str, told: Any, example: Any) -> Any:
    """As much of ``told`` as the example shows."""
    if operation not in EXCERPT:
        return without_chance(told)
    return {name: {term: told[name].get(term) for term in terms} for name, terms in example.items()}


@pytest.mark.parametrize("operation", sorted(EXAMPLES))
async def test_an_example_is_answered_as_the_contract_shows_it(operation: str, tmp_path: Path) -> None:
    async with new_service(tmp_path) as service:
        answer = await EXAMPLES[operation].sent_by(service.client)

    written = resolved(operations()[operation]["responses"][str(answer.status_code)])
    assert answer.is_success
    assert obeys(answer, operation)
    for name, header in written.get("headers", {}).items():
        if name in answer.headers and name.lower() not in OF_THE_FILE:
            assert answer.headers[name] == str(resolved(header)["example"])
    content = written.get("content", {}).get("application/json", {})
    if "example" in content:
        assert shown(operation, answer.json(), content["example"]) == without_chance(content["example"])


@pytest.mark.parametrize(("operation", "media_type"), SHOWN_TEXTS)
async def test_a_text_is_the_one_that_the_contract_shows(operation: str, media_type: str, tmp_path: Path) -> None:
    async with new_service(tmp_path) as service:
        answer = await EXAMPLES[operation].but(headers={"accept": media_type}).sent_by(service.client)

    assert answer.text == operations()[operation]["responses"]["200"]["content"][media_type]["example"]
    assert obeys(answer, operation)


def test_what_is_on_every_answer_is_told_at_the_beginning() -> None:
    told = DOCUMENT["info"]["description"].lower()

    assert [name for name in ON_EVERY_ANSWER if f"`{name}`" not in told] == []
