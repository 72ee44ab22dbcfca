"""The promises of `domain.ports.Catalogue`, in memory and in PostgreSQL."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from domain.browsing import ClipQuery, Sort
from domain.clip import LARGEST_CLIP_ID, Clip, ClipChanges, ClipId
from domain.errors import ClipNotFound
from domain.location import AudioLocation
from tests.examples import NOON, a_play, details, some_audio
from tests.worlds import World

NOWHERE = ClipId(404)
HERE, THERE = AudioLocation("library:here.ogg"), AudioLocation("library:there.ogg")


async def added(world: World, *titles: str, **said: Any) -> list[Clip]:
    return [await world.catalogue.add(details(title=title, **said), some_audio(), NOON) for title in titles]


async def titles(world: World, **asked: Any) -> list[str]:
    return [clip.title for clip in (await world.catalogue.page(ClipQuery(**asked))).clips]


async def test_a_clip_is_found_as_it_was_added(world: World) -> None:
    clip = await world.catalogue.add(details(), some_audio(), NOON)

    assert await world.catalogue.find(clip.id) == clip
    assert (clip.title, clip.media_type, clip.size, clip.duration) == ("Rain", "audio/ogg", 80_000, 12.5)
    assert (clip.play_count, clip.created_at) == (0, NOON)


async def test_what_may_be_unknown_stays_unknown(world: World) -> None:
    clip = await world.catalogue.add(details(description=None), some_audio(size=None), NOON)

    assert await world.catalogue.find(clip.id) == clip
    assert (clip.description, clip.size) == (None, None)


async def test_ids_rise_and_are_not_given_again(world: World) -> None:
    first, second = await added(world, "one", "two")
    await world.catalogue.remove(second.id)
    [third] = await added(world, "three")

    assert 1 <= first.id < second.id < third.id


async def test_clips_that_are_added_at_once_get_each_its_own_with_ids_that_rise(world: World) -> None:
    said = [details(title=f"Rain {number}", tags=(f"tag {number}",), duration=number / 7) for number in range(1, 100)]
    clips = await asyncio.gather(*(world.catalogue.add(each, some_audio(), NOON) for each in said))

    assert [(clip.title, clip.tags, clip.duration) for clip in clips] == [
        (each.title, each.tags, each.duration) for each in said
    ]
    assert clips == sorted(clips, key=lambda clip: clip.id)
    assert [await world.catalogue.find(clip.id) for clip in clips] == clips


async def test_a_clip_that_cannot_be_kept_fails_alone(world: World) -> None:
    without_duration = [details(title="Hail", duration=None), details(title="Snow", duration=None)]
    said = [details(title="Rain"), *without_duration, details(title="Wind"), details(title="Sun")]
    adding = (world.catalogue.add(each, some_audio(), NOON) for each in said)
    rain, *failed, wind, sun = await asyncio.gather(*adding, return_exceptions=True)

    assert all(isinstance(error, Exception) for error in failed)
    assert [clip.title for clip in (rain, wind, sun) if isinstance(clip, Clip)] == ["Rain", "Wind", "Sun"]
    assert await titles(world) == ["Sun", "Wind", "Rain"]


@pytest.mark.parametrize("turns", range(12))
async def test_nothing_is_added_after_whoever_wanted_it_has_left(world: World, turns: int) -> None:
    adding = [asyncio.create_task(world.catalogue.add(details(), some_audio(), NOON)) for _ in range(5)]
    for _ in range(turns):
        await asyncio.sleep(0)
    late = [asyncio.create_task(world.catalogue.add(details(), some_audio(), NOON)) for _ in range(5)]
    await asyncio.sleep(0)
    for each in (*adding, *late):
        each.cancel()
    await asyncio.wait([*adding, *late])
    then = await titles(world)
    [last] = await added(world, "last")  # what was asked for before is decided by now

    assert await titles(world) == [last.title, *then]


async def test_an_unknown_clip_is_neither_found_nor_changed_nor_removed(world: World) -> None:
    with pytest.raises(ClipNotFound):
        await world.catalogue.find(NOWHERE)
    with pytest.raises(ClipNotFound):
        await world.catalogue.change(NOWHERE, ClipChanges(title="x"), None)
    with pytest.raises(ClipNotFound):
        await world.catalogue.remove(NOWHERE)


async def test_a_removed_clip_is_gone_from_everywhere(world: World) -> None:
    [clip] = await added(world, "Rain")
    await world.catalogue.remove(clip.id)

    assert await titles(world) == []
    with pytest.raises(ClipNotFound):
        await world.catalogue.change(clip.id, ClipChanges(title="x"), None)
    for once_more in (world.catalogue.find, world.catalogue.remove):
        with pytest.raises(ClipNotFound):
            await once_more(clip.id)


async def test_a_key_adds_once_even_after_its_clip_was_removed(world: World) -> None:
    assert not await world.catalogue.was_added("sample:rain")
    assert await world.catalogue.add_once("sample:rain", details(), some_audio(), NOON)
    assert not await world.catalogue.add_once("sample:rain", details(title="Other"), some_audio(), NOON)
    [clip] = (await world.catalogue.page(ClipQuery())).clips
    assert [await world.catalogue.was_added(key) for key in ("sample:rain", "sample:hail")] == [True, False]
    await world.catalogue.remove(clip.id)

    assert await world.catalogue.was_added("sample:rain")
    assert not await world.catalogue.add_once("sample:rain", details(), some_audio(), NOON)
    assert await titles(world) == []


async def test_of_many_at_once_one_adds_under_a_key(world: World) -> None:
    tries = (world.catalogue.add_once("sample:rain", details(), some_audio(), NOON) for _ in range(20))

    assert sum(await asyncio.gather(*tries)) == 1
    assert await titles(world) == ["Rain"]


async def test_a_change_changes_what_it_names_and_nothing_else(world: World) -> None:
    [clip] = await added(world, "Rain")
    changed = await world.catalogue.change(clip.id, ClipChanges(title="Hail", duration=3.0), None)

    assert changed == evolve(clip, title="Hail", duration=3.0)
    assert await world.catalogue.find(clip.id) == changed


async def test_a_change_of_nothing_changes_nothing(world: World) -> None:
    [clip] = await added(world, "Rain")

    assert await world.catalogue.change(clip.id, ClipChanges(), None) == clip


async def test_a_description_can_be_cleared(world: World) -> None:
    [clip] = await added(world, "Rain", description="loud")
    await world.catalogue.change(clip.id, ClipChanges(description=None), None)

    assert (await world.catalogue.find(clip.id)).description is None
    assert await titles(world, words=("loud",)) == []


async def test_tags_are_kept_as_they_were_given_until_others_are(world: World) -> None:
    [clip] = await added(world, "Rain", tags=("Night", "rain", "ß"))
    renamed = await world.catalogue.change(clip.id, ClipChanges(title="Hail"), None)
    changed = await world.catalogue.change(clip.id, ClipChanges(tags=("hail",)), None)
    cleared = await world.catalogue.change(clip.id, ClipChanges(tags=()), None)

    assert clip.tags == renamed.tags == ("Night", "rain", "ß")
    assert (changed.tags, cleared.tags) == (("hail",), ())
    assert await world.catalogue.find(clip.id) == cleared


async def test_a_new_location_brings_what_its_audio_tells(world: World) -> None:
    [clip] = await added(world, "Rain")
    elsewhere = AudioLocation("https://example.org/rain.mp3")
    audio = some_audio("audio/mpeg", None)
    changed = await world.catalogue.change(clip.id, ClipChanges(audio_url=elsewhere, duration=9.0), audio)

    assert (changed.audio_url, changed.media_type, changed.size) == (elsewhere, "audio/mpeg", None)
    assert changed.duration == 9.0


async def test_changes_of_different_fields_at_once_both_last(world: World) -> None:
    [clip] = await added(world, "Rain")
    await asyncio.gather(
        world.catalogue.change(clip.id, ClipChanges(title="Hail"), None),
        world.catalogue.change(clip.id, ClipChanges(genre="Weather"), None),
    )
    found = await world.catalogue.find(clip.id)

    assert (found.title, found.genre) == ("Hail", "Weather")


async def test_a_change_leaves_the_count(world: World) -> None:
    [clip] = await added(world, "Rain")
    await world.ledger.record(a_play(of=clip.id))
    changed = await world.catalogue.change(clip.id, ClipChanges(title="Hail"), None)

    assert changed.play_count == 1


async def test_the_newest_come_first(world: World) -> None:
    await added(world, "a", "b", "c")

    assert await titles(world) == ["c", "b", "a"]


async def test_titles_sort_by_case_folding_and_then_by_id(world: World) -> None:
    await added(world, "b", "ÄRA", "A", "a", "Straße", "STRASSE", "ära")

    assert await titles(world, sort=Sort.TITLE) == ["A", "a", "b", "Straße", "STRASSE", "ÄRA", "ära"]


async def test_the_most_played_come_first_and_then_the_newest(world: World) -> None:
    never, twice, _later = await added(world, "never", "twice", "later")
    for _ in range(2):
        await world.ledger.record(a_play(of=twice.id))

    assert await titles(world, sort=Sort.PLAYS) == ["twice", "later", "never"]
    assert never.play_count == 0


@pytest.mark.parametrize("sort", Sort)
async def test_a_removed_clip_is_in_no_list_however_often_it_was_played(world: World, sort: Sort) -> None:
    _stays, gone, never_played, _new = await added(world, "stays", "gone", "never played", "new")
    for _ in range(3):
        await world.ledger.record(a_play(of=gone.id))
    for removed in (gone, never_played):
        await world.catalogue.remove(removed.id)

    assert sorted(await titles(world, sort=sort, as_of=NOON.date())) == ["new", "stays"]
    assert len(await titles(world, sort=sort, as_of=NOON.date(), limit=1)) == 1


@pytest.mark.parametrize("sort", Sort)
async def test_following_cursors_shows_every_clip_once(world: World, sort: Sort) -> None:
    clips = await added(world, "b", "a", "B", "c", "a", "d", "e")
    for clip in clips[2:5]:
        await world.ledger.record(a_play(of=clip.id, at=NOON + timedelta(seconds=clip.id)))
    query = ClipQuery(sort=sort, limit=2, as_of=NOON.date())
    seen: list[Clip] = []
    while query.after or not seen:
        page = await world.catalogue.page(query)
        seen += page.clips
        query = evolve(query, after=page.next)

    assert tuple(seen) == (await world.catalogue.page(evolve(query, limit=50))).clips
    assert sorted(clip.id for clip in seen) == [clip.id for clip in clips]


@pytest.mark.parametrize("sort", Sort)
async def test_a_cursor_holds_when_its_clip_is_removed(world: World, sort: Sort) -> None:
    await added(world, "a", "b", "c")
    _, *rest = (await world.catalogue.page(ClipQuery(sort=sort))).clips
    page = await world.catalogue.page(ClipQuery(sort=sort, limit=1))
    await world.catalogue.remove(page.clips[0].id)

    assert list((await world.catalogue.page(ClipQuery(sort=sort, after=page.next))).clips) == rest


async def test_a_page_has_at_most_its_limit(world: World) -> None:
    await added(world, "a", "b", "c")

    assert await titles(world, limit=2) == ["c", "b"]


async def test_only_a_page_that_more_clips_follow_leads_on(world: World) -> None:
    await added(world, "a", "b")

    assert (await world.catalogue.page(ClipQuery(limit=1))).next is not None
    assert (await world.catalogue.page(ClipQuery(limit=2))).next is None


async def test_a_genre_is_compared_folded_and_whole(world: World) -> None:
    await added(world, "a", genre="Hip-Hop")
    await added(world, "b", genre="Hip-Hop Beats")

    assert await titles(world, genre="hip-hop") == ["a"]


async def test_a_key_that_was_used_uses_up_no_id(world: World) -> None:
    for _ in range(3):
        await world.catalogue.add_once("sample:rain", details(), some_audio(), NOON)
    [clip] = await added(world, "next")

    assert clip.id == 2


async def test_whoever_changed_a_clip_finds_it_changed_while_many_others_look(world: World) -> None:
    clips = await added(world, "a", "b", "c")

    async def changes_and_looks(clip: ClipId, minutes: int) -> bool:
        changed = await world.catalogue.change(clip, ClipChanges(duration=60.0 * minutes), None)
        found = await world.catalogue.find(clip)
        return found.duration >= changed.duration

    async def looks(clip: ClipId) -> bool:
        return all([(await world.catalogue.find(clip)).id == clip for _ in range(20)])

    for minutes in range(1, 6):
        looking = [looks(clip.id) for clip in clips * 10]
        changing = [changes_and_looks(clip.id, minutes) for clip in clips]
        assert all(await asyncio.gather(*looking, *changing))


async def test_whoever_recorded_a_play_finds_it_counted_while_many_others_play(world: World) -> None:
    [clip] = await added(world, "Rain")

    async def plays_and_looks() -> list[int]:
        seen = []
        for _ in range(5):
            await world.ledger.record(a_play(of=clip.id))
            seen.append((await world.catalogue.find(clip.id)).play_count)
        return seen

    for seen in await asyncio.gather(*(plays_and_looks() for _ in range(20))):
        assert seen == sorted(seen)
        assert all(count >= own for own, count in enumerate(seen, start=1))
    assert (await world.catalogue.find(clip.id)).play_count == 100


async def test_a_number_that_no_clip_can_have_is_not_found(world: World) -> None:
    for number in (0, -1, LARGEST_CLIP_ID, LARGEST_CLIP_ID + 1, 10**30, -(10**30)):
        with pytest.raises(ClipNotFound):
            await world.catalogue.find(ClipId(number))
        with pytest.raises(ClipNotFound):
            await world.ledger.record(a_play(of=ClipId(number)))


async def test_a_removed_clip_tells_where_its_audio_lay(world: World) -> None:
    [clip] = await added(world, "Rain", audio_url=AudioLocation("library:old.ogg"))
    await world.catalogue.change(clip.id, ClipChanges(audio_url=HERE), some_audio())

    assert await world.catalogue.remove(clip.id) == HERE


async def test_audio_is_used_while_a_clip_of_the_catalogue_has_it(world: World) -> None:
    one, two = await added(world, "one", "two", audio_url=HERE)

    assert await world.catalogue.used([HERE, THERE]) == {HERE}
    await world.catalogue.remove(one.id)
    assert await world.catalogue.used([HERE, THERE]) == {HERE}
    await world.catalogue.change(two.id, ClipChanges(audio_url=THERE), some_audio())
    assert await world.catalogue.used([HERE, THERE]) == {THERE}
    await world.catalogue.remove(two.id)
    assert await world.catalogue.used([HERE, THERE]) == set()
    assert await world.catalogue.used([]) == set()


async def test_audio_of_the_longest_location_there_can_be_is_found(world: World) -> None:
    far = AudioLocation("https://sounds.test/" + "".join(chr(0x10400 + at % 79) for at in range(1_980)))
    await added(world, "far", audio_url=far)

    assert await world.catalogue.used([far]) == {far}
