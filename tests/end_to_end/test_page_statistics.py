"""What was counted of all clips, as a reader sees, points at and hears it, in a real browser on a real service."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.end_to_end.browser import Shelf, Visit, early_in_an_hour
from tests.services import Service, running_service

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
HALF_HOURS = "Asia/Kolkata"  # five and a half hours before UTC's clock


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this module's own, so that its sums are known; it keeps hours for three days."""
    data = str(tmp_path_factory.mktemp("data"))
    with running_service("--memory", "--data", data, PLAY_KEEP_DELIVERIES="3") as running:
        listen(running, ("Night Bus", 3), ("Glass Bells", 1))
        yield running


def listen(service: Service, *plays: tuple[str, int]) -> None:
    """Play clips, each so often, whole; early enough in an hour that it is the present one as long as we look at it."""
    early_in_an_hour(seconds=180)
    with httpx.Client(base_url=service.url, headers=PERSON) as api:
        by_title = {clip["title"]: clip for clip in api.get("/play").json()}
        for title, times in plays:
            for _ in range(times):
                api.get(by_title[title]["stream_url"]).raise_for_status()


def chart(page: Page) -> Locator:
    return page.get_by_role("slider", name="Counts over time")


def number(page: Page, name: str) -> Locator:
    """A sum, which is the switch of its line in the chart."""
    return page.get_by_role("button", name=name)


async def choose(page: Page, period: str) -> None:
    await page.get_by_role("radio", name=period).check()


async def rows(page: Page) -> Locator:
    """The rows of the chart's table."""
    if not await page.get_by_role("table").is_visible():
        await page.get_by_text("As a table").click()
    return page.get_by_role("table").locator("tbody tr")


async def test_the_sums_are_those_of_the_service_and_the_clips_played_most_lead_to_their_views(visit: Visit) -> None:
    await visit.page.goto("/")
    await visit.page.get_by_role("link", name="Statistics").click()

    await expect(visit.page).to_have_title("Statistics · Soundverse Play")
    await expect(number(visit.page, "Plays")).to_contain_text("4")
    most = visit.page.get_by_role("list", name="Most played").get_by_role("listitem")
    await expect(most).to_have_count(2)
    await expect(most.nth(0)).to_contain_text("Night Bus")
    await expect(most.nth(0)).to_contain_text("3 plays")
    await expect(most.nth(1)).to_contain_text("1 play")

    await most.nth(0).get_by_role("link").click()
    await expect(visit.page.get_by_role("heading", name="Night Bus", level=2)).to_be_visible()
    assert visit.failures == []


async def test_the_chart_has_a_bar_where_something_was_counted_and_a_row_for_each_bucket(visit: Visit) -> None:
    await visit.page.goto("/#/statistics")
    await expect(visit.page.locator(".bar")).to_have_count(1)
    await expect(await rows(visit.page)).to_have_count(30)
    await expect((await rows(visit.page)).first).to_contain_text("4")

    await choose(visit.page, "90 days")
    await expect(await rows(visit.page)).to_have_count(90)


async def test_a_period_is_in_the_address_so_that_it_can_be_shared(visit: Visit) -> None:
    await visit.page.goto("/#/statistics")
    await choose(visit.page, "24 hours")
    await expect(await rows(visit.page)).to_have_count(24)

    assert visit.page.url.endswith("#/statistics?period=24h")
    await visit.page.reload()
    await expect(visit.page.get_by_role("radio", name="24 hours")).to_be_checked()
    await expect(await rows(visit.page)).to_have_count(24)


async def test_hours_that_were_forgotten_are_told_by_the_day(visit: Visit) -> None:
    await visit.page.goto("/#/statistics?period=7d")

    await expect(await rows(visit.page)).to_have_count(7)
    await expect(visit.page.get_by_text("Days are those of UTC.")).to_be_visible()


async def test_each_sum_can_be_put_into_the_chart_and_taken_out_but_for_the_last(visit: Visit) -> None:
    await visit.page.goto("/#/statistics")
    await expect(number(visit.page, "Plays")).to_have_attribute("aria-pressed", "true")
    await number(visit.page, "Listeners").click()
    await expect(visit.page.locator(".line")).to_have_count(2)
    await expect(chart(visit.page)).to_have_attribute("aria-valuetext", re.compile(": 4 plays, 1 listener$"))

    await number(visit.page, "Plays").click()
    await expect(chart(visit.page)).to_have_attribute("aria-valuetext", re.compile(": 1 listener$"))
    await number(visit.page, "Listeners").click()
    await expect(number(visit.page, "Listeners")).to_have_attribute("aria-pressed", "true")


async def test_the_chart_is_read_bucket_by_bucket_with_the_keys_of_a_slider(visit: Visit) -> None:
    await visit.page.goto("/#/statistics?period=24h")
    await chart(visit.page).focus()
    await expect(chart(visit.page)).to_have_attribute("aria-valuetext", told(0, plays=4))
    for key, hours in (("ArrowLeft", 1), ("ArrowRight", 0), ("Home", 23), ("PageUp", 16), ("End", 0)):
        await chart(visit.page).press(key)

        await expect(chart(visit.page)).to_have_attribute("aria-valuetext", told(hours, plays=0 if hours else 4))
    await expect(visit.page.locator(".tip")).to_be_visible()
    await visit.page.keyboard.press("Tab")
    await expect(visit.page.locator(".tip")).to_be_hidden()


def told(hours_ago: int, plays: int, zone: str = "UTC") -> str:
    """What the chart says of an hour; the present one is not over."""
    since = (datetime.now(UTC).replace(minute=0) - timedelta(hours=hours_ago)).astimezone(ZoneInfo(zone))
    until = since + timedelta(hours=1)
    present = "" if hours_ago else ", so far"
    unit = "play" if plays == 1 else "plays"
    return f"{since:%a, %b} {since.day}, {since:%H:%M} to {until:%H:%M}{present}: {plays} {unit}"


async def test_hours_are_told_by_the_readers_clock_and_it_is_said_whose(browser: Browser, service: Service) -> None:
    context = await browser.new_context(base_url=service.url, timezone_id=HALF_HOURS)
    page = await context.new_page()
    await page.goto("/#/statistics?period=24h")

    await expect(page.get_by_text("Hours are told by your clock")).to_contain_text("Asia/")
    await expect(chart(page)).to_have_attribute("aria-valuetext", told(0, plays=4, zone=HALF_HOURS))
    await context.close()


async def test_pointing_at_a_bar_tells_its_time_and_number(visit: Visit) -> None:
    await visit.page.goto("/#/statistics")
    await visit.page.locator(".bar").hover()

    await expect(visit.page.locator(".tip")).to_be_visible()
    await expect(visit.page.locator(".tip")).to_contain_text(f"{datetime.now(UTC):%Y}, so far")
    await expect(visit.page.locator(".tip")).to_contain_text("Plays 4")
    await chart(visit.page).hover(position={"x": 45, "y": 100})
    first = datetime.now(UTC) - timedelta(days=29)
    await expect(visit.page.locator(".tip")).to_contain_text(f"{first:%b} {first.day}, {first:%Y}")
    await visit.page.get_by_role("heading", name="Statistics").hover()
    await expect(visit.page.locator(".tip")).to_be_hidden()


async def test_the_series_is_saved_as_the_service_has_it_in_csv(visit: Visit, clips: Shelf) -> None:
    await visit.page.goto("/#/statistics?period=24h")
    await rows(visit.page)
    async with visit.page.expect_download() as saving:
        await visit.page.get_by_role("button", name="Save as CSV").click()
    saved = await saving.value
    text = (await saved.path()).read_text()

    assert saved.suggested_filename == "all-clips-by-hour.csv"
    since = f"{datetime.now(UTC) - timedelta(hours=23):%Y-%m-%dT%H:00:00Z}"
    asked = clips.api.get("/stats", params={"interval": "hour", "from": since}, headers={"Accept": "text/csv"})
    assert text == asked.text.replace("\r\n", "\n")


async def test_what_the_numbers_mean_is_a_click_away_in_the_service_s_own_words(visit: Visit, clips: Shelf) -> None:
    counters: dict[str, Any] = clips.api.get("/about/counting").json()["counters"]
    await visit.page.goto("/#/statistics")
    await visit.page.get_by_text("What these numbers mean").click()

    for rule in counters.values():
        await expect(visit.page.locator("dd", has_text=rule[:60])).to_have_text(rule)
    await expect(visit.page.get_by_role("link", name="All rules of counting")).to_have_attribute(
        "href", "/about/counting"
    )


async def test_a_service_that_cannot_be_reached_is_told_beside_a_button_that_tries_again(visit: Visit) -> None:
    await visit.page.goto("/#/statistics")
    await expect(number(visit.page, "Plays")).to_be_visible()
    await visit.page.context.set_offline(True)
    await choose(visit.page, "24 hours")
    alert = visit.page.locator(".figures").get_by_role("alert")
    await expect(alert).to_contain_text("cannot be reached")

    await visit.page.context.set_offline(False)
    await alert.get_by_role("button", name="Try again").click()
    await expect(alert).to_be_hidden()
    await expect(await rows(visit.page)).to_have_count(24)


@pytest.mark.parametrize("width", [320, 1280])
async def test_statistics_fit_any_screen(visit: Visit, width: int) -> None:
    await visit.page.set_viewport_size({"width": width, "height": 740})
    await visit.page.goto("/#/statistics?period=24h")
    await number(visit.page, "Listeners").click()
    await rows(visit.page)

    await visit.fits()


async def test_the_focus_stays_on_a_number_when_counts_come_anew(visit: Visit) -> None:
    page = visit.page
    await page.goto("/#/statistics")
    await number(page, "Downloads").focus()
    async with page.expect_response(re.compile("interval=hour")):
        await page.locator('[name="period"][value="24h"]').evaluate("(choice) => choice.click()")
    await expect(page.get_by_text("Hours are told by your clock")).to_be_visible()

    await expect(number(page, "Downloads")).to_be_focused()
