"""How the page goes on from clip to clip, and how the system's own buttons command it, in a real browser."""

import asyncio
import json
import re
import shutil
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Request, expect

from benchmarks.processes import free_port
from tests.end_to_end.browser import PATIENCE, Shelf, Visit, audio_source, soon

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


def names_of_plays(visit: Visit) -> set[tuple[str, str]]:
    """The clip and the playback id of every stream that the page will ask for."""
    seen: set[tuple[str, str]] = set()

    def heard(request: Request) -> None:
        if found := re.search(r"/play/(\d+)/stream\?play=(.+)", request.url):
            seen.add((found[1], found[2]))

    visit.page.on("request", heard)
    return seen


async def now_plays(visit: Visit, title: str) -> None:
    await expect(visit.page.locator("#now-title")).to_have_text(title)


async def press(visit: Visit, name: str) -> None:
    await visit.page.get_by_role("region", name="Player").get_by_role("button", name=name).click()


async def test_the_list_plays_on_by_itself_and_each_clip_is_a_play_of_its_own(visit: Visit, clips: Shelf) -> None:
    with audio_source(seconds=0.6) as address:
        first, second, third = (
            clips.add(f"Tree kangaroo {number}", audio_url=address, duration=0.6) for number in (1, 2, 3)
        )
        plays = names_of_plays(visit)
        await visit.page.goto("/#/?q=tree+kangaroo&sort=title")
        await visit.press(first)
        await now_plays(visit, "Tree kangaroo 3")
        await visit.wait_until("audio.ended")
        for clip in (first, second, third):
            await expect(visit.row(clip)).to_contain_text("1 play")
        await asyncio.sleep(0.5)

    assert [clips.plays(clip) for clip in (first, second, third)] == [1, 1, 1]
    assert len(plays) == 3
    assert len({name for _, name in plays}) == 3
    await now_plays(visit, "Tree kangaroo 3")  # and there it ends


async def test_a_clip_that_repeats_is_counted_each_time(visit: Visit, clips: Shelf) -> None:
    with audio_source(seconds=0.5) as address:
        clip = clips.add("Rock wallaby", audio_url=address, duration=0.5)
        clips.add("Rock wallaby's kin", audio_url=address, duration=0.5)
        plays = names_of_plays(visit)
        await visit.page.goto("/#/?q=rock+wallaby&sort=title")
        await visit.page.keyboard.press("r")
        await visit.page.keyboard.press("r")
        await visit.press(clip)

        async def is_counted_each_time() -> bool:
            return clips.plays(clip) == len(plays) >= 3

        await soon(is_counted_each_time)  # a stream that was asked for a moment ago is counted in a moment
        await expect(visit.row(clip)).to_contain_text(re.compile(r"\b([3-9]|\d\d+) plays"))


async def test_all_clips_repeat_from_the_first(visit: Visit, clips: Shelf) -> None:
    with audio_source(seconds=0.5) as address:
        one, two = (clips.add(f"Spotted cuscus {word}", audio_url=address, duration=0.5) for word in ("A", "B"))
        await visit.page.goto("/#/?q=spotted+cuscus&sort=title")
        await visit.page.keyboard.press("r")
        await visit.press(two)
        now = visit.page.locator("#now-title")
        for clip in (one, two):
            await soon(partial(now.evaluate, "(now, title) => now.textContent === title", clip["title"]))


async def test_shuffled_clips_play_once_each_and_back_the_way_they_came(visit: Visit, clips: Shelf) -> None:
    titles = {f"Fat-tailed dunnart {number}" for number in range(6)}
    for title in titles:
        clips.add(title)
    await visit.page.goto("/#/?q=fat+tailed+dunnart&sort=title")
    await visit.page.locator(".clip").first.get_by_role("button").click()
    await visit.play_slowly()  # the clip before is the previous one only while this one has hardly begun
    await press(visit, "Shuffle")
    now = visit.page.locator("#now-title")
    heard = [await now.inner_text()]
    for _ in range(5):
        await press(visit, "Next clip")
        await expect(now).not_to_have_text(heard[-1])
        heard.append(await now.inner_text())
    assert set(heard) == titles

    await press(visit, "Next clip")
    await expect(now).to_have_text(heard[-1])
    for title in reversed(heard[:-1]):
        await press(visit, "Previous clip")
        await expect(now).to_have_text(title)


async def test_previous_is_the_clip_before_or_this_one_s_beginning_once_it_has_gone_on(
    visit: Visit, clips: Shelf
) -> None:
    clips.add("Chuditch B"), clips.add("Chuditch A")
    await visit.page.goto("/#/?q=chuditch&sort=title")
    await visit.page.locator(".clip").nth(1).get_by_role("button").click()
    await visit.hear(0.2)
    await visit.play_slowly()
    await visit.page.locator("#audio").evaluate("audio => { audio.currentTime = 5 }")
    await press(visit, "Previous clip")
    await visit.wait_until("audio.currentTime < 2")
    await now_plays(visit, "Chuditch B")

    await press(visit, "Previous clip")
    await now_plays(visit, "Chuditch A")


async def test_the_queue_asks_for_the_next_page_before_it_needs_it(visit: Visit, clips: Shelf) -> None:
    for number in range(52):
        clips.add(f"Mulgara {number:02}")
    await visit.page.goto("/#/?q=mulgara&sort=title")
    await expect(visit.page.locator(".clip")).to_have_count(50)
    await visit.page.locator(".clip").nth(20).get_by_role("button").click()
    await now_plays(visit, "Mulgara 20")
    await visit.page.get_by_role("link", name="Statistics").click()  # from here on, nothing scrolls
    asked = asyncio.Event()
    visit.page.on("request", lambda request: asked.set() if "after=" in request.url else None)
    for number in range(21, 52):
        await visit.page.keyboard.press("n")
        await now_plays(visit, f"Mulgara {number}")
        if number == 45:
            await asyncio.wait_for(asked.wait(), PATIENCE)
        assert asked.is_set() == (number >= 45), number

    await visit.page.get_by_role("link", name="Listen").click()
    await expect(visit.page.locator(".clip")).not_to_have_count(0)


async def test_the_queue_goes_on_through_its_own_list_when_another_is_shown(visit: Visit, clips: Shelf) -> None:
    clips.add("Bilby B"), clips.add("Bilby A")
    await visit.page.goto("/#/?q=bilby&sort=title")
    await visit.page.locator(".clip").first.get_by_role("button").click()
    await visit.page.get_by_role("searchbox").fill("rain")
    await expect(visit.page.get_by_role("heading", level=3)).to_have_text(["Rain on the Roof"])
    await press(visit, "Next clip")

    await now_plays(visit, "Bilby B")


async def test_a_clip_that_cannot_be_played_is_passed_over_if_nobody_pressed_it(visit: Visit, clips: Shelf) -> None:
    with audio_source(seconds=0.5) as address:
        with audio_source(seconds=0.5, port=free_port()) as gone:  # which nobody else has then
            broken = clips.add("Kaluta 2", audio_url=gone, duration=0.5)
        first = clips.add("Kaluta 1", audio_url=address, duration=0.5)
        last = clips.add("Kaluta 3", audio_url=address, duration=0.5)
        await visit.listen_in()
        await visit.page.goto("/#/?q=kaluta&sort=title")
        await visit.press(first)
        await visit.overhears("cannot be reached")
        await now_plays(visit, last["title"])
        await expect(visit.page.locator("#failure")).to_be_hidden()
        await visit.wait_until("audio.ended")

    assert [clips.plays(clip) for clip in (first, broken, last)] == [1, 0, 1]


WATCHED = """
    window.system = { actions: {}, positions: [] };
    const { setActionHandler, setPositionState } = MediaSession.prototype;
    MediaSession.prototype.setActionHandler = function (name, act) {
      window.system.actions[name] = act;
      setActionHandler.call(this, name, act);
    };
    MediaSession.prototype.setPositionState = function (state) {
      window.system.positions.push(state);
      setPositionState.call(this, state);
    };
"""


async def test_the_system_s_own_buttons_show_and_command_what_plays(visit: Visit, clips: Shelf) -> None:
    clips.add("Honey possum B"), clips.add("Honey possum A", genre="Nectar")
    await visit.page.add_init_script(WATCHED)
    await visit.page.goto("/#/?q=honey+possum&sort=title")
    await visit.page.locator(".clip").first.get_by_role("button").click()
    await visit.hear(0.3)

    async def command(name: str, details: dict[str, Any] | None = None) -> None:
        await visit.page.evaluate(f"window.system.actions.{name}({json.dumps(details or {})})")

    shown = await visit.page.evaluate(
        "(({title, artist, album}) => [title, artist, album])(navigator.mediaSession.metadata)"
    )
    assert shown == ["Honey possum A", "Nectar", "Soundverse Play"]
    assert await visit.page.evaluate("navigator.mediaSession.playbackState") == "playing"
    await visit.wait_until("window.system.positions.at(-1).position > 0")
    position = await visit.page.evaluate("window.system.positions.at(-1)")
    assert position["duration"] == pytest.approx(await visit.page.locator("#audio").evaluate("audio => audio.duration"))
    assert position["position"] < position["duration"]

    await command("pause")
    await visit.wait_until("audio.paused && navigator.mediaSession.playbackState === 'paused'")
    await command("seekto", {"seekTime": 6})
    await visit.wait_until("audio.currentTime === 6")
    await command("seekbackward", {"seekOffset": 2})
    await visit.wait_until("audio.currentTime === 4")
    await command("seekforward")
    await visit.wait_until("audio.currentTime === Math.min(14, audio.duration)")
    await command("seekto", {"seekTime": 1})
    await command("play")
    await visit.wait_until("!audio.paused")
    await visit.play_slowly()
    await command("nexttrack")
    await now_plays(visit, "Honey possum B")
    await command("previoustrack")
    await now_plays(visit, "Honey possum A")
