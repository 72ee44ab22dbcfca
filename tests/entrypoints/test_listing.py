"""A list of clips shows those that were asked for, in a total order, and each once however it is cut into pages."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.entrypoints.edge import RAIN, WAV, Edge

KEYS = {
    "id", "title", "description", "genre", "duration", "audio_url",
    "play_count", "stream_url", "media_type", "size", "created_at", "tags",
}  # fmt: skip

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=6).filter(
    lambda text: not text.isspace()
)


async def listed(edge: Edge, **query: Any) -> list[str]:
    """The titles of one page."""
    answer = await edge.client.get("/play", params=query)
    assert answer.status_code == 200, answer.text
    return [clip["title"] for clip in answer.json()]


async def pages(edge: Edge, first: str) -> list[list[dict[str, Any]]]:
    """Every page from ``first`` on, by following Link."""
    found, following = [], first
    while following:
        answer = await edge.client.get(following)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        following = answer.links.get("next", {}).get("url", "")
    return found


async def test_an_empty_catalogue_is_an_empty_array(edge: Edge) -> None:
    answer = await edge.client.get("/play")

    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.headers["content-type"] == "application/json"
    assert "link" not in answer.headers


async def test_a_clip_has_every_key_of_the_contract_and_no_other(edge: Edge) -> None:
    added = await edge.added(description="On a roof.", duration=0.25, tags=["roof", "Storm"])

    [clip] = (await edge.client.get("/play")).json()

    assert clip.keys() == KEYS
    assert clip == (await edge.client.get(f"/play/{added['id']}")).json() == added
    assert clip["created_at"].endswith("Z")
    del clip["created_at"]
    assert clip == {
        "id": 1,
        "title": "Rain",
        "description": "On a roof.",
        "genre": "Nature",
        "duration": 0.25,
        "audio_url": RAIN,
        "play_count": 0,
        "stream_url": "/play/1/stream",
        "media_type": "audio/wav",
        "size": len(WAV),
        "tags": ["roof", "Storm"],
    }


async def test_the_newest_clip_comes_first(edge: Edge) -> None:
    for title in ("a", "b", "c"):
        await edge.added(title=title)

    assert await listed(edge) == await listed(edge, sort="newest") == ["c", "b", "a"]


async def test_titles_are_sorted_whatever_their_case(edge: Edge) -> None:
    for title in ("b", "A", "c", "B"):
        await edge.added(title=title)

    assert await listed(edge, sort="title") == ["A", "b", "B", "c"]


async def test_the_most_played_clip_comes_first_and_then_the_newest(edge: Edge) -> None:
    clips = [await edge.added(title=title) for title in ("a", "b", "c")]
    for _ in range(2):
        await edge.client.get(clips[1]["stream_url"])

    assert await listed(edge, sort="plays") == ["b", "c", "a"]


async def test_every_word_must_occur_somewhere_in_any_case(edge: Edge) -> None:
    await edge.added(title="Rain on Tin", description="Soft.", genre="Nature")
    await edge.added(title="Bells", description="Like rain.", genre="Chill")

    assert await listed(edge, q="RAIN") == ["Bells", "Rain on Tin"]
    assert await listed(edge, q="rain soft") == ["Rain on Tin"]
    assert await listed(edge, q="chill") == ["Bells"]
    assert await listed(edge, q="rain snow") == []
    assert await listed(edge, q="") == ["Bells", "Rain on Tin"]


@pytest.mark.parametrize("sign", ["%", "_", "\\", "'", "🎵"])
async def test_a_sign_that_means_something_elsewhere_is_only_itself_here(edge: Edge, sign: str) -> None:
    await edge.added(title=f"odd {sign} title")
    await edge.added(title="plain")

    assert await listed(edge, q=sign) == [f"odd {sign} title"]


async def test_a_genre_is_the_whole_genre_in_any_case(edge: Edge) -> None:
    await edge.added(title="a", genre="Hip-Hop")
    await edge.added(title="b", genre="Hop")

    assert await listed(edge, genre="hop") == ["b"]
    assert await listed(edge, genre="HIP-HOP") == ["a"]
    assert await listed(edge, genre="") == ["b", "a"]


async def test_a_page_has_fifty_clips_unless_another_limit_is_asked_for(edge: Edge) -> None:
    for number in range(101):
        await edge.added(title=str(number))

    assert len(await listed(edge)) == 50
    assert len(await listed(edge, limit=100)) == 100
    assert len(await listed(edge, limit=1)) == 1


async def test_the_link_to_the_next_page_keeps_what_was_asked_for(edge: Edge) -> None:
    for title in ("wet a", "dry", "wet b", "wet c"):
        await edge.added(title=title, genre="Sound & Vision")

    answer = await edge.client.get("/play", params={"q": "wet", "genre": "sound & vision", "sort": "title", "limit": 2})
    link = httpx.URL(answer.links["next"]["url"])
    rest = await edge.client.get(link)

    assert link.path == "/play"
    assert dict(link.params) | {"after": ""} == {
        "q": "wet", "genre": "sound & vision", "sort": "title", "limit": "2", "after": "",
    }  # fmt: skip
    assert [clip["title"] for clip in rest.json()] == ["wet c"]


async def test_the_link_grows_no_longer_from_page_to_page(edge: Edge) -> None:
    for title in ("a", "b", "c"):
        await edge.added(title=title)

    first = await edge.client.get("/play?limit=1")
    second = await edge.client.get(first.links["next"]["url"])

    assert len(httpx.URL(second.links["next"]["url"]).params.get_list("after")) == 1


async def test_a_page_that_ends_with_the_last_clip_has_no_link(edge: Edge) -> None:
    for title in ("a", "b"):
        await edge.added(title=title)

    assert "link" not in (await edge.client.get("/play?limit=2")).headers
    assert "link" in (await edge.client.get("/play?limit=1")).headers


async def test_a_query_string_that_is_no_utf8_still_leads_to_the_next_page(edge: Edge) -> None:
    for title in ("a", "b"):
        await edge.added(title=title)

    answer = await edge.asked("GET", "/play", b"limit=1&colour=\xff")

    assert answer.status == 200
    assert answer.headers["link"].endswith('>; rel="next"')


@effort(max_examples=25)
@given(
    titles=st.lists(words, min_size=1, max_size=12),
    limit=st.integers(1, 100) | st.integers(1, 3),
    sort=st.sampled_from(["newest", "title", "plays"]),
    plays=st.lists(st.integers(0, 11), max_size=8),
)
async def test_following_links_shows_each_clip_once_in_order(
    edge: Edge, titles: list[str], limit: int, sort: str, plays: list[int]
) -> None:
    for clip in (await edge.client.get("/play?limit=100")).json():
        await edge.container.curate().remove(clip["id"])
    added = [await edge.added(title=title) for title in titles]
    for number in plays:
        await edge.client.get(added[number % len(added)]["stream_url"])

    found = await pages(edge, f"/play?limit={limit}&sort={sort}")

    clips = [clip for page in found for clip in page]
    order = {
        "newest": lambda clip: (0, -clip["id"]),
        "title": lambda clip: (clip["title"].casefold(), clip["id"]),
        "plays": lambda clip: (-clip["play_count"], -clip["id"]),
    }[sort]
    assert [clip["id"] for clip in clips] == [clip["id"] for clip in sorted(clips, key=order)]
    assert sorted(clip["id"] for clip in clips) == [clip["id"] for clip in added]
    assert all(len(page) == limit for page in found[:-1])


async def test_a_clip_that_is_added_meanwhile_repeats_and_hides_no_other(edge: Edge) -> None:
    for title in ("a", "b", "c"):
        await edge.added(title=title)

    first = await edge.client.get("/play?limit=1")
    await edge.added(title="d")
    rest = await pages(edge, first.links["next"]["url"])

    assert [clip["title"] for page in [first.json(), *rest] for clip in page] == ["c", "b", "a"]
