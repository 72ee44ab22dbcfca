"""The page that says what is counted, as people see it in a real browser."""

import shutil

import pytest
from playwright.async_api import async_playwright, expect

from tests.end_to_end.browser import CHROMIUM, FLAGS, Visit
from tests.services import Service

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")


@pytest.mark.parametrize("width", [360, 1280])
async def test_the_rules_are_a_click_away_and_fit_any_screen(service: Service, width: int) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        visit = Visit(await browser.new_page(base_url=service.url, viewport={"width": width, "height": 800}))
        await visit.page.goto("/")
        await visit.page.get_by_role("link", name="What is counted").click()

        await expect(visit.page).to_have_title("Soundverse Play: what is counted")
        await expect(visit.page.get_by_role("heading", level=2)).to_have_count(5)
        await expect(visit.page.get_by_text("play_count", exact=True)).to_be_visible()
        assert await visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert (visit.complaints, visit.failures) == ([], [])
        await browser.close()
