"""Lists of clips, their genres and their tags, from memory."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from attrs import define

from adapters.memory.catalogue import MemoryCatalogue
from adapters.memory.tables import no_buckets
from domain.browsing import MOST_FACETS, ClipFilter, ClipQuery, Facet, Key, Page, Sort, page_of
from domain.clip import Clip, ClipId
from domain.search import ClipWords, clip_words, has_all, score
from domain.statistics import Interval
from domain.text import folded
from domain.trending import heat, weights

kept_words = lru_cache(maxsize=50_000)(clip_words)  # since each search looks at every clip


@define(slots=False)
class MemoryBrowsing(MemoryCatalogue):
    """Looks at every clip."""

    async def page(self, query: ClipQuery) -> Page:
        found = [(clip, self._key(clip, query)) for clip in self._matching(query)]
        ordered = sorted(found, key=lambda each: place(each[0].id, each[1], query.sort))
        if query.after is not None:
            start = place(query.after.id, query.after.key, query.sort)
            ordered = [each for each in ordered if place(each[0].id, each[1], query.sort) > start]
        return page_of(ordered[: query.limit + 1], query)

    async def genres(self, among: ClipFilter) -> Sequence[Facet]:
        return facets((clip.id, clip.genre) for clip in self._matching(among))

    async def tags(self, among: ClipFilter) -> Sequence[Facet]:
        return facets((clip.id, tag) for clip in self._matching(among) for tag in clip.tags)

    def _matching(self, among: ClipFilter) -> list[Clip]:
        return [self._counted(clip) for clip in self._tables.clips.values() if matches(clip, among)]

    def _key(self, clip: Clip, query: ClipQuery) -> Key:
        match query.sort:
            case Sort.NEWEST:
                return None
            case Sort.TITLE:
                return folded(clip.title)
            case Sort.PLAYS:
                return clip.play_count
            case Sort.TRENDING:
                days = self._tables.sums.buckets.get((Interval.DAY, clip.id), no_buckets())
                plays = {day: days[day]["play_count"] for day in weights(query.as_of) if day in days}
                return heat(plays, query.as_of)
            case Sort.RELEVANCE:
                return score(words_of(clip), query.words)


def matches(clip: Clip, among: ClipFilter) -> bool:
    return (
        has_all(words_of(clip), among.words)
        and among.genre in (None, folded(clip.genre))
        and {folded(tag) for tag in clip.tags}.issuperset(among.tags)
    )


def words_of(clip: Clip) -> ClipWords:
    return kept_words(clip.title, clip.genre, clip.tags, clip.description)


def place(clip: ClipId, key: Key, sort: Sort) -> tuple[Any, int]:
    """A value that compares as the order goes: numbers and newest ids downwards, titles upwards."""
    if sort is Sort.TITLE:
        return key, clip
    return -int(key or 0), -clip


def facets(names: Iterable[tuple[ClipId, str]]) -> Sequence[Facet]:
    """How many clips bear each name, all its spellings together."""
    clips: Counter[str] = Counter()
    spellings: dict[str, str] = {}
    for _, name in sorted(names):
        clips[folded(name)] += 1
        spellings[folded(name)] = name
    ordered = sorted(clips, key=lambda key: (-clips[key], key))
    return [Facet(spellings[key], clips[key]) for key in ordered[:MOST_FACETS]]
