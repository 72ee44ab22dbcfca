"""A clip's waveform on the page: drawn from its peaks, filled as it plays, and a slider, in a real browser."""

import asyncio
import re
import shutil
from functools import partial

import pytest
from playwright.async_api import Locator, Route, expect

from tests.end_to_end.browser import Shelf, Visit, audio_source, soon

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


COUNTS_SEEKS = "audio => { audio.seeks = 0; audio.addEventListener('seeking', () => { audio.seeks += 1; }); }"

# How often the waveform fills on between what the audio tells of itself, which it does a few times a second.
COUNTS_CHANGES = """slider => {
    let isTold = false;
    const audio = document.getElementById("audio");
    for (const name of ["timeupdate", "durationchange", "seeked", "play", "pause", "ended", "waiting", "playing"]) {
        document.addEventListener(name, () => { isTold = true; }, { capture: true });
        audio.addEventListener(name, () => { isTold = false; });
    }
    window.changes = 0;
    const count = () => { if (!isTold) window.changes += 1; };
    new MutationObserver(count).observe(slider, { attributeFilter: ["style"] });
}"""


def slider(visit: Visit) -> Locator:
    return visit.page.get_by_role("slider", name="Position", exact=True)


async def bars(waveform: Locator) -> int:
    path = await waveform.locator(".done path").get_attribute("d")
    return 0 if path is None else path.count("M")


async def share(waveform: Locator) -> float:
    return float(await waveform.evaluate("slider => slider.style.getPropertyValue('--share')"))


async def is_fuller(waveform: Locator, than: float) -> bool:
    return await share(waveform) > than


async def is_at(waveform: Locator, place: float) -> bool:
    return abs(await share(waveform) - place) < 0.03


async def drawn(waveform: Locator) -> None:
    await expect(waveform.locator(".done path")).to_have_attribute("d", re.compile("^M.+V"))
    await expect(waveform).not_to_contain_class("plain")


async def test_the_waveform_is_drawn_in_the_player_and_in_the_list_and_fills_as_it_plays(
    visit: Visit, clips: Shelf
) -> None:
    clip = clips.add("Yellow-footed rock wallaby")
    await visit.page.goto("/#/?q=yellow+footed")
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url) if "/peaks?" in request.url else None)
    await visit.press(clip)
    in_list = visit.row(clip).get_by_role("slider", name="Position in Yellow-footed rock wallaby")
    for waveform in (slider(visit), in_list):
        await drawn(waveform)
        assert await bars(waveform) > 50
        before = await share(waveform)
        await soon(partial(is_fuller, waveform, than=before))

    assert len(asked) == 1


async def test_a_press_seeks_and_a_drag_seeks_once_when_it_ends(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Long-nosed potoroo")
    await visit.page.goto("/#/?q=long+nosed")
    await visit.press(clip)
    await visit.hear(0.1)
    await visit.press(clip)
    await visit.page.locator("#audio").evaluate(COUNTS_SEEKS)
    for waveform in (slider(visit), visit.row(clip).get_by_role("slider")):
        box = await waveform.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        await visit.page.mouse.click(box["x"] + box["width"] * 0.5, middle)
        await visit.wait_until(f"Math.abs(audio.currentTime - {clip['duration'] * 0.5}) < 0.2")
        await visit.page.mouse.move(box["x"] + box["width"] * 0.5, middle)
        await visit.page.mouse.down()
        await visit.page.mouse.move(box["x"] + box["width"] * 0.8, middle - 60, steps=4)
        await soon(partial(is_at, waveform, 0.8))  # with the next picture
        assert await visit.moment() == pytest.approx(clip["duration"] * 0.5, abs=0.2)
        await visit.page.mouse.up()
        await visit.wait_until(f"Math.abs(audio.currentTime - {clip['duration'] * 0.8}) < 0.2")

    await visit.wait_until("audio.seeks === 4")


async def test_a_finger_seeks_too(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Feathertail glider")
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await visit.page.goto("/#/?q=feathertail")
    await visit.press(clip)
    await visit.hear(0.1)
    box = await slider(visit).bounding_box()
    assert box is not None
    session = await visit.page.context.new_cdp_session(visit.page)
    y = box["y"] + box["height"] / 2
    for kind, at in (("touchStart", 0.2), ("touchMove", 0.4), ("touchMove", 0.7), ("touchEnd", None)):
        points = [] if at is None else [{"x": box["x"] + box["width"] * at, "y": y}]
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        if kind == "touchMove" and at is not None:  # where it will be is seen before it is let go
            await soon(partial(is_at, slider(visit), at))  # with the next picture

    await visit.wait_until(f"audio.currentTime >= {clip['duration'] * 0.65}")


async def test_keys_seek_and_the_moment_is_told_in_words(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Tasmanian bettong")
    await visit.page.goto("/#/?q=tasmanian")
    await visit.press(clip)
    await visit.hear(0.1)
    await visit.press(clip)
    whole = await visit.page.locator("#total").inner_text()
    await slider(visit).press("Home")
    await expect(slider(visit)).to_have_attribute("aria-valuetext", f"0:00 of {whole}")
    for key, place in (("ArrowRight", 0.1), ("ArrowUp", 0.2), ("ArrowLeft", 0.1), ("PageUp", 0.3), ("PageDown", 0.1)):
        await slider(visit).press(key)
        await visit.wait_until(f"Math.abs(audio.currentTime - audio.duration * {place}) < 0.05")
    await slider(visit).press("End")
    await expect(slider(visit)).to_have_attribute("aria-valuetext", f"{whole} of {whole}")
    await expect(slider(visit)).to_have_attribute("aria-valuenow", str(int(clip["duration"])))
    await expect(slider(visit)).to_have_attribute("aria-valuemax", str(int(clip["duration"])))


async def test_the_waveform_fits_the_window(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Sandy inland mouse")
    await visit.page.goto("/#/?q=sandy+inland")
    await visit.press(clip)
    await drawn(slider(visit))
    wide = await bars(slider(visit))
    await visit.page.set_viewport_size({"width": 320, "height": 640})

    async def has_fewer_bars() -> bool:
        return await bars(slider(visit)) <= wide / 2

    await soon(has_fewer_bars)
    await visit.fits()
    repeat, mute = [await visit.page.locator(name).bounding_box() for name in ("#repeat", "#mute")]
    assert repeat is not None
    assert mute is not None
    assert repeat["x"] + repeat["width"] <= mute["x"]


async def test_audio_that_cannot_be_drawn_has_a_plain_bar_that_seeks_as_well(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Undrawn ringtail")
    problem = {"detail": "The audio cannot be decoded.", "status": 422}
    await visit.page.route("**/peaks?*", lambda route: route.fulfill(status=422, json=problem))
    await visit.page.goto("/#/?q=undrawn")
    await visit.press(clip)
    await visit.hear(0.1)
    await expect(slider(visit)).to_contain_class("plain")
    await slider(visit).click()

    await visit.wait_until("audio.currentTime > audio.duration * 0.45")
    await expect(visit.page.locator("#failure")).to_be_hidden()


async def test_peaks_that_are_still_busy_are_asked_for_again(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Patient brushtail")
    answers = [503]
    looked = asyncio.Event()

    async def answer(route: Route) -> None:
        if answers:
            await route.fulfill(status=answers.pop(), headers={"Retry-After": "1"})
        else:
            await looked.wait()
            await route.continue_()

    await visit.page.route("**/peaks?*", answer)
    await visit.page.goto("/#/?q=patient")
    await visit.press(clip)
    await expect(slider(visit)).to_contain_class("plain")
    looked.set()

    await drawn(slider(visit))


async def test_who_wants_less_motion_sees_the_waveform_fill_in_steps(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Calm wombat")
    for motion in ("no-preference", "reduce"):
        await visit.page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
        await visit.page.goto("/#/?q=calm+wombat")
        await visit.page.reload()
        await visit.press(clip)
        await visit.hear(0.3)
        await slider(visit).evaluate(COUNTS_CHANGES)
        before = await share(slider(visit))
        if motion == "no-preference":
            await visit.wait_until("window.changes > 8")
        else:
            await visit.hear(await visit.moment() + 1)
            await soon(partial(is_fuller, slider(visit), than=before))

            assert await visit.page.evaluate("window.changes") == 0


async def test_a_clip_that_is_very_short_has_a_waveform(visit: Visit, clips: Shelf) -> None:
    with audio_source(seconds=0.05) as address:
        clip = clips.add("Blink", audio_url=address, duration=0.05)
        await visit.page.goto("/#/?q=blink")
        await visit.press(clip)

        await drawn(slider(visit))
