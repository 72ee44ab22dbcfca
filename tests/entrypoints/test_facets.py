"""The genres and the tags of what a list shows, and how many clips have each."""

from typing import Any

import pytest

from tests.entrypoints.edge import Edge


async def told(edge: Edge, path: str, **query: Any) -> list[list[Any]]:
    answer = await edge.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return [list(each.values()) for each in answer.json()]


async def test_genres_and_tags_are_told_by_most_clips(edge: Edge) -> None:
    await edge.added(title="Rain", genre="Nature", tags=["wet", "night"])
    await edge.added(title="Hail", genre="nature", tags=["Wet"])
    await edge.added(title="Bells", genre="Chill")

    assert (await edge.client.get("/genres")).json() == [
        {"genre": "nature", "clips": 2},
        {"genre": "Chill", "clips": 1},
    ]
    assert (await edge.client.get("/tags")).json() == [{"tag": "Wet", "clips": 2}, {"tag": "night", "clips": 1}]


async def test_they_are_those_of_the_clips_that_the_same_query_lists(edge: Edge) -> None:
    await edge.added(title="Rain", genre="Nature", tags=["wet", "night"])
    await edge.added(title="Hail", genre="Nature", tags=["wet"])
    await edge.added(title="Rainbow", genre="Chill", tags=["dry"])

    assert await told(edge, "/genres", q="rai") == [["Chill", 1], ["Nature", 1]]
    assert await told(edge, "/tags", genre="NATURE") == [["wet", 2], ["night", 1]]
    assert await told(edge, "/tags", tag=["wet", "night"], q="rain", genre="nature") == [["night", 1], ["wet", 1]]
    assert await told(edge, "/genres", q="snow") == []


@pytest.mark.parametrize("path", ["/genres", "/tags", "/play"])
async def test_a_filter_that_is_none_is_refused_by_name(edge: Edge, path: str) -> None:
    query = {"q": "x" * 201, "genre": "\0", "tag": ["a"] * 21}
    answer = await edge.client.get(path, params=query)

    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["errors"]] == ["q", "genre", "tag"]
