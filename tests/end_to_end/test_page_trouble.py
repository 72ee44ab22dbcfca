"""What the page says and does when the service is away, busy or slow, in a real browser."""

import json
import shutil

import pytest
from playwright.async_api import Page, Route, expect

from tests.end_to_end.browser import Shelf, Visit

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


async def search(page: Page, words: str) -> None:
    await page.get_by_role("searchbox").fill(words)


async def test_a_listener_who_is_offline_is_told_so_and_goes_on_as_soon_as_there_is_a_connection(visit: Visit) -> None:
    await visit.page.goto("/")
    await expect(visit.page.locator(".clip")).not_to_have_count(0)
    trouble = visit.page.locator("#trouble")
    await visit.page.context.set_offline(True)
    await expect(trouble.get_by_role("alert")).to_contain_text("You are offline")
    await expect(visit.page.locator(".clip")).not_to_have_count(0)  # what is there can still be read

    await visit.page.context.set_offline(False)
    await expect(trouble).to_be_hidden()

    await visit.page.context.set_offline(True)
    await search(visit.page, "rain")
    await expect(visit.page.locator("#summary")).to_have_text("The clips could not be loaded.")
    await expect(trouble.get_by_role("alert")).to_contain_text("You are offline")
    await expect(visit.page.locator(".clip")).to_have_count(0)

    await visit.page.context.set_offline(False)
    await expect(visit.page.locator(".clip")).to_have_count(1)
    await expect(trouble).to_be_hidden()


async def test_a_service_that_is_away_is_told_in_words_and_tried_again_by_itself_or_at_once(visit: Visit) -> None:
    await visit.stop_the_clock()
    await visit.page.route("**/play?*", lambda route: route.abort())
    await visit.page.goto("/#/?q=rain")
    trouble = visit.page.locator("#trouble")
    await expect(trouble.get_by_role("alert")).to_contain_text("The service cannot be reached")
    await expect(trouble).to_contain_text("Trying again in 2 s")

    await visit.page.unroute("**/play?*")
    await visit.page.clock.run_for(2500)
    await expect(visit.page.locator(".clip")).to_have_count(1)
    await expect(trouble).to_be_hidden()

    await visit.page.route("**/play?*", lambda route: route.abort())
    await search(visit.page, "bus")
    await visit.page.clock.run_for(200)
    await expect(trouble).to_contain_text("Trying again in 2 s")
    await visit.page.unroute("**/play?*")
    await trouble.get_by_role("button", name="Try again").click()
    await expect(visit.page.get_by_role("heading", level=3, name="Night Bus")).to_be_visible()


async def test_a_service_that_stays_away_is_asked_less_and_less_often(visit: Visit) -> None:
    asked = 0

    async def refuse(route: Route) -> None:
        nonlocal asked
        asked += 1
        await route.abort()

    await visit.stop_the_clock()
    await visit.page.route("**/play?*", refuse)
    await visit.page.goto("/#/?q=rain")
    countdown = visit.page.locator("#trouble .countdown")
    for times, seconds in enumerate((2, 4, 8, 16, 30, 30), start=1):
        await expect(countdown).to_have_text(f"Trying again in {seconds} s.")
        await visit.page.clock.run_for((seconds - 1) * 1000)
        await expect(countdown).to_have_text("Trying again in 1 s.")
        assert asked == times
        await visit.page.clock.run_for(1500)

    await expect(countdown).to_have_text("Trying again in 30 s.")
    assert asked == 7


@pytest.mark.parametrize("status", [429, 503])
async def test_a_service_that_is_busy_is_asked_again_when_it_said(visit: Visit, status: int) -> None:
    busy = {"detail": "Too many at once. Ask again in 2 seconds.", "status": status}
    answers = [status]

    async def answer(route: Route) -> None:
        if not answers:
            await route.continue_()
            return
        headers = {"Retry-After": "2", "Content-Type": "application/problem+json"}
        await route.fulfill(status=answers.pop(), headers=headers, body=json.dumps(busy))

    await visit.stop_the_clock()
    await visit.page.route("**/play?*", answer)
    await visit.page.goto("/#/?q=rain")
    trouble = visit.page.locator("#trouble")
    await expect(trouble.get_by_role("alert")).to_have_text("Too many at once. Ask again in 2 seconds.")
    await expect(trouble).to_contain_text("Trying again in 2 s.")

    await visit.page.clock.run_for(2500)
    await expect(visit.page.locator(".clip")).to_have_count(1)
    await expect(trouble).to_be_hidden()


async def test_a_choice_that_the_service_refuses_is_told_in_its_words(visit: Visit) -> None:
    await visit.page.goto("/#/?sort=loudest")

    await expect(visit.page.locator("#trouble").get_by_role("alert")).to_contain_text("Sort must be one of")
    await expect(visit.page.locator("#trouble")).not_to_contain_text("Trying again")

    await visit.page.get_by_label("Order").select_option("By title")
    await expect(visit.page.locator("#trouble")).to_be_hidden()
    await expect(visit.page.locator(".clip")).not_to_have_count(0)


async def test_a_list_that_cannot_grow_keeps_what_it_shows_and_goes_on_growing(visit: Visit, clips: Shelf) -> None:
    for number in range(52):
        clips.add(f"Quoll {number}")
    await visit.page.route("**/play?*after=*", lambda route: route.abort())
    await visit.page.goto("/#/?q=quoll&sort=newest")
    await expect(visit.page.locator(".clip")).to_have_count(50)
    await visit.page.get_by_role("button", name="Show more").focus()
    trouble = visit.page.locator("#trouble")
    await expect(trouble.get_by_role("alert")).to_contain_text("The service cannot be reached")
    await expect(visit.page.locator(".clip")).to_have_count(50)

    await visit.page.unroute("**/play?*after=*")
    await expect(visit.page.locator(".clip")).to_have_count(52)
    await expect(trouble).to_be_hidden()


async def test_genres_that_cannot_be_asked_are_those_that_were_seen(visit: Visit) -> None:
    await visit.page.route("**/genres?*", lambda route: route.fulfill(status=503))
    await visit.page.goto("/")
    chips = visit.page.get_by_role("group", name="Genres and tags").get_by_role("button")

    await expect(chips).to_have_text(["All", "Ambient", "Chillout", "Electronic", "Folk", "Hip-Hop", "Nature"])


async def test_a_player_that_cannot_be_had_says_so_when_a_clip_is_pressed_and_plays_it_later(visit: Visit) -> None:
    await visit.page.route("**/page/player.html", lambda route: route.abort())
    await visit.page.goto("/")
    await visit.page.locator(".clip").first.get_by_role("button").click()
    trouble = visit.page.locator("#trouble")
    await expect(trouble.get_by_role("alert")).to_contain_text("The service cannot be reached")

    await visit.page.unroute("**/page/player.html")
    await visit.hear(0.2)
    await expect(trouble).to_be_hidden()


async def test_a_part_of_the_page_that_cannot_be_loaded_is_told_in_words(visit: Visit) -> None:
    await visit.page.route("**/page/stage.js", lambda route: route.abort())
    await visit.page.goto("/")
    await visit.page.locator(".clip").first.get_by_role("button").click()

    await expect(visit.page.locator("#trouble").get_by_role("alert")).to_contain_text("could not be loaded")
