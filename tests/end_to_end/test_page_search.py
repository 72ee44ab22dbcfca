"""How clips are found on the page: words, genres, tags, orders, and more below, in a real browser."""

import asyncio
import re
import shutil

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.end_to_end.browser import PATIENCE, Shelf, Visit, soon

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


async def search(page: Page, words: str) -> None:
    await page.get_by_role("searchbox", name="Search clips").fill(words)


def chip(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Genres and tags").get_by_role("button", name=name)


async def titles_are(page: Page, *titles: str) -> None:
    await expect(page.get_by_role("heading", level=3)).to_have_text(list(titles))


async def test_searching_narrows_the_list_as_one_types(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Numbat at dawn")
    await visit.page.goto("/")
    await expect(visit.page.locator(".clip")).not_to_have_count(1)
    await visit.page.get_by_role("searchbox", name="Search clips").press_sequentially("dawn numb", delay=20)

    await expect(visit.page.locator(".clip")).to_have_count(1)
    await expect(visit.row(clip)).to_be_visible()
    await expect(visit.page.locator("#summary")).to_have_text("1 clip")

    await search(visit.page, "numbat at no time")
    await expect(visit.page.locator(".clip")).to_have_count(0)
    await expect(visit.page.locator("#summary")).to_contain_text("No clip matches")


async def test_a_search_is_in_the_address_and_one_step_back(visit: Visit, clips: Shelf) -> None:
    clips.add("Bettong digs")
    await visit.page.goto("/")
    await expect(visit.page.locator(".clip")).not_to_have_count(1)
    await visit.page.get_by_role("searchbox").press_sequentially("bettong  di", delay=250)
    await titles_are(visit.page, "Bettong digs")
    await expect(visit.page).to_have_url(re.compile(r"/#/\?q=bettong\+\+di$"))

    other = await visit.page.context.new_page()
    await other.goto(visit.page.url)
    await titles_are(other, "Bettong digs")
    await expect(other.get_by_role("searchbox")).to_have_value("bettong  di")

    await visit.page.go_back()
    await expect(visit.page.locator(".clip")).not_to_have_count(1)
    await expect(visit.page.get_by_role("searchbox")).to_have_value("")
    assert "#" not in visit.page.url

    await visit.page.go_forward()
    await titles_are(visit.page, "Bettong digs")


async def test_an_answer_that_comes_too_late_is_not_shown(visit: Visit, clips: Shelf) -> None:
    clips.add("Slow loris"), clips.add("Quick lynx")
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await visit.page.goto("/")
    await expect(visit.page.locator(".clip")).not_to_have_count(0)
    await visit.page.route("**/play?q=slow+loris*", hold)
    async with visit.page.expect_event("requestfailed", lambda request: "slow+loris" in request.url):
        async with visit.page.expect_request("**/play?q=slow+loris*"):
            await search(visit.page, "slow loris")
        await search(visit.page, "quick lynx")
        await titles_are(visit.page, "Quick lynx")
    held.set()

    await titles_are(visit.page, "Quick lynx")


async def test_a_genre_is_chosen_by_its_chip_and_told_in_the_address(visit: Visit, clips: Shelf) -> None:
    for title, genre in (("Echidna two", "Monotreme"), ("Echidna one", "Monotreme"), ("Echidna kin", "Marsupial")):
        clips.add(title, genre=genre)
    await visit.page.goto("/#/?q=echidna&sort=title")
    await titles_are(visit.page, "Echidna kin", "Echidna one", "Echidna two")
    await expect(chip(visit.page, "All")).to_have_attribute("aria-pressed", "true")

    await chip(visit.page, "Monotreme").click()
    await titles_are(visit.page, "Echidna one", "Echidna two")
    await expect(chip(visit.page, "Monotreme")).to_have_attribute("aria-pressed", "true")
    await expect(chip(visit.page, "Monotreme")).to_be_focused()
    assert visit.page.url.endswith("/#/?q=echidna&genre=Monotreme&sort=title")

    await chip(visit.page, "Marsupial").press("Enter")
    await titles_are(visit.page, "Echidna kin")
    await expect(chip(visit.page, "Marsupial")).to_have_attribute("aria-pressed", "true")
    await chip(visit.page, "Marsupial").press("Enter")
    await titles_are(visit.page, "Echidna kin", "Echidna one", "Echidna two")


async def test_the_order_is_chosen_from_a_list(visit: Visit, clips: Shelf) -> None:
    for title in ("Quenda two", "Quenda one", "Quenda three"):
        clips.add(title)
    await visit.page.goto("/#/?genre=Testing")
    await titles_are(visit.page, "Quenda three", "Quenda one", "Quenda two")
    order = visit.page.get_by_label("Order")
    best = order.locator("option", has_text="Best match")
    await expect(best).to_be_disabled()
    await expect(best).to_have_attribute("hidden", "")

    await order.select_option("By title")
    await titles_are(visit.page, "Quenda one", "Quenda three", "Quenda two")
    assert visit.page.url.endswith("/#/?genre=Testing&sort=title")

    await order.select_option("Newest first")
    await titles_are(visit.page, "Quenda three", "Quenda one", "Quenda two")
    assert visit.page.url.endswith("/#/?genre=Testing")


async def test_more_clips_than_a_page_holds_are_shown_on_demand(visit: Visit, clips: Shelf) -> None:
    for number in range(52):
        clips.add(f"Bandicoot {number}")
    await visit.page.goto("/#/?q=bandicoot&sort=newest")
    await expect(visit.page.locator("#summary")).to_have_text("52 clips")
    await expect(visit.page.locator("#clips")).to_have_attribute("aria-busy", "false")
    await expect(visit.page.locator(".clip")).to_have_count(50)
    more = visit.page.get_by_role("button", name="Show more")
    await more.focus()

    await expect(visit.page.locator(".clip")).to_have_count(52)
    await expect(visit.page.locator("#summary")).to_have_text("52 clips")
    await expect(more).to_be_hidden()
    await expect(visit.page.get_by_role("button", name="Play Bandicoot 1", exact=True)).to_be_focused()


async def test_the_list_grows_as_one_scrolls_and_is_where_it_was_on_coming_back(visit: Visit, clips: Shelf) -> None:
    for number in range(60):
        clips.add(f"Cuscus {number}")
    await visit.page.goto("/#/?q=cuscus&sort=newest")
    await expect(visit.page.locator(".clip")).to_have_count(50)
    await visit.page.mouse.move(600, 500)
    async with asyncio.timeout(PATIENCE):
        while await visit.page.locator(".clip").count() < 60:
            await visit.page.mouse.wheel(0, 600)
            await asyncio.sleep(0.05)
    link = visit.page.get_by_role("link", name="Cuscus 0", exact=True)
    await scroll_to(link)
    await expect(link).to_be_in_viewport()
    await expect(visit.page.locator("#summary")).to_have_text("60 clips")
    await link.evaluate("link => link.addEventListener('click', () => { window.leftAt = scrollY; })")
    await link.click()
    await expect(visit.page.get_by_role("heading", level=2, name="Cuscus 0", exact=True)).to_be_visible()
    await expect(visit.page.locator("#clips")).to_be_hidden()

    await visit.page.go_back()
    await expect(link).to_be_in_viewport()

    async def is_where_it_was() -> bool:
        return bool(await visit.page.evaluate("Math.abs(scrollY - leftAt) < 30"))

    await soon(is_where_it_was)
    await expect(visit.page.locator(".clip")).to_have_count(60)


@pytest.mark.parametrize("genres", [None, 100])
async def test_clips_that_nobody_has_counted_are_told_as_far_as_they_are_there(
    visit: Visit, clips: Shelf, genres: int | None
) -> None:
    for number in range(51):
        clips.add(f"Dibbler {number}")
    found = [{"genre": f"Genre {number}", "clips": 1} for number in range(genres or 0)]
    await visit.page.route("**/genres?*", lambda route: route.fulfill(json=found) if genres else route.abort())
    await visit.page.goto("/#/?q=dibbler")
    await expect(visit.page.locator(".chip")).to_have_count(1 + (genres or 1))

    await expect(visit.page.locator("#summary")).to_have_text("The first 50 clips")


async def test_the_clips_of_a_genre_are_told_and_not_those_of_all(visit: Visit, clips: Shelf) -> None:
    for number in range(51):
        clips.add(f"Mulgara {number}", genre="Crested")
    clips.add("Mulgara", genre="Brush-tailed")
    await visit.page.goto("/#/?q=mulgara&genre=crested")

    await expect(visit.page.locator("#summary")).to_have_text("51 clips")
    await expect(visit.page.locator(".clip")).to_have_count(50)


@pytest.mark.parametrize("drawing", ["auto", "visible"])  # the latter as in a browser that knows of no other
async def test_of_thousands_of_clips_the_document_has_those_near_what_one_sees(visit: Visit, drawing: str) -> None:
    await many_clips(visit, 2000)
    rule = f".chunk {{ content-visibility: {drawing} !important }}"
    await visit.page.evaluate("rule => document.styleSheets[0].insertRule(rule)", rule)
    await scroll_to(visit.page.get_by_role("heading", level=3, name="Clip 2000", exact=True))
    await expect(visit.page.get_by_role("heading", level=3, name="Clip 1", exact=True)).to_have_count(0)

    async def has_few_clips_in_the_room_of_all() -> bool:
        height_of_a_row = await visit.page.evaluate("document.getElementById('clips').clientHeight / 2000")
        return bool(await visit.page.locator(".clip").count() < 400 and 60 < height_of_a_row < 100)

    await soon(has_few_clips_in_the_room_of_all)

    await visit.page.get_by_role("searchbox").focus()
    await visit.page.keyboard.press("ArrowDown")
    await expect(visit.page.get_by_role("button", name="Play Clip 1", exact=True)).to_be_focused()
    await expect(visit.page.get_by_role("heading", level=3, name="Clip 1", exact=True)).to_be_in_viewport()
    await expect(visit.page.get_by_role("heading", level=3, name="Clip 2000", exact=True)).to_have_count(0)


async def test_the_focus_stays_on_its_row_and_moves_on_from_there_however_far_one_scrolls(visit: Visit) -> None:
    await many_clips(visit, 1000)
    last_of_chunk = visit.page.get_by_role("button", name="Play Clip 25", exact=True)
    await last_of_chunk.focus()
    await visit.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await expect(visit.page.get_by_role("heading", level=3, name="Clip 26", exact=True)).to_have_count(0)
    await expect(last_of_chunk).to_be_focused()
    await visit.page.keyboard.press("j")

    await expect(visit.page.get_by_role("button", name="Play Clip 26", exact=True)).to_be_focused()
    await expect(visit.page.get_by_role("heading", level=3, name="Clip 26", exact=True)).to_be_in_viewport()


async def scroll_to(last: Locator) -> None:
    """Scroll down as far as ``last``, whatever becomes of the height of what is drawn for the first time."""
    seen = "all => all.some(one => one.getBoundingClientRect().bottom <= innerHeight)"
    async with asyncio.timeout(PATIENCE):
        while not await last.evaluate_all(seen):
            await last.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            await asyncio.sleep(0.05)
    await expect(last).to_be_in_viewport()


async def many_clips(visit: Visit, number: int) -> None:
    """Show so many clips, all at once; the service itself gives a hundred at a time."""
    clip = {"description": None, "genre": "Testing", "duration": 3.5, "play_count": 0, "stream_url": "/none"}
    made = [{"id": 10_000 + one, "title": f"Clip {one}", **clip} for one in range(1, number + 1)]
    await visit.page.route("**/play?*", lambda route: route.fulfill(json=made))
    await visit.page.goto("/#/?sort=title")
    await expect(visit.page.locator("#summary")).to_have_text(f"{number:,} clips")


async def test_rows_that_are_far_away_cost_no_layout(visit: Visit, clips: Shelf) -> None:
    for number in range(55):
        clips.add(f"Kultarr {number}")
    await visit.page.goto("/#/?q=kultarr&sort=newest")
    await visit.page.get_by_role("button", name="Show more").focus()
    await expect(visit.page.locator(".clip")).to_have_count(55)
    shown = visit.page.locator(".clip")

    async def are_drawn(first: bool, last: bool) -> bool:
        drawn = "row => row.querySelector('.title').checkVisibility({ contentVisibilityAuto: true })"
        return [await shown.first.evaluate(drawn), await shown.last.evaluate(drawn)] == [first, last]

    await soon(lambda: are_drawn(first=False, last=True))
    await visit.page.locator("#search").focus()
    await visit.page.evaluate("scrollTo(0, 0)")
    await soon(lambda: are_drawn(first=True, last=False))


async def test_genre_length_and_plays_stand_in_columns(visit: Visit, clips: Shelf) -> None:
    clips.add("Planigale A", genre="Long and wide", duration=3600)
    clips.add("Planigale B", genre="Sea", duration=1)
    await visit.page.goto("/#/?q=planigale")
    await expect(visit.page.locator(".clip")).to_have_count(2)
    for fact, side in (("genre", "left"), ("length", "right"), ("count", "right")):
        places = f"all => all.map(one => Math.round(one.getBoundingClientRect().{side}))"

        assert len(set(await visit.page.locator(f".clip .{fact}").evaluate_all(places))) == 1, fact


async def test_an_empty_catalogue_says_so(visit: Visit) -> None:
    await visit.page.route("**/play?", lambda route: route.fulfill(json=[]))
    await visit.page.goto("/")

    await expect(visit.page.locator("#summary")).to_have_text("There are no clips yet.")
    await expect(visit.page.locator("#clips")).to_be_hidden()


async def test_clips_that_are_still_to_come_are_seen_and_heard_to_be(visit: Visit) -> None:
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await visit.page.route("**/play?", hold)
    await visit.page.goto("/")
    await expect(visit.page.locator("#summary")).to_have_text("Loading the clips …")
    await expect(visit.page.locator("#clips")).to_have_attribute("aria-busy", "true")
    await expect(visit.page.locator("#clips")).to_be_visible()

    held.set()
    await expect(visit.page.locator("#summary")).to_have_text("6 clips")
    await expect(visit.page.locator("#clips")).to_have_attribute("aria-busy", "false")


async def test_a_tag_leads_to_its_clips_and_is_taken_off_by_its_chip(visit: Visit, clips: Shelf) -> None:
    tagged = clips.add("Glider one", tags=["gliding", "by night"])
    clips.add("Glider two", tags=["gliding"])
    await visit.page.goto("/")
    await visit.row(tagged).get_by_role("link", name="by night").click()
    await titles_are(visit.page, "Glider one")
    assert visit.page.url.endswith("/#/?tag=by+night")

    await chip(visit.page, "Clips without the tag by night, too").click()
    await expect(visit.page.locator(".clip")).not_to_have_count(1)
    await visit.page.goto("/#/?tag=gliding&sort=title")
    await titles_are(visit.page, "Glider one", "Glider two")


async def test_what_matches_best_comes_first_while_one_searches_and_only_then(visit: Visit, clips: Shelf) -> None:
    clips.add("Ningaui"), clips.add("Another", description="which speaks of a ningaui")
    await visit.page.goto("/")
    await expect(visit.page.get_by_label("Order")).to_have_value("newest")
    await search(visit.page, "ningaui")
    await titles_are(visit.page, "Ningaui", "Another")
    await expect(visit.page.get_by_label("Order")).to_have_value("relevance")
    assert visit.page.url.endswith("/#/?q=ningaui")

    await visit.page.get_by_label("Order").select_option("Newest first")
    await titles_are(visit.page, "Another", "Ningaui")
    assert visit.page.url.endswith("/#/?q=ningaui&sort=newest")


@pytest.mark.parametrize("order", ["newest", "title", "plays", "trending"])
async def test_every_order_can_be_had(visit: Visit, order: str) -> None:
    await visit.page.goto("/")
    await expect(visit.page.locator(".clip")).not_to_have_count(0)
    async with visit.page.expect_response(lambda response: "/play?" in response.url) as answer:
        await visit.page.get_by_label("Order").select_option("title" if order == "newest" else order)

    assert (await answer.value).status == 200
    await expect(visit.page.locator(".clip")).not_to_have_count(0)
