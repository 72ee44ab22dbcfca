"""The page by keyboard alone, in a real browser."""

import re
import shutil

import pytest
from playwright.async_api import expect

from tests.end_to_end.browser import Shelf, Visit

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


async def test_the_keyboard_alone_finds_plays_pauses_and_seeks(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Potoroo by keyboard")
    await visit.page.goto("/")
    keys = visit.page.keyboard
    await keys.press("/")
    await keys.type("potoroo keyboard / ")
    await expect(visit.page.get_by_role("searchbox")).to_have_value("potoroo keyboard / ")
    await visit.page.get_by_role("searchbox").fill("potoroo")
    await expect(visit.page).to_have_url(re.compile(r"/#/\?q=potoroo$"))
    await expect(visit.page.locator("#clips")).to_have_attribute("aria-busy", "false")
    await expect(visit.page.locator(".clip")).to_have_count(1)
    button = visit.row(clip).get_by_role("button")
    for _ in range(20):
        await keys.press("Tab")
        if await button.evaluate("button => button === document.activeElement"):
            break
    await keys.press("Enter")
    await visit.hear(0.2)
    await keys.press(" ")
    await expect(button).to_have_accessible_name("Play Potoroo by keyboard")
    before = await visit.moment()
    await keys.press("ArrowRight")
    await keys.press("ArrowRight")

    await visit.wait_until(f"audio.currentTime > {before + 1}")

    await keys.press("ArrowLeft")
    assert await visit.moment() < before + 2 * min(5, clip["duration"] / 10)
    assert clips.plays(clip) == 1


async def test_the_space_bar_plays_and_pauses_wherever_nothing_else_wants_it(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Bilby, newest of all")
    await visit.page.goto("/")
    await expect(visit.row(clip)).to_be_visible()
    await visit.page.keyboard.press(" ")
    await visit.hear(0.2)
    await visit.page.keyboard.press(" ")

    await expect(visit.row(clip)).to_have_class(re.compile(r"\bcurrent\b(?!.*\bplaying\b)"))

    mute = visit.page.get_by_role("button", name="Mute")
    await mute.press(" ")
    await expect(mute).to_have_attribute("aria-pressed", "true")
    await expect(visit.row(clip)).not_to_have_class(re.compile(r"\bplaying\b"))
    assert clips.plays(clip) == 1


async def test_a_question_mark_shows_every_key_and_escape_hides_them(visit: Visit) -> None:
    await visit.page.goto("/")
    await expect(visit.page.locator(".clip")).not_to_have_count(0)
    await visit.page.keyboard.press("?")
    keys = visit.page.get_by_role("dialog", name="Keyboard")

    for key in ("Space", "←", "→", "↑", "↓", "j", "k", "n", "p", "m", "s", "r", "/", "?", "Esc"):
        await expect(keys.get_by_text(key, exact=True)).to_be_visible()

    await visit.page.keyboard.press("Escape")
    await expect(keys).to_be_hidden()

    await visit.page.get_by_role("button", name="Keyboard").click()
    await keys.get_by_role("button", name="Close").press("Enter")
    await expect(keys).to_be_hidden()
    await expect(visit.page.get_by_role("button", name="Keyboard")).to_be_focused()


async def test_keys_choose_a_clip_and_the_ends_of_the_list_hold(visit: Visit, clips: Shelf) -> None:
    for title in ("Pademelon C", "Pademelon B", "Pademelon A"):
        clips.add(title)
    await visit.page.goto("/#/?q=pademelon&sort=title")
    await expect(visit.page.locator(".clip")).to_have_count(3)
    buttons = [visit.page.get_by_role("button", name=f"Play Pademelon {letter}") for letter in "ABC"]
    for key, expected in (("j", 0), ("ArrowDown", 1), ("j", 2), ("j", 2), ("k", 1), ("ArrowUp", 0), ("k", 0)):
        await visit.page.keyboard.press(key)
        await expect(buttons[expected]).to_be_focused()


async def test_keys_play_the_next_and_the_previous_clip_and_change_how_it_goes_on(visit: Visit, clips: Shelf) -> None:
    for name in ("Wallaroo B", "Wallaroo A"):
        clips.add(name)
    await visit.page.goto("/#/?q=wallaroo&sort=title")
    await expect(visit.page.locator(".clip")).to_have_count(2)
    player = visit.page.get_by_role("region", name="Player")
    for key, expected in ((" ", "Wallaroo A"), ("n", "Wallaroo B"), ("p", "Wallaroo A")):
        await visit.page.keyboard.press(key)
        await expect(visit.page.locator("#now-title")).to_have_text(expected)
        await visit.play_slowly()  # the clip before is the previous one only while this one has hardly begun

    await visit.page.keyboard.press("s")
    await expect(player.get_by_role("button", name="Shuffle")).to_have_attribute("aria-pressed", "true")
    for expected in ("Repeat all clips", "Repeat this clip", "Repeat is off"):
        await visit.page.keyboard.press("r")
        await expect(player.get_by_role("button", name=expected)).to_be_visible()
    await visit.page.keyboard.press("m")
    await visit.wait_until("audio.muted")
    await visit.page.keyboard.press("Shift+M")  # as with the capitals lock
    await visit.wait_until("!audio.muted")


async def test_escape_clears_the_search_and_then_leaves_it(visit: Visit, clips: Shelf) -> None:
    clips.add("Newest antechinus")
    await visit.page.goto("/")
    await expect(visit.page.locator(".clip")).not_to_have_count(1)
    box = visit.page.get_by_role("searchbox")
    await visit.page.keyboard.press("/")
    await visit.page.keyboard.type("antechinus")
    await expect(visit.page.locator(".clip")).to_have_count(1)

    await visit.page.keyboard.press("Escape")
    await expect(box).to_be_focused()
    await expect(box).to_have_value("")
    await expect(visit.page.locator(".clip")).not_to_have_count(1)

    await visit.page.keyboard.press("Escape")
    await expect(visit.page.get_by_role("button", name="Play Newest antechinus")).to_be_focused()


async def test_the_skip_link_leads_past_the_views_and_leaves_the_address_alone(visit: Visit) -> None:
    await visit.page.goto("/#/?sort=title")
    await visit.page.keyboard.press("Tab")
    skip = visit.page.get_by_role("link", name="Skip to the content")
    await expect(skip).to_be_focused()
    await visit.page.keyboard.press("Enter")
    await visit.page.keyboard.press("Tab")

    await expect(visit.page.get_by_role("searchbox")).to_be_focused()
    assert visit.page.url.endswith("/#/?sort=title")
