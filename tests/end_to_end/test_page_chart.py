"""The arithmetic of the chart, asked in the browser that runs it."""

import shutil
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise, product
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.end_to_end.browser import Shelf, Visit, soon
from tests.services import Service

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]

GREATEST = [0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 19, 20, 21, 99, 100, 101, 437, 9_999, 10_000, 123_456, 2**31]


async def chart(page: Page, function: str, *arguments: Any) -> Any:
    """What a function of chart.js makes of each of the lists of arguments."""
    ask = "([name, lists]) => import('/page/chart.js').then(chart => lists.map(each => chart[name](...each)))"
    return await page.evaluate(ask, [function, arguments])


async def labelled(page: Page, moments: list[datetime], interval: str, most: int) -> list[datetime]:
    """The moments that are labelled."""
    ask = """([moments, interval, most]) => import('/page/chart.js')
        .then(chart => chart.labelledBuckets(moments.map(each => new Date(each)), interval, most))"""
    told = [moment.isoformat() for moment in moments]
    return [moments[index] for index in await page.evaluate(ask, [told, interval, most])]


def hours(count: int) -> list[datetime]:
    first = datetime(2026, 11, 20, 7, tzinfo=UTC)
    return [first + timedelta(hours=number) for number in range(count)]


async def test_an_axis_begins_at_zero_holds_the_greatest_and_has_a_few_round_whole_ticks(visit: Visit) -> None:
    await visit.page.goto("/")
    for greatest, ticks in zip(
        GREATEST, await chart(visit.page, "countTicks", *([each] for each in GREATEST)), strict=True
    ):
        steps = {after - before for before, after in pairwise(ticks)}

        assert ticks[0] == 0
        assert ticks[-1] >= greatest > ticks[-2] or (greatest == 0 and ticks == [0, 1])
        assert len(steps) == 1
        assert str(steps.pop()).rstrip("0") in ("1", "2", "5")
        assert len(ticks) <= 6


async def test_labels_have_room_and_are_of_round_hours(visit: Visit) -> None:
    await visit.page.goto("/")
    for count, most in product((1, 24, 168), (1, 2, 5, 9, 16, 30)):
        chosen = await labelled(visit.page, hours(count), "hour", most)
        gaps = {after - before for before, after in pairwise(chosen)}

        assert len(chosen) <= most + 1
        assert len(gaps) <= 1
        assert all(moment.hour % min(gap.total_seconds() / 3600, 24) == 0 for gap in gaps for moment in chosen)


async def test_weeks_are_labelled_by_their_mondays(visit: Visit) -> None:
    days = [datetime(2026, 8, 25, tzinfo=UTC) + timedelta(days=number) for number in range(90)]
    await visit.page.goto("/")

    chosen = await labelled(visit.page, days, "day", 15)
    assert len(chosen) == 12
    assert {moment.strftime("%A") for moment in chosen} == {"Monday"}


async def test_hours_are_labelled_by_the_readers_midnight(browser: Browser, service: Service) -> None:
    context = await browser.new_context(base_url=service.url, timezone_id="America/St_Johns")  # UTC-03:30
    page = await context.new_page()
    await page.goto("/")
    half_hours = [moment + timedelta(minutes=30) for moment in hours(72)]

    assert {moment.strftime("%H:%M") for moment in await labelled(page, half_hours, "hour", 4)} == {"03:30"}
    await context.close()


async def test_a_place_on_the_axis_belongs_to_the_bucket_that_is_drawn_there(visit: Visit) -> None:
    await visit.page.goto("/")
    [middles] = await chart(visit.page, "middles", [24, 960])

    assert middles[0] == 20
    assert await chart(visit.page, "bucketAt", *([x, 24, 960] for x in middles)) == list(range(24))
    assert await chart(visit.page, "bucketAt", [-5, 24, 960], [5_000, 24, 960]) == [0, 23]


# In one look, since the chart is drawn anew, a moment later, whenever its place gets another width.
DRAWN_INSIDE = """plot => {
    const { left, right } = plot.getBoundingClientRect();
    const ticks = [...plot.querySelectorAll(".tick")].map(tick => tick.getBoundingClientRect());
    return plot.querySelector("svg")?.getAttribute("width") === String(plot.clientWidth) && ticks.length > 1
        && ticks.every(tick => tick.left >= left && tick.right <= right);
}"""


async def test_all_is_drawn_inside_the_chart_on_any_screen(visit: Visit, clips: Shelf) -> None:
    clips.api.get(clips.add("A dibbler")["stream_url"])
    await visit.page.goto("/#/statistics?period=7d")
    for width in (320, 700, 1280):
        await visit.page.set_viewport_size({"width": width, "height": 700})

        await soon(partial(visit.page.locator(".plot").evaluate, DRAWN_INSIDE))
