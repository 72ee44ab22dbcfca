"""What the catalogue promises of searches, orders and facets, in memory and in PostgreSQL."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.browsing import MOST_FACETS, ClipFilter, ClipQuery, Facet, Sort
from domain.clip import Clip, ClipChanges
from domain.search import clip_words, has_all
from domain.words import query_words, text_words
from tests.examples import NOON, a_play, details, some_audio
from tests.worlds import World

TODAY = NOON.date()
SAID: dict[str, Any] = {"genre": "Nature", "description": None, "tags": ()}


async def added(world: World, title: str, **said: Any) -> Clip:
    return await world.catalogue.add(details(title=title, **(SAID | said)), some_audio(), NOON)


async def found(world: World, text: str = "", sort: Sort = Sort.RELEVANCE, **asked: Any) -> list[str]:
    """The titles of a page."""
    page = await world.catalogue.page(ClipQuery(words=query_words(text), sort=sort, **asked))
    return [clip.title for clip in page.clips]


async def played(world: World, clip: Clip, times: int, days_ago: int = 0) -> None:
    for _ in range(times):
        await world.ledger.record(a_play(of=clip.id, at=NOON - timedelta(days=days_ago)))


# searching


async def test_each_word_must_begin_a_word_of_title_genre_tags_or_description(world: World) -> None:
    await added(world, "Rain on the Roof", description="Thunder, far away", tags=("slow",))
    await added(world, "Rain dance", genre="Folk")

    assert await found(world, "rain thunder") == ["Rain on the Roof"]
    assert await found(world, "fol") == ["Rain dance"]
    assert await found(world, "slo nat ro") == ["Rain on the Roof"]
    assert await found(world, "oof") == []
    assert await found(world, "rain snow") == []


async def test_a_search_of_no_words_finds_all(world: World) -> None:
    await added(world, "a")
    await added(world, "b")

    assert await found(world, "% ' \\") == ["b", "a"]


async def test_case_and_accents_do_not_matter(world: World) -> None:
    await added(world, "Über die Straße nach Łódź")

    assert await found(world, "UBER strasse lodz") == ["Über die Straße nach Łódź"]


async def test_a_change_is_found_by_its_new_words_and_no_longer_by_the_old(world: World) -> None:
    clip = await added(world, "one", genre="two", tags=("three",), description="four")
    old, new = ["one", "two", "three", "four"], ["five", "six", "seven", "eight"]
    changes: list[dict[str, Any]] = [
        {"title": "five"},
        {"genre": "six"},
        {"tags": ("seven",)},
        {"description": "eight"},
    ]
    for place, change in enumerate(changes):
        await world.catalogue.change(clip.id, ClipChanges(**change), None)
        title = "five"

        assert [await found(world, word) for word in new[: place + 1]] == [[title]] * (place + 1)
        assert [await found(world, word) for word in old[: place + 1]] == [[]] * (place + 1)
        assert [await found(world, word) for word in old[place + 1 :]] == [[title]] * (3 - place)


async def test_a_removed_clip_is_found_by_nothing(world: World) -> None:
    clip = await added(world, "Rain", tags=("wet",))
    await world.catalogue.remove(clip.id)

    assert await found(world, "rain") == []
    assert await world.catalogue.genres(ClipFilter()) == []
    assert await world.catalogue.tags(ClipFilter()) == []


async def test_better_answers_come_first_and_of_equals_the_newest(world: World) -> None:
    await added(world, "Rain")
    await added(world, "Rain again")
    await added(world, "Rainbow")
    await added(world, "labelled", tags=("rain",))
    await added(world, "first in the text", description="rain")
    await added(world, "last in the text", description="rain")

    wanted = ["Rain again", "Rain", "Rainbow", "labelled", "last in the text", "first in the text"]
    assert await found(world, "rain") == wanted


async def test_words_with_any_other_order_only_choose(world: World) -> None:
    for title in ("rain b", "hail", "Rain a"):
        await added(world, title)

    assert await found(world, "rain", Sort.NEWEST) == ["Rain a", "rain b"]
    assert await found(world, "rain", Sort.TITLE) == ["Rain a", "rain b"]
    assert await found(world, "rain", Sort.PLAYS) == ["Rain a", "rain b"]
    assert await found(world, "rain", Sort.TRENDING, as_of=TODAY) == ["Rain a", "rain b"]


odd = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(
    lambda text: not text.isspace()
)


@given(
    title=odd, description=odd, tag=odd, text=odd | st.sampled_from(["' & !", "a:*", "\\'", "|", "<->", "夜の", "ا"])
)
async def test_whatever_is_written_and_asked_is_found_by_the_one_rule(
    world: World, title: str, description: str, tag: str, text: str
) -> None:
    clip = await added(world, title, description=description, tags=(tag,))
    words = clip_words(title, "Nature", (tag,), description)
    for asked in (query_words(text), query_words(title), tuple(sorted(text_words(title)))[:3]):
        page = await world.catalogue.page(ClipQuery(words=asked, limit=1_000))

        assert (clip.id in [each.id for each in page.clips]) is has_all(words, asked)
    await world.catalogue.remove(clip.id)


# filters


async def test_all_tags_that_are_asked_for_must_be_there_folded(world: World) -> None:
    await added(world, "both", tags=("Straße", "night"))
    await added(world, "one", tags=("night",))
    await added(world, "longer", tags=("nights",))

    assert await found(world, tags=("night",)) == ["one", "both"]
    assert await found(world, tags=("night", "strasse")) == ["both"]
    assert await found(world, tags=("night", "day")) == []


async def test_all_filters_hold_together(world: World) -> None:
    await added(world, "Rain", genre="Folk", tags=("a",))
    await added(world, "Rain", genre="Folk")
    await added(world, "Rain", tags=("a",))
    await added(world, "Hail", genre="Folk", tags=("a",))

    assert len(await found(world, "rain", genre="folk", tags=("a",))) == 1


# trending


async def test_what_was_played_of_late_comes_first_and_what_never_was_by_newest(world: World) -> None:
    old, late, never, new = [await added(world, title) for title in ("old", "late", "never", "new")]
    await played(world, old, times=3, days_ago=2)
    await played(world, late, times=1)
    await played(world, new, times=9, days_ago=7)

    assert await found(world, sort=Sort.TRENDING, as_of=TODAY) == ["late", "old", "new", "never"]
    assert await found(world, sort=Sort.TRENDING, as_of=TODAY - timedelta(days=2)) == ["old", "new", "never", "late"]
    assert never.play_count == 0


async def test_the_pages_of_what_is_trending_hold_together_into_the_next_day(world: World) -> None:
    clips = [await added(world, title) for title in "abcd"]
    for times, clip in enumerate(clips):
        await played(world, clip, times, days_ago=1)
    first = await world.catalogue.page(ClipQuery(sort=Sort.TRENDING, as_of=TODAY, limit=2))
    assert first.next is not None
    rest = await world.catalogue.page(ClipQuery(sort=Sort.TRENDING, as_of=first.next.as_of, after=first.next))

    assert first.next.as_of == TODAY
    assert [clip.title for page in (first, rest) for clip in page.clips] == ["d", "c", "b", "a"]


# facets


async def test_genres_are_told_by_most_clips_and_then_by_name_as_the_newest_spells_them(world: World) -> None:
    for genre in ("Folk", "FOLK", "Ärger", "Zydeco", "Ambient", "zydeco", "folk"):
        await added(world, "Rain", genre=genre)

    assert list(await world.catalogue.genres(ClipFilter())) == [
        Facet("folk", 3), Facet("zydeco", 2), Facet("Ambient", 1), Facet("Ärger", 1)
    ]  # fmt: skip


async def test_tags_are_told_in_the_same_way(world: World) -> None:
    for tags in (("Night", "a"), ("b", "night"), (), ("NIGHT", "B")):
        await added(world, "Rain", tags=tags)

    assert list(await world.catalogue.tags(ClipFilter())) == [Facet("NIGHT", 3), Facet("B", 2), Facet("a", 1)]


async def test_facets_are_of_the_clips_that_are_meant(world: World) -> None:
    await added(world, "Rain", genre="Folk", tags=("a", "b"))
    await added(world, "Hail", genre="Folk", tags=("a",))
    await added(world, "Rain", genre="Jazz", tags=("c",))
    rain, folk, tagged = ClipFilter(words=("rai",)), ClipFilter(genre="folk"), ClipFilter(tags=("a",))

    assert list(await world.catalogue.genres(rain)) == [Facet("Folk", 1), Facet("Jazz", 1)]
    assert list(await world.catalogue.tags(folk)) == [Facet("a", 2), Facet("b", 1)]
    assert list(await world.catalogue.genres(tagged)) == [Facet("Folk", 2)]
    assert list(await world.catalogue.tags(tagged)) == [Facet("a", 2), Facet("b", 1)]


async def test_there_are_only_so_many_facets(world: World) -> None:
    for number in range(MOST_FACETS + 1):
        await added(world, "Rain", genre=f"{number:03}", tags=(f"{number:03}",))

    for facets in (await world.catalogue.genres(ClipFilter()), await world.catalogue.tags(ClipFilter())):
        assert [facet.name for facet in facets] == [f"{number:03}" for number in range(MOST_FACETS)]
