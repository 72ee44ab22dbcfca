"""Every view, in every state, is for those too who do not see, or do not point: by axe-core's rules, by keys alone."""

import shutil
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Page, expect

from tests.end_to_end.adding import added, field, have_key
from tests.end_to_end.browser import Shelf, Visit, audio_source
from tests.services import Service

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
MOST_TABS = 60
State = Callable[[Visit, Shelf, Service], Awaitable[None]]


async def listening(visit: Visit, clips: Shelf, service: Service) -> None:
    clip = clips.add("Bettong", description="It digs.", tags=["truffles"])
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.1)


async def nothing_found(visit: Visit, clips: Shelf, service: Service) -> None:
    await visit.page.goto("/")
    await visit.page.get_by_role("searchbox", name="Search clips").fill("nothing is called that")
    await expect(visit.page.locator("#summary")).to_contain_text("No clip matches")


async def clip_of_its_own(visit: Visit, clips: Shelf, service: Service) -> None:
    clip = clips.add("Bettong", description="It digs.", tags=["truffles", "night"])
    clips.api.get(clip["stream_url"])
    await have_key(visit, service)
    await visit.page.goto(f"/#/clips/{clip['id']}")
    await expect(visit.page.get_by_role("button", name="Edit")).to_be_visible()


async def clip_that_is_not_there(visit: Visit, clips: Shelf, service: Service) -> None:
    await visit.page.goto("/#/clips/987654321")
    await expect(visit.page.get_by_role("alert").filter(has_text="There is no such clip.")).to_be_visible()


async def editing_with_faults(visit: Visit, clips: Shelf, service: Service) -> None:
    await clip_of_its_own(visit, clips, service)
    await visit.page.get_by_role("button", name="Edit").click()
    await field(visit.page.get_by_role("dialog"), "Title").fill("")
    await visit.page.get_by_role("button", name="Save").click()
    await expect(visit.page.get_by_text("Must have 1 to 200")).to_be_visible()


async def deleting(visit: Visit, clips: Shelf, service: Service) -> None:
    await clip_of_its_own(visit, clips, service)
    await visit.page.get_by_role("button", name="Delete").click()
    await expect(visit.page.get_by_role("dialog", name="Delete Bettong?")).to_be_visible()


async def replacing(visit: Visit, clips: Shelf, service: Service) -> None:
    await clip_of_its_own(visit, clips, service)
    await visit.page.get_by_role("button", name="Replace audio").click()
    await expect(visit.page.get_by_role("dialog", name="Replace the audio of Bettong")).to_be_visible()


async def statistics(visit: Visit, clips: Shelf, service: Service) -> None:
    clips.api.get(clips.add("Bettong")["stream_url"])
    await visit.page.goto("/#/statistics?period=24h")
    for opened in ("As a table", "What these numbers mean"):
        await visit.page.get_by_text(opened).click()
    await visit.page.get_by_role("button", name="Listeners").click()
    await visit.page.get_by_role("slider", name="Counts over time").focus()
    await expect(visit.page.locator(".tip")).to_be_visible()


async def adding(visit: Visit, clips: Shelf, service: Service) -> None:
    await have_key(visit, service)
    for number in (1, 2):
        await visit.page.get_by_label("Or take it from an address").fill(f"{service.url}/livez?{number}")
        await visit.page.get_by_role("button", name="Take it").click()
    await visit.page.get_by_role("button", name="Add 2 clips").click()
    await expect(visit.page.get_by_text("Please see to the fields above.")).to_have_count(2)


async def asking_for_the_key(visit: Visit, clips: Shelf, service: Service) -> None:
    clip = clips.add("Bettong")
    await visit.page.goto(f"/#/clips/{clip['id']}")
    await visit.page.get_by_role("button", name="Change this clip").click()
    await field(visit.page.get_by_role("dialog"), "Key").fill("none")
    await visit.page.get_by_role("button", name="Use this key").click()
    await expect(visit.page.get_by_text("This is not a key that may do this.")).to_be_visible()


async def counting(visit: Visit, clips: Shelf, service: Service) -> None:
    await visit.page.goto("/about/counting")


async def contract(visit: Visit, clips: Shelf, service: Service) -> None:
    await visit.page.goto("/docs#listClips")
    await expect(visit.page.locator("#listClips .inside")).to_be_visible()


STATES: list[State] = [
    listening,
    nothing_found,
    clip_of_its_own,
    clip_that_is_not_there,
    editing_with_faults,
    deleting,
    replacing,
    statistics,
    adding,
    asking_for_the_key,
    counting,
    contract,
]


async def violations(page: Page) -> list[Any]:
    """What axe-core finds that is serious or critical: rule, and where."""
    await page.evaluate(AXE_SCRIPT)
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        (rule["id"], rule["help"], [(node["target"], node["failureSummary"]) for node in rule["nodes"]])
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
async def test_axe_finds_nothing_serious_light_or_dark_on_phone_or_desktop(
    visit: Visit, clips: Shelf, service: Service, state: State
) -> None:
    await visit.page.emulate_media(reduced_motion="reduce")  # what is amid a transition has a colour in between
    await state(visit, clips, service)
    for scheme in ("light", "dark"):
        for size in (PHONE, DESKTOP):
            await visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await visit.page.set_viewport_size({"width": size["width"], "height": size["height"]})

            assert await violations(visit.page) == [], (scheme, size)


# Whether what has the focus is named so, by its label or its text; in one look, since it may be replaced meanwhile.
IS_CALLED = """name => {
    const { ariaLabel, labels, textContent } = document.activeElement;
    return [ariaLabel, labels?.[0]?.textContent, textContent].some(text => text?.trim() === name);
}"""


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called ``name``, as far as a patient person would."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await page.evaluate(IS_CALLED, name):
            return
    raise AssertionError(f"{name} is not reached by Tab")


async def test_statistics_are_read_by_keys_alone(visit: Visit, clips: Shelf) -> None:
    clips.api.get(clips.add("Potoroo")["stream_url"])
    page = visit.page
    await page.goto("/")
    await tab_to(page, "Statistics")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=2, name="Statistics")).to_be_focused()
    await tab_to(page, "30 days")
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("radio", name="90 days")).to_be_checked()
    await expect(page.locator(".figures tbody tr")).to_have_count(90)
    await tab_to(page, "Counts over time")
    await expect(page.locator(".tip")).to_contain_text("so far")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator(".tip")).not_to_contain_text("so far")
    await tab_to(page, "As a table")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("table")).to_be_visible()
    await tab_to(page, "Table of counts")
    await tab_to(page, "Save as CSV")
    await tab_to(page, "What these numbers mean")
    await page.keyboard.press("Space")
    await expect(page.get_by_text("Streams that began")).to_be_visible()
    await tab_to(page, "Potoroo")


async def test_a_clip_is_added_by_keys_alone(visit: Visit, clips: Shelf, service: Service) -> None:
    page = visit.page
    with audio_source(seconds=0.5) as address:
        await page.goto("/")
        await tab_to(page, "Add a clip")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=2, name="Add clips")).to_be_focused()
        await tab_to(page, "Choose files")
        await tab_to(page, "Or take it from an address")
        await page.keyboard.type(address)
        await page.keyboard.press("Enter")
        await expect(field(page.locator(".submission"), "Title")).to_be_focused()
        await page.keyboard.press("Control+A")
        await page.keyboard.type("Potoroo by hand / on keys")
        await tab_to(page, "Genre")
        await page.keyboard.type("Forest")
        await tab_to(page, "Add the clip")
        await page.keyboard.press("Enter")
        await expect(field(page.get_by_role("dialog"), "Key")).to_be_focused()
        await page.keyboard.type(service.write_key)
        await page.keyboard.press("Enter")

        await expect(page.locator(".submission")).to_contain_text("Added: Potoroo by hand / on keys")
        added(clips, "Potoroo by hand / on keys")
        await tab_to(page, "Potoroo by hand / on keys")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=2, name="Potoroo by hand / on keys")).to_be_focused()


async def test_a_clip_is_heard_and_changed_by_keys_alone(visit: Visit, clips: Shelf, service: Service) -> None:
    clip = clips.add("Potoroo")
    page = visit.page
    await page.goto(f"/#/clips/{clip['id']}")
    await expect(page.get_by_role("heading", level=2, name="Potoroo")).to_be_visible()
    await tab_to(page, "Play Potoroo")
    await page.keyboard.press("Enter")
    await visit.hear(0.2)
    await page.keyboard.press("Space")
    await visit.wait_until("audio.paused")
    await tab_to(page, "Change this clip")
    await page.keyboard.press("Enter")
    await page.keyboard.type(service.write_key)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Edit")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(field(page.get_by_role("dialog"), "Title")).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.type("s ? / and more")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", level=2, name="Potoroos ? / and more")).to_be_visible()
    assert clips.plays(clip) == 1
