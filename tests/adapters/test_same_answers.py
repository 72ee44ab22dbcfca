"""Answers that are the very same while what is read is equal, and never another's or an older one."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.postgres.same_answers import SameAnswers
from domain.browsing import ClipQuery, Page
from domain.clip import Clip, ClipChanges, ClipId
from domain.statistics import CountedClip
from tests.examples import NOON, a_play, details, some_audio
from tests.worlds import World, in_postgres

readings = st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 2), max_size=2)), max_size=50)


def made(key: int, read: list[int]) -> tuple[int, tuple[int, ...]]:
    return key, tuple(read)


@given(readings, st.integers(1, 4))
def test_an_answer_is_always_what_would_be_made_of_what_was_read(told: list[tuple[int, list[int]]], most: int) -> None:
    answers = SameAnswers(made, most)

    assert [answers.of(key, read) for key, read in told] == [made(key, read) for key, read in told]


def test_equal_readings_are_answered_by_the_very_same_and_others_anew() -> None:
    answers = SameAnswers(made, 2)
    first = answers.of(1, [1, 2])

    assert answers.of(1, [1, 2]) is first
    assert answers.of(1, [1, 3]) == (1, (1, 3))
    assert answers.of(1, [1, 2]) is not first


def test_only_the_answers_that_were_given_last_are_kept() -> None:
    answers = SameAnswers(made, 2)
    first, second = answers.of(1, []), answers.of(2, [])
    answers.of(1, [])
    answers.of(3, [])

    assert answers.of(1, []) is first
    assert answers.of(2, []) is not second


async def test_a_page_a_clip_and_its_counts_are_the_very_same_until_something_changes(postgres_url: str) -> None:
    async with in_postgres(postgres_url) as world:
        clip = await world.catalogue.add(details(), some_audio(), NOON)
        before = await answered(world, clip.id)
        again = await answered(world, clip.id)
        await world.ledger.record(a_play(of=clip.id))
        played = await answered(world, clip.id)
        await world.catalogue.change(clip.id, ClipChanges(title="Thunder"), None)
        changed = await answered(world, clip.id)

        assert all(one is other for one, other in zip(before, again, strict=True))
        assert [each.play_count for each in clips(played)] == [1, 1, 1]
        assert [each.title for each in clips(changed)] == ["Thunder"] * 3


async def answered(world: World, clip: ClipId) -> tuple[Page, Clip, CountedClip]:
    return (
        await world.catalogue.page(ClipQuery()),
        await world.catalogue.find(clip),
        await world.statistics.counted(clip),
    )


def clips(answers: tuple[Page, Clip, CountedClip]) -> list[Clip]:
    page, clip, counted = answers
    return [*page.clips, clip, counted.clip]
