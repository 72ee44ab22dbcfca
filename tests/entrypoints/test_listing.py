"""A list of clips shows those that were asked for, in a total order, and each once however it is cut into pages."""

from typing import Any
from urllib.parse import urlencode

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


async def test_every_word_must_begin_a_word_of_the_clip_in_any_case(edge: Edge) -> None:
    await edge.added(title="Rain on Tin", description="Soft.", genre="Nature")
    await edge.added(title="Bells", description="Like rain.", genre="Chill", tags=["Ö-Ton"])

    assert await listed(edge, q="RAIN", sort="newest") == ["Bells", "Rain on Tin"]
    assert await listed(edge, q="rai sof") == ["Rain on Tin"]
    assert await listed(edge, q="chill oton") == ["Bells"]
    assert await listed(edge, q="rain snow") == []
    assert await listed(edge, q="ain") == []
    assert await listed(edge, q="") == ["Bells", "Rain on Tin"]


async def test_a_search_lists_the_best_answers_first_unless_told_otherwise(edge: Edge) -> None:
    await edge.added(title="Rain")
    await edge.added(title="Other", description="rain")

    assert await listed(edge, q="rain") == await listed(edge, q="rain", sort="relevance") == ["Rain", "Other"]
    assert await listed(edge, q="rain", sort="newest") == ["Other", "Rain"]
    assert await listed(edge) == await listed(edge, sort="relevance") == await listed(edge, q="-") == ["Other", "Rain"]


@pytest.mark.parametrize("sign", ["%", "_", "\\", "'", " : * & | ! ( )"])
async def test_a_sign_is_no_word(edge: Edge, sign: str) -> None:
    await edge.added(title=f"odd {sign} title")
    await edge.added(title="plain")

    assert await listed(edge, q=sign) == ["plain", f"odd {sign} title"]
    assert await listed(edge, q=f"odd {sign} title") == [f"odd {sign} title"]


async def test_a_pictograph_is_a_word(edge: Edge) -> None:
    await edge.added(title="🎵 odd")
    await edge.added(title="plain")

    assert await listed(edge, q="🎵") == ["🎵 odd"]


async def test_every_tag_that_is_asked_for_must_be_there_in_any_case(edge: Edge) -> None:
    await edge.added(title="both", tags=["Night", "rain"])
    await edge.added(title="one", tags=["night"])

    assert await listed(edge, tag="NIGHT") == ["one", "both"]
    assert await listed(edge, tag=["night", "Rain", ""]) == ["both"]
    assert await listed(edge, tag="nig") == []
    assert await listed(edge, tag="") == ["one", "both"]


async def test_what_was_played_of_late_is_trending(edge: Edge) -> None:
    clips = [await edge.added(title=title) for title in ("a", "b", "c")]
    await edge.client.get(clips[1]["stream_url"])

    assert await listed(edge, sort="trending") == ["b", "c", "a"]


@pytest.mark.parametrize(
    "query",
    [{"sort": "trending"}, {"q": "ra"}, {"q": "ra", "sort": "title"}, {"tag": ["a", "b"]}, {"sort": "relevance"}],
)
async def test_the_link_leads_on_in_every_order_and_with_every_filter(edge: Edge, query: dict[str, Any]) -> None:
    clips = [await edge.added(title=title, tags=["a", "b"]) for title in ("rain", "rainbow", "Rain")]
    for times, clip in enumerate(clips):
        for _ in range(times):
            await edge.client.get(clip["stream_url"])

    cut = await pages(edge, f"/play?{urlencode(query | {'limit': 1}, doseq=True)}")
    [whole] = await pages(edge, f"/play?{urlencode(query, doseq=True)}")

    assert [clip["id"] for [clip] in cut] == [clip["id"] for clip in whole]
    assert len(cut) == 3


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
