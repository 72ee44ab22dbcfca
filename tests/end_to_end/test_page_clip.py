"""A clip's own view: what it is, how it is heard, what was counted, and how who has a key changes it."""

import re
import shutil
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.end_to_end.browser import Shelf, Visit, early_in_an_hour
from tests.services import Service

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


NOTES_SEEKS = """audio => {
    audio.sought = [];
    audio.addEventListener("seeking", () => audio.sought.push(audio.currentTime));
}"""


async def look_at(page: Page, clip: dict[str, Any]) -> None:
    """Open the clip's view."""
    await page.goto(f"/#/clips/{clip['id']}")
    await expect(page.get_by_role("heading", level=2, name=clip["title"])).to_be_visible()


async def enter(page: Page, key: str) -> None:
    """Give the key that changing takes."""
    await page.get_by_role("button", name="Change this clip").click()
    await page.get_by_role("dialog").get_by_label("Key").fill(key)
    await page.get_by_role("button", name="Use this key").click()


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog").get_by_role("textbox", name=name)


async def test_a_clip_has_an_address_of_its_own_that_shows_what_it_is(visit: Visit, clips: Shelf) -> None:
    clip = clips.add(
        "A numbat <b>looks</b> up",
        genre="Field notes",
        description="Two lines,\nof it.",
        tags=["termites", "dawn & dusk"],
    )
    await look_at(visit.page, clip)
    view = visit.page.locator("#view-clip")

    await expect(visit.page).to_have_title("A numbat <b>looks</b> up · Soundverse Play")
    await expect(view).to_contain_text("Two lines,\nof it.")
    await expect(view.get_by_role("link", name="Field notes")).to_have_attribute("href", "#/?genre=Field+notes")
    await expect(view.get_by_role("link", name="dawn & dusk")).to_have_attribute("href", "#/?tag=dawn+%26+dusk")
    await expect(view).to_contain_text(clip["media_type"])
    await expect(view).to_contain_text("Not played yet.")
    await expect(view).to_contain_text("Nothing was counted in this time.")
    assert visit.failures == []


async def test_it_plays_and_pauses_there_and_goes_on_while_another_view_is_shown(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A numbat digs")
    await look_at(visit.page, clip)
    await visit.page.locator("#view-clip").get_by_role("button", name="Play A numbat digs").click()
    await visit.hear(0.3)
    pause = visit.page.locator("#view-clip").get_by_role("button", name="Pause A numbat digs")
    await expect(pause).to_be_visible()
    await expect(visit.page.locator("#view-clip")).to_contain_text("1 play in all")
    await pause.click()
    await expect(visit.page.locator("#view-clip").get_by_role("button", name="Play A numbat digs")).to_be_visible()
    await visit.page.locator("#view-clip").get_by_role("button", name="Play A numbat digs").click()
    await visit.page.get_by_role("link", name="Statistics").click()
    moment = await visit.moment()
    await visit.hear(moment + 0.2)

    assert clips.plays(clip) == 1


async def test_it_is_begun_at_the_place_of_its_waveform_that_is_pressed(visit: Visit, clips: Shelf) -> None:
    clip, other = clips.add("A numbat drawn"), clips.add("A numbat before it")
    await look_at(visit.page, other)
    await visit.page.locator("#view-clip").get_by_role("button", name="Play A numbat before it").click()
    await visit.hear(1.2)
    await look_at(visit.page, clip)
    await visit.page.locator("#audio").evaluate(NOTES_SEEKS)
    waveform = visit.page.get_by_role("slider", name="Position in A numbat drawn, on its own page")
    await expect(waveform).to_have_attribute("aria-valuenow", "0")
    await expect(waveform.locator("svg").first).to_be_visible()
    box = await waveform.bounding_box()
    assert box is not None
    await waveform.click(position={"x": box["width"] * 0.6, "y": box["height"] / 2})
    await expect(visit.page.locator("#now-title")).to_have_text("A numbat drawn")
    await visit.wait_until("audio.sought.length > 0")

    assert await visit.page.locator("#audio").evaluate("audio => audio.sought[0]") > clip["duration"] * 0.55
    await expect(waveform).to_have_attribute("aria-valuetext", re.compile("^0:(0[6-9]|1[0-9]) of "))
    assert (clips.plays(clip), clips.plays(other)) == (1, 1)


async def test_its_statistics_are_its_own(visit: Visit, clips: Shelf) -> None:
    clip, other = clips.add("A numbat alone"), clips.add("A numbat in company")
    early_in_an_hour(seconds=60)
    for each, times in ((clip, 2), (other, 3)):
        for _ in range(times):
            clips.api.get(each["stream_url"])
    await look_at(visit.page, clip)

    await expect(visit.page.locator("#view-clip")).to_contain_text("2 plays in all, the last one on ")
    await expect(visit.page.get_by_role("button", name="Plays")).to_contain_text("2")
    await visit.page.get_by_role("radio", name="24 hours").check()
    await expect(visit.page.get_by_role("slider", name="Counts over time")).to_have_attribute(
        "aria-valuetext", re.compile("2 plays$")
    )


async def test_the_arrow_keys_of_its_chart_leave_the_player_alone(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A numbat and two sliders")
    clips.api.get(clip["stream_url"])
    await look_at(visit.page, clip)
    await visit.page.get_by_role("button", name=f"Play {clip['title']}").first.click()
    await visit.hear(0.2)
    await visit.page.keyboard.press("Space")
    await visit.wait_until("audio.paused")
    moment = await visit.moment()
    chart = visit.page.get_by_role("slider", name="Counts over time")
    await chart.press("ArrowLeft")
    await chart.press("Home")

    assert await visit.moment() == moment


async def test_a_clip_that_is_not_there_is_told_in_words_and_nothing_of_another_stays(
    visit: Visit, clips: Shelf
) -> None:
    clip = clips.add("A numbat stays")
    await look_at(visit.page, clip)
    await visit.page.goto("/#/clips/987654321")

    await expect(visit.page.get_by_role("alert").filter(has_text="There is no such clip.")).to_be_visible()
    await expect(visit.page.get_by_role("heading", name="A numbat stays")).to_have_count(0)


async def test_its_link_is_copied_or_shown_where_the_browser_forbids_that(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A numbat is shared")
    await look_at(visit.page, clip)
    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await visit.page.get_by_role("button", name="Copy link").click()
    await expect(visit.page.get_by_text("Copied.")).to_be_visible()

    address = await visit.page.evaluate("navigator.clipboard.readText()")
    assert address.endswith(f"/#/clips/{clip['id']}")
    await visit.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    await visit.page.get_by_role("button", name="Copy link").click()
    await expect(visit.page.get_by_text(f"Copy it by hand: {address}")).to_be_visible()


async def test_changing_asks_for_the_key_once_and_says_which_one_is_none(
    visit: Visit, clips: Shelf, service: Service
) -> None:
    clip = clips.add("A numbat behind a door")
    await look_at(visit.page, clip)
    await expect(visit.page.get_by_role("button", name="Delete")).to_have_count(0)
    await enter(visit.page, "no key")
    await expect(visit.page.get_by_role("dialog").get_by_role("alert")).to_have_text(
        "This is not a key that may do this."
    )
    await field(visit.page, "Key").fill(service.write_key)
    await field(visit.page, "Key").press("Enter")

    await expect(visit.page.get_by_role("dialog")).to_have_count(0)
    await expect(visit.page.get_by_role("button", name="Edit")).to_be_focused()
    await visit.page.reload()
    await expect(visit.page.get_by_role("button", name="Delete")).to_be_visible()
    assert await visit.page.evaluate("localStorage.length + document.cookie.length") == 0


async def test_only_what_is_edited_changes_and_shows_at_once(visit: Visit, clips: Shelf, service: Service) -> None:
    clip = clips.add("A numbat before", description="It was so.", tags=["old"])
    await look_at(visit.page, clip)
    await enter(visit.page, service.write_key)
    await visit.page.get_by_role("button", name="Edit").click()
    await expect(field(visit.page, "Title")).to_have_value("A numbat before")
    clips.api.patch(f"/play/{clip['id']}", json={"genre": "Meanwhile"}).raise_for_status()
    await field(visit.page, "Title").fill("A numbat after")
    await field(visit.page, "Description").fill("")
    await field(visit.page, "Tags").fill("new, newer,, new")
    await visit.page.get_by_role("button", name="Save").click()

    await expect(visit.page.get_by_role("heading", level=2, name="A numbat after")).to_be_visible()
    kept = clips.api.get(f"/play/{clip['id']}").json()
    told = {name: kept[name] for name in ("title", "description", "tags", "genre", "audio_url", "duration")}
    expected = {"title": "A numbat after", "description": None, "tags": ["new", "newer"], "genre": "Meanwhile"}
    assert told == expected | {"audio_url": clip["audio_url"], "duration": clip["duration"]}


async def test_what_the_service_refuses_is_told_at_its_field(visit: Visit, clips: Shelf, service: Service) -> None:
    clip = clips.add("A numbat refuses")
    await look_at(visit.page, clip)
    await enter(visit.page, service.write_key)
    await visit.page.get_by_role("button", name="Edit").click()
    await field(visit.page, "Title").fill("")
    await field(visit.page, "Length in seconds").fill("-1")
    await visit.page.get_by_role("button", name="Save").click()

    title = field(visit.page, "Title")
    await expect(title).to_have_attribute("aria-invalid", "true")
    await expect(title).to_have_accessible_description("Must have 1 to 200 characters, not 0.")
    await expect(title).to_be_focused()
    await expect(field(visit.page, "Length in seconds")).to_have_accessible_description(re.compile("greater than 0"))
    await expect(field(visit.page, "Genre")).to_have_attribute("aria-invalid", "false")
    await visit.page.keyboard.press("Escape")
    await expect(visit.page.get_by_role("dialog")).to_have_count(0)
    await expect(visit.page.get_by_role("button", name="Edit")).to_be_focused()
    assert clips.api.get(f"/play/{clip['id']}").json()["title"] == "A numbat refuses"


async def test_a_key_that_holds_no_longer_is_asked_for_again_and_the_change_goes_on(
    visit: Visit, clips: Shelf, service: Service
) -> None:
    clip = clips.add("A numbat and an old key")
    await look_at(visit.page, clip)
    await visit.page.evaluate("sessionStorage.setItem('soundverse-play-write-key', 'an old key')")
    await visit.page.reload()
    await visit.page.get_by_role("button", name="Edit").click()
    await field(visit.page, "Title").fill("A numbat and a new key")
    await visit.page.get_by_role("button", name="Save").click()
    asking = visit.page.get_by_role("dialog", name="Write key")
    await expect(asking).to_contain_text("This is not a key that may do this.")
    await asking.get_by_label("Key").fill(service.write_key)
    await asking.get_by_role("button", name="Use this key").click()

    await expect(visit.page.get_by_role("heading", level=2, name="A numbat and a new key")).to_be_visible()
    assert await visit.page.evaluate("sessionStorage.getItem('soundverse-play-write-key')") == service.write_key


async def test_a_clip_is_deleted_when_it_is_said_twice(visit: Visit, clips: Shelf, service: Service) -> None:
    clip = clips.add("A numbat leaves")
    await look_at(visit.page, clip)
    await enter(visit.page, service.write_key)
    await visit.page.get_by_role("button", name="Delete").click()
    asking = visit.page.get_by_role("dialog", name="Delete A numbat leaves?")
    await asking.get_by_role("button", name="Cancel").click()
    assert clips.api.get(f"/play/{clip['id']}").status_code == 200

    await visit.page.get_by_role("button", name="Delete").click()
    await asking.get_by_role("button", name="Delete for good").click()
    await expect(visit.page.get_by_role("searchbox", name="Search clips")).to_be_visible()
    assert clips.api.get(f"/play/{clip['id']}").status_code == 404
    await expect(visit.row(clip)).to_have_count(0)
    clips.clips.remove(clip)
