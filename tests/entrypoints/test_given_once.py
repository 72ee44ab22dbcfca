"""A query parameter that is there twice is refused by its name, so that nobody guesses which of the two was meant."""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from entrypoints.settings import Settings
from tests.entrypoints.contract import DOCUMENT, METHODS, resolved
from tests.entrypoints.edge import RAIN, WRITING, Edge, an_edge
from tests.entrypoints.example_requests import EXAMPLES, sent

UNREAD = {"expires", "signature"}  # where reading is open to all


def parameters() -> dict[tuple[str, str], str]:
    """A value of each query parameter that may be there once and is read, by operation and name."""
    found = {}
    for item in DOCUMENT["paths"].values():
        for operation in (item[method] for method in sorted(METHODS & item.keys())):
            for one in map(resolved, item.get("parameters", []) + operation.get("parameters", [])):
                if one["in"] == "query" and one["name"] not in {"tag"} | UNREAD:
                    found[operation["operationId"], one["name"]] = sent(one.get("example", "x"))
    return found


PARAMETERS = parameters()


@pytest.mark.parametrize(("operation", "name"), PARAMETERS)
async def test_what_the_contract_knows_may_be_given_once(edge: Edge, operation: str, name: str) -> None:
    twice: Any = [PARAMETERS[operation, name]] * 2

    async with asyncio.timeout(30):  # what is not refused may never end
        answer = await EXAMPLES[operation].but(query={name: twice}).sent_by(edge.client)

    assert answer.status_code == 422
    if EXAMPLES[operation].method != "HEAD":
        assert answer.json()["errors"] == [{"path": name, "message": "may be given once"}]


async def test_all_that_are_given_twice_are_told_at_once(edge: Edge) -> None:
    answer = await edge.client.get("/play?q=a&q=b&limit=1&limit=0&sort=title&sort=title&tag=a&tag=b&colour=1&colour=2")

    assert [fault["path"] for fault in answer.json()["errors"]] == ["q", "sort", "limit", "limit"]


@pytest.mark.parametrize("name", ["play", *sorted(UNREAD)])
async def test_so_may_each_part_of_a_signed_address(tmp_path: Path, name: str) -> None:
    key = sha256(b"a key to read").hexdigest()
    edge = an_edge(tmp_path, settings=Settings(data=tmp_path, read_keys=(f"app:{key}",)))
    async with edge.client:
        address = (await edge.added(audio_url=RAIN))["stream_url"]
        path, _, query = address.partition("?")
        again = next(part for part in query.split("&") if part.startswith(f"{name}="))
        listen = f"{path.removesuffix('/stream')}/listens/{query[5:41]}"
        refused = await edge.client.get(f"{address}&{again}")
        unheard = await edge.client.put(f"{listen}?{query}&{again}", json={"played_seconds": 1})
        counted = await edge.client.get("/play/1/stats", headers=WRITING)

    assert (refused.status_code, unheard.status_code) == (422, 422)
    assert refused.json()["errors"] == unheard.json()["errors"] == [{"path": name, "message": "may be given once"}]
    assert counted.json()["play_count"] == 0
