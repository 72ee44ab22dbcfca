"""Counts change on the page while others listen, in a real browser on a real service."""

import asyncio
import shutil

import httpx
import pytest
from playwright.async_api import Request, Route, expect

from tests.end_to_end.browser import PATIENCE, Shelf, Visit

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]

HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def follows(visit: Visit) -> list[Request]:
    """Every request for the events that the page will make, in order."""
    asked: list[Request] = []
    visit.page.on("request", lambda request: asked.append(request) if request.url.endswith("/play/events") else None)
    return asked


def listen(clips: Shelf, clip: dict[str, object]) -> None:
    """Play the clip, as somebody elsewhere does."""
    httpx.get(f"{clips.api.base_url}/play/{clip['id']}/stream").raise_for_status()


async def so_many(requests: list[Request], number: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(requests) < number:
            await asyncio.sleep(0.05)


async def test_a_play_elsewhere_is_seen_in_the_list_and_nobody_is_interrupted(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Mountain pygmy possum")
    await visit.page.goto("/")
    await expect(visit.row(clip)).to_contain_text("0 plays")
    listen(clips, clip)
    await expect(visit.row(clip)).to_contain_text("1 play")
    listen(clips, clip)
    await expect(visit.row(clip)).to_contain_text("2 plays")

    silent = "row => row.querySelector('.count').closest('[aria-live], [role=status], [role=alert]') === null"
    assert await visit.row(clip).evaluate(silent)
    assert visit.failures == []


async def test_a_page_that_nobody_sees_does_not_follow_and_learns_later_what_it_missed(
    visit: Visit, clips: Shelf
) -> None:
    clip = clips.add("Long-tailed pygmy possum")
    asked = follows(visit)
    await visit.page.goto("/")
    await so_many(asked, 1)
    listen(clips, clip)
    await expect(visit.row(clip)).to_contain_text("1 play")

    async with visit.page.expect_event("requestfailed", lambda request: request.url.endswith("/play/events")):
        await visit.page.evaluate(HIDE, True)
    listen(clips, clip)
    await asyncio.sleep(1)
    assert len(asked) == 1
    await expect(visit.row(clip)).to_contain_text("1 play")

    await visit.page.evaluate(HIDE, False)
    await so_many(asked, 2)
    assert await asked[1].header_value("Last-Event-ID")
    await expect(visit.row(clip)).to_contain_text("2 plays")


async def test_a_connection_that_breaks_is_made_again_from_where_it_broke(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Broken cuscus")
    asked = follows(visit)
    broken = [f'event: counts\ndata: [{{"id":{clip["id"]},"play_count":41}}]\nid: 17\n\nevent: cou']

    async def answer(route: Route) -> None:
        if broken:
            await route.fulfill(status=200, content_type="text/event-stream", body=f"retry: 100\n\n{broken.pop()}")
        else:
            await route.continue_()

    await visit.page.route("**/play/events", answer)
    await visit.page.goto("/")
    await expect(visit.row(clip)).to_contain_text("41 plays")
    await so_many(asked, 2)

    assert await asked[1].header_value("Last-Event-ID") == "17"


async def test_a_count_never_goes_back(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Ground cuscus")
    told = [f'event: counts\ndata: [{{"id":{clip["id"]},"play_count":{count}}}]\n\n' for count in (41, 40)]
    once = [f"retry: 60000\n\n{''.join(told)}"]

    async def answer(route: Route) -> None:
        await route.fulfill(status=200, content_type="text/event-stream", body=once.pop() if once else "")

    await visit.page.route("**/play/events", answer)
    await visit.page.goto("/#/?q=ground+cuscus")
    await expect(visit.row(clip).locator(".count.grew")).to_have_text("41 plays")
    await visit.page.get_by_label("Order").select_option("By title")  # asks the service anew, which knows of none
    await expect(visit.row(clip).locator(".count:not(.grew)")).to_have_text("41 plays")


async def test_what_was_missed_for_good_is_loaded_again(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Eastern quoll")
    events = [": nothing yet\n\n", "event: reset\ndata: {}\nid: 9\n\n"]
    opened = asyncio.Event()

    async def answer(route: Route) -> None:
        await opened.wait()
        if events:
            await route.fulfill(status=200, content_type="text/event-stream", body=f"retry: 100\n\n{events.pop(0)}")
        else:
            await route.abort()

    await visit.page.route("**/play/events", answer)
    await visit.page.goto("/")
    await expect(visit.row(clip)).to_contain_text("0 plays")
    listen(clips, clip)
    opened.set()

    await expect(visit.row(clip)).to_contain_text("1 play")


async def test_a_service_that_has_no_room_for_followers_is_asked_again_when_it_said(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Western quoll")
    answers = [503]

    async def answer(route: Route) -> None:
        if answers:
            await route.fulfill(status=answers.pop(), headers={"Retry-After": "1"})
        else:
            await route.continue_()

    await visit.page.route("**/play/events", answer)
    await visit.page.goto("/")
    await expect(visit.row(clip)).to_contain_text("0 plays")
    listen(clips, clip)

    await expect(visit.row(clip)).to_contain_text("1 play")
    await expect(visit.page.locator("#trouble")).to_be_hidden()
