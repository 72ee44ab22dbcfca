"""What a listener hears and sees of one clip, and what is counted of it, in a real browser on a real service."""

import asyncio
import re
import shutil
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Request, expect

from benchmarks.processes import free_port
from tests.end_to_end.browser import PATIENCE, Shelf, Visit, audio_source

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


async def test_playing_a_clip_raises_the_count_shown_by_one_and_seeking_by_none(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka sings")
    await visit.page.goto("/")
    await expect(visit.row(clip)).to_contain_text("0 plays")

    await visit.press(clip)
    await visit.hear(0.3)

    await expect(visit.row(clip)).to_contain_text("1 play")
    await expect(visit.page.locator("#counted")).to_have_text("1 play")

    slider = visit.page.get_by_role("slider", name="Position", exact=True)
    box = await slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    await visit.page.mouse.move(box["x"] + 10, middle)
    await visit.page.mouse.down()
    await visit.page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=5)
    await visit.page.mouse.up()
    await visit.hear(clip["duration"] * 0.5)
    await slider.press("ArrowLeft")
    await slider.press("Home")
    await visit.wait_until("audio.currentTime < 2")

    assert clips.plays(clip) == 1
    assert visit.failures == []


async def test_pausing_and_going_on_is_one_play(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka hums")
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.2)
    await visit.press(clip)
    await expect(visit.row(clip).get_by_role("button", name="Play A quokka hums")).to_be_visible()
    paused = await visit.moment()
    await visit.press(clip)
    await visit.hear(paused + 0.2)

    assert clips.plays(clip) == 1


async def test_coming_back_after_another_clip_is_a_play_of_its_own(visit: Visit, clips: Shelf) -> None:
    clip, other = clips.add("A quokka whistles"), clips.add("A wombat answers")
    asked: list[tuple[str, str]] = []
    visit.page.on("request", lambda request: asked.append((urlsplit(request.url).path, urlsplit(request.url).query)))
    await visit.page.goto("/")
    for pressed in (clip, other, clip):
        await visit.press(pressed)
        await expect(visit.page.locator("#now-title")).to_have_text(pressed["title"])
        await visit.hear(0.2)

    await expect(visit.row(clip)).to_contain_text("2 plays")
    assert (clips.plays(clip), clips.plays(other)) == (2, 1)
    names = {query for path, query in asked if path.endswith("/stream")}
    assert len(names) == 3
    assert all(
        re.fullmatch("play=[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", n) for n in names
    )


async def test_playing_again_after_the_end_is_a_play_of_its_own(visit: Visit, clips: Shelf) -> None:
    with audio_source(seconds=0.6) as address:
        clip = clips.add("A very short quokka", audio_url=address, duration=0.6)
        await visit.page.goto("/#/?q=very+short+quokka")
        await visit.press(clip)
        await visit.wait_until("audio.ended")
        await visit.page.get_by_role("region", name="Player").get_by_role("button", name="Play").click()

        await expect(visit.row(clip)).to_contain_text("2 plays")
    assert clips.plays(clip) == 2


def reports(visit: Visit) -> list[dict[str, Any]]:
    """What the page will say of its listenings, in order. The browser may tell of a report after the service has it."""
    said: list[dict[str, Any]] = []

    def heard(request: Request) -> None:
        if request.method == "PUT":
            said.append(request.post_data_json or {})

    visit.page.on("request", heard)
    return said


async def the_last_of(said: list[dict[str, Any]]) -> dict[str, Any]:
    """Waits for the first."""
    async with asyncio.timeout(PATIENCE):
        while not said:
            await asyncio.sleep(0.02)
    return said[-1]


async def test_a_clip_that_is_heard_to_its_end_is_a_listen(visit: Visit, clips: Shelf) -> None:
    with audio_source(seconds=0.8) as address:
        clip = clips.add("A quokka to the end", audio_url=address, duration=0.8)
        said = reports(visit)
        await visit.page.goto("/#/?q=quokka+to+the+end")
        await visit.press(clip)
        await visit.wait_until("audio.ended")
        await clips.hears_of(clip, listens=1, skips=0)

    report = await the_last_of(said)
    assert (len(said), report["finished"]) == (1, True)
    assert report["played_seconds"] == pytest.approx(0.8, abs=0.1)
    assert visit.failures == []


async def test_a_clip_that_is_left_early_for_another_is_a_skip(visit: Visit, clips: Shelf) -> None:
    clip, other = clips.add("A quokka left alone"), clips.add("A wombat instead")
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.2)
    await visit.press(other)
    await clips.hears_of(clip, listens=0, skips=1)

    assert clips.listens_and_skips(other) == (0, 0)


async def test_a_clip_that_is_left_with_the_page_is_a_skip(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka and a closed window")
    page = await visit.page.context.new_page()
    leaving = Visit(page)
    await page.goto("/")
    await leaving.press(clip)
    await leaving.hear(0.2)
    await page.close(run_before_unload=True)

    await clips.hears_of(clip, listens=0, skips=1)


async def test_a_page_that_is_put_aside_tells_what_was_heard_and_may_go_on(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka put aside")
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.2)
    async with visit.page.expect_request("**/listens/*") as told:
        await visit.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    said: Any = (await told.value).post_data_json
    assert said["finished"] is False

    async with visit.page.expect_request("**/listens/*"):
        await visit.press(clip)
    assert clips.listens_and_skips(clip) == (0, 0)


async def test_what_is_jumped_over_was_not_heard(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka in a hurry")
    said = reports(visit)
    await visit.page.goto("/#/?q=quokka+in+a+hurry")
    await visit.press(clip)
    await visit.hear(0.2)
    await visit.page.get_by_role("slider", name="Position", exact=True).press("End")
    await visit.wait_until("audio.ended")
    await clips.hears_of(clip, listens=0, skips=1)

    report = await the_last_of(said)
    assert report["finished"]
    assert report["played_seconds"] < clip["duration"] / 2


async def test_what_was_heard_before_a_failure_counts_too(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka once more", duration=2)
    said = reports(visit)
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.5)
    await visit.page.locator("#audio").evaluate("audio => { audio.currentTime += 2 }")
    await visit.hear(3)
    await visit.page.locator("#failure button").dispatch_event("click")  # as after a failure: it is loaded anew
    await visit.wait_until("audio.played.length > 0")
    await visit.hear(3.6)
    await visit.press(clip)
    await clips.hears_of(clip, listens=1, skips=0)

    report = await the_last_of(said)
    assert report["played_seconds"] == pytest.approx(await visit.moment() - 2, abs=0.3)


async def test_a_listening_is_told_of_at_a_pause_and_every_ten_seconds_at_most(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka all day long")
    said = reports(visit)
    await visit.stop_the_clock()
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.4)
    assert said == []

    await visit.page.clock.fast_forward(9_999)
    await visit.hear(await visit.moment() + 0.6)
    assert said == []

    await visit.page.clock.fast_forward(1)
    await the_last_of(said)
    await visit.hear(await visit.moment() + 0.6)
    assert len(said) == 1

    async with visit.page.expect_request("**/listens/*"):
        await visit.press(clip)
    assert [report["finished"] for report in said] == [False, False]


async def test_a_listening_that_cannot_be_confirmed_is_told_of_once(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka unheard of")
    said = reports(visit)
    await visit.page.route("**/listens/*", lambda route: route.fulfill(status=404))
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.2)
    async with visit.page.expect_response("**/listens/*"):
        await visit.press(clip)
    for moment in (0.4, 0.6):
        await visit.press(clip)
        await visit.hear(moment)
        await visit.press(clip)
        await visit.wait_until("audio.paused")

    assert len(said) == 1
    await expect(visit.page.get_by_role("region", name="Player").get_by_role("alert")).to_be_hidden()


async def test_a_service_that_is_away_for_a_moment_hears_of_it_at_the_next_report(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka in a tunnel", duration=1)
    await visit.page.route("**/listens/*", lambda route: route.abort())
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.6)
    await visit.press(clip)
    await visit.wait_until("audio.paused")
    await expect(visit.page.get_by_role("region", name="Player").get_by_role("alert")).to_be_hidden()
    assert clips.listens_and_skips(clip) == (0, 0)

    await visit.page.unroute("**/listens/*")
    await visit.press(clip)
    await visit.hear(0.8)
    await visit.press(clip)

    await clips.hears_of(clip, listens=1, skips=0)


async def test_a_source_that_died_is_told_in_words_and_can_be_tried_again(visit: Visit, clips: Shelf) -> None:
    port = free_port()
    with audio_source(seconds=3, port=port) as address:
        clip = clips.add("A quokka far away", audio_url=address, duration=3)
    await visit.page.goto("/")
    await visit.press(clip)
    failure = visit.page.locator("#failure")

    await expect(failure.get_by_role("alert")).to_contain_text("source cannot be reached")
    assert clips.plays(clip) == 0

    with audio_source(seconds=3, port=port):
        await failure.get_by_role("button", name="Try again").click()
        await visit.hear(0.2)

    await expect(failure).to_be_hidden()
    await expect(visit.row(clip)).to_contain_text("1 play")
    assert clips.plays(clip) == 1
