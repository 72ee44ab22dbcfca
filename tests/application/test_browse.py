"""Browsing: pages that follow each other, and stats that agree with the ledger."""

import pytest
from attrs import evolve

from adapters.memory.store import MemoryStore
from domain.browsing import ClipQuery, Sort
from domain.clip import ClipId
from domain.errors import ClipNotFound
from domain.play import Listening
from domain.statistics import ClipCounts
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


async def test_stats_are_the_clip_and_its_counts(room: ListeningRoom) -> None:
    clip = await room.curate.add(rain())
    (await room.stream_clip.play(clip.id, Listening())).audio.close()
    found, told = await room.browse.stats(clip.id)

    assert found == evolve(clip, play_count=1)
    assert (told.counts.play_count, told.last_played_at) == (1, NOON)


class BusyStore(MemoryStore):
    """A store in which a play is written down whenever somebody is about to ask."""

    async def counts(self, clip: ClipId) -> ClipCounts:
        await self.record(a_play(of=clip))
        return await super().counts(clip)


async def test_a_play_while_stats_are_gathered_is_in_all_of_them() -> None:
    room = ListeningRoom(store=BusyStore())
    clip = await room.curate.add(rain())
    found, told = await room.browse.stats(clip.id)

    assert (found.play_count, told.counts.play_count, told.last_played_at) == (1, 1, NOON)


async def test_there_are_no_stats_of_no_clip(room: ListeningRoom) -> None:
    with pytest.raises(ClipNotFound):
        await room.browse.stats(ClipId(404))
