"""Browsing: pages that follow each other, and clips as they are at this moment."""

from datetime import timedelta

import pytest
from attrs import evolve

from application.browse import Browse
from domain.browsing import ClipQuery, Sort
from domain.clip import ClipId
from domain.errors import ClipNotFound
from domain.play import Listening
from tests.application.listening_room import ListeningRoom, rain
from tests.examples import NOON, a_play


@pytest.fixture
def room() -> ListeningRoom:
    return ListeningRoom()


@pytest.mark.parametrize(("clips", "pages"), [(0, [0]), (1, [1]), (2, [2]), (3, [2, 1]), (4, [2, 2]), (5, [2, 2, 1])])
@pytest.mark.parametrize("sort", Sort)
async def test_the_last_page_says_that_it_is_the_last(
    room: ListeningRoom, clips: int, pages: list[int], sort: Sort
) -> None:
    for number in range(clips):
        await room.curate.add(rain(title=f"Rain {number}"))
    query, lengths, titles = ClipQuery(sort=sort, limit=2), [], set()
    while True:
        page = await room.browse.page(query)
        lengths.append(len(page.clips))
        titles |= {clip.title for clip in page.clips}
        if page.next is None:
            break
        query = evolve(query, after=page.next)

    assert lengths == pages
    assert len(titles) == clips


async def test_what_is_trending_is_told_as_of_the_day_on_which_the_first_page_was(room: ListeningRoom) -> None:
    days = iter([NOON, NOON + timedelta(days=1), NOON + timedelta(days=1)])
    browse = Browse(room.store, lambda: next(days))
    clips = [await room.curate.add(rain(title=title)) for title in ("a", "b")]
    for clip, age in ((clips[0], 0), (clips[1], 6)):
        await room.store.record(a_play(of=clip.id, at=NOON - timedelta(days=age)))
    query = ClipQuery(sort=Sort.TRENDING, limit=1)
    first = await browse.page(query)
    second = await browse.page(evolve(query, after=first.next))

    assert first.next is not None
    assert first.next.as_of == NOON.date()
    assert [clip.title for page in (first, second) for clip in page.clips] == ["a", "b"]
    assert (await browse.page(evolve(query, limit=2))).clips[0].title == "a"


async def test_a_clip_is_shown_with_the_plays_it_has_by_now(room: ListeningRoom) -> None:
    clip = await room.curate.add(rain())
    (await room.stream_clip.play(clip.id, Listening())).audio.close()

    assert await room.browse.clip(clip.id) == evolve(clip, play_count=1)


async def test_a_clip_that_is_not_there_is_not_shown(room: ListeningRoom) -> None:
    with pytest.raises(ClipNotFound):
        await room.browse.clip(ClipId(404))
