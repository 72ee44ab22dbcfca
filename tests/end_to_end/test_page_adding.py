"""Adding clips: by address; what is refused is told where it can be mended."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.end_to_end.adding import added, field, have_key
from tests.end_to_end.browser import Shelf, Visit, audio_source
from tests.services import Service, running_service

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with audio_source(seconds=1.5) as found:
        yield found


async def offer(page: Page, address: str) -> Locator:
    """Take a clip from an address on the list; where it is."""
    await page.get_by_label("Or take it from an address").fill(address)
    await page.get_by_role("button", name="Take it").click()
    return page.locator(".submission").last


async def test_a_clip_is_added_by_its_address_and_the_key_is_asked_for_once(
    visit: Visit, clips: Shelf, service: Service, address: str
) -> None:
    page = visit.page
    await page.goto("/")
    await page.get_by_role("link", name="Add a clip").click()
    await expect(page).to_have_title("Add clips · Soundverse Play")
    one = await offer(page, f"{address}?n=1")
    await expect(field(one, "Title")).to_have_value("a")
    await expect(field(one, "Title")).to_be_focused()
    await field(one, "Title").fill("A bilby by address")
    await field(one, "Genre").fill("Desert")
    await field(one, "Tags").fill("night, ears ,night")
    await page.get_by_role("button", name="Add the clip").click()
    await page.get_by_role("dialog", name="Write key").get_by_label("Key").fill(service.write_key)
    await page.get_by_role("button", name="Use this key").click()

    await expect(one).to_contain_text("Added: A bilby by address")
    clip = added(clips, "A bilby by address")
    assert (clip["genre"], clip["tags"], clip["duration"]) == ("Desert", ["night", "ears"], 1.5)

    two = await offer(page, f"{address}?n=2")
    await field(two, "Title").fill("A second bilby")
    await field(two, "Genre").fill("Desert")
    await page.get_by_role("button", name="Add the clip").click()
    await two.get_by_role("link", name="A second bilby").click()
    await expect(page.get_by_role("heading", level=2, name="A second bilby")).to_be_visible()
    added(clips, "A second bilby")


async def test_an_address_that_is_pasted_anywhere_on_the_view_is_taken(visit: Visit, address: str) -> None:
    await visit.page.goto("/#/add")
    await expect(visit.page.get_by_role("button", name="Choose files")).to_be_visible()
    await visit.page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
            document.body.dispatchEvent(paste);
        }""",
        "https://example.com/sounds/Deep%20Well.mp3",
    )

    await expect(visit.page.locator(".submission")).to_contain_text("https://example.com/sounds/Deep%20Well.mp3")
    await expect(field(visit.page.locator(".submission"), "Title")).to_have_value("Deep Well")


async def test_what_is_refused_is_told_at_its_field_and_can_be_tried_again(
    visit: Visit, clips: Shelf, service: Service, address: str
) -> None:
    await have_key(visit, service)
    one = await offer(visit.page, address)
    await field(one, "Title").fill("A bilby without a genre")
    await visit.page.get_by_role("button", name="Add the clip").click()
    genre = field(one, "Genre")
    await expect(genre).to_have_accessible_description("Is required.")
    await expect(genre).to_be_focused()
    await expect(one.get_by_role("status")).to_have_text("Please see to the fields above.")

    await genre.fill("Desert")
    await one.get_by_role("button", name="Try again").click()
    await expect(one).to_contain_text("Added: A bilby without a genre")
    added(clips, "A bilby without a genre")


async def test_an_address_without_audio_is_told_in_the_service_s_words_and_can_be_taken_off(
    visit: Visit, service: Service
) -> None:
    await have_key(visit, service)
    one = await offer(visit.page, f"{service.url}/livez")
    await field(one, "Genre").fill("None")
    await visit.page.get_by_role("button", name="Add the clip").click()

    await expect(one.get_by_role("status")).to_contain_text(re.compile("audio", re.IGNORECASE))
    await one.get_by_role("button", name="Take off the list").click()
    await expect(visit.page.locator(".submission")).to_have_count(0)
    await expect(visit.page.get_by_role("button", name="Choose files")).to_be_focused()


async def test_a_service_that_asks_to_wait_is_asked_again_by_itself(
    visit: Visit, tmp_path_factory: pytest.TempPathFactory, address: str
) -> None:
    data = str(tmp_path_factory.mktemp("data"))
    with running_service("--memory", "--data", data, PLAY_WRITE_RATE="1/second") as slow:
        await visit.listen_in()
        await visit.page.goto(f"{slow.url}/#/add")
        await visit.page.evaluate("key => sessionStorage.setItem('soundverse-play-write-key', key)", slow.write_key)
        for number in (1, 2, 3):
            one = await offer(visit.page, f"{address}?n={number}")
            await field(one, "Genre").fill("Desert")
        await visit.page.get_by_role("button", name="Add 3 clips").click()

        await visit.overhears("it is asked again in 1 second.")
        await expect(visit.page.get_by_text("3 of 3 added.")).to_be_visible()


async def test_one_prompt_for_the_key_serves_all_and_closing_it_leaves_the_clips_on_the_list(
    visit: Visit, address: str
) -> None:
    await visit.page.goto("/#/add")
    for number in (1, 2):
        await offer(visit.page, f"{address}?n={number}")
    await visit.page.get_by_role("button", name="Add 2 clips").click()
    await expect(visit.page.get_by_role("dialog")).to_have_count(1)
    await visit.page.keyboard.press("Escape")

    await expect(visit.page.get_by_text("Cancelled.")).to_have_count(2)
    await expect(visit.page.get_by_role("dialog")).to_have_count(0)
    await expect(visit.page.get_by_role("button", name="Add 2 clips")).to_be_visible()
