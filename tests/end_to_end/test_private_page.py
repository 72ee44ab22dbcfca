"""Where reading takes a key, the page asks for it once, and plays by signed addresses."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import async_playwright, expect

from tests.end_to_end.browser import CHROMIUM, FLAGS, PATIENCE, Visit, soon
from tests.services import Service, running_service

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium")

KEY = "a key of ours, é"


@pytest.fixture
def private(tmp_path: Path) -> Any:
    keys = f"old:{'0' * 64},reader:{sha256(KEY.encode()).hexdigest()}"
    with running_service("--memory", "--data", str(tmp_path), PLAY_READ_KEYS=keys) as service:
        yield service


@pytest.fixture
async def visit(private: Service) -> AsyncIterator[Visit]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(base_url=private.url)
        context.set_default_timeout(PATIENCE * 1000)
        visiting = Visit(await context.new_page())
        yield visiting
        await browser.close()

    assert visiting.complaints == []


async def test_the_page_asks_for_the_key_once_and_each_listening_is_a_play(private: Service, visit: Visit) -> None:
    page, streams, followed = visit.page, list[str](), list[str | None]()
    page.on("request", lambda request: streams.append(request.url) if "/stream?" in request.url else None)
    page.on("request", lambda r: followed.append(r.headers.get("authorization")) if r.url.endswith("/events") else None)
    await page.goto("/")
    await expect(page.get_by_text("This catalogue is private.")).to_be_visible()
    await expect(page.locator(".clip")).to_have_count(0)

    await page.get_by_label("Key").fill("no key")
    await page.get_by_role("button", name="Listen").click()
    await expect(page.get_by_text("This is not a key that may do this.")).to_be_visible()

    await page.get_by_label("Key").fill(KEY)
    await page.get_by_role("button", name="Listen").click()
    await expect(page.locator(".clip")).to_have_count(6)
    await expect(page.get_by_label("Key")).to_be_hidden()
    async with asyncio.timeout(PATIENCE):
        while not followed:
            await asyncio.sleep(0.05)
    assert followed[0] is not None

    await page.reload()
    await expect(page.locator(".clip")).to_have_count(6)

    first, second = page.locator(".clip").nth(0), page.locator(".clip").nth(1)
    await first.get_by_role("button").click()
    await visit.hear(0.3)
    await page.get_by_role("slider", name="Position", exact=True).press("ArrowRight")
    await expect(first).to_contain_text("1 play")
    await second.get_by_role("button").click()
    await visit.hear(0.3)
    await first.get_by_role("button").click()

    await expect(first).to_contain_text("2 plays")
    assert len({parse_qs(urlsplit(url).query)["play"][0] for url in streams}) == 3
    with httpx.Client(base_url=private.url, headers={"X-API-Key": private.write_key}) as api:
        clip = api.get("/play").json()[0]["id"]

        async def are_told() -> bool:
            stats = api.get(f"/play/{clip}/stats").json()
            return (stats["play_count"], stats["skips"]) == (2, 1)

        await soon(are_told)  # by the page, with the address's signature


async def test_statistics_a_clip_s_own_view_and_the_csv_take_the_same_key(private: Service, visit: Visit) -> None:
    page = visit.page
    await page.goto("/#/statistics?period=24h")
    await page.get_by_label("Key", exact=True).fill(KEY)
    await page.get_by_role("button", name="Listen").click()
    await expect(page.get_by_role("button", name="Plays")).to_be_visible()
    await page.goto("/#/clips/2")
    await page.locator("#view-clip").get_by_role("button", name="Play").first.click()
    await visit.hear(0.3)
    await expect(page.locator("#view-clip")).to_contain_text("1 play in all")
    await page.locator("#view-clip").get_by_text("As a table").click()
    async with page.expect_download() as saving:
        await page.locator("#view-clip").get_by_role("button", name="Save as CSV").click()

    assert (await saving.value).suggested_filename == "clip-2-by-day.csv"
