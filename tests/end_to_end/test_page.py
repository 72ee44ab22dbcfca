"""What a listener sees and hears of the page, in a real browser, on a real service."""

import re
import shutil
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Request, async_playwright, expect

from tests.end_to_end.browser import CHROMIUM, FLAGS, Shelf, Visit, audio_source, shelf
from tests.services import Service

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
def clips(service: Service) -> Iterator[Shelf]:
    with shelf(service) as own:
        yield own


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, service: Service) -> AsyncIterator[Visit]:
    """A visit that has not opened a page yet. At its end no script may have failed and no policy been broken."""
    context = await browser.new_context(base_url=service.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    visiting = Visit(await context.new_page())
    yield visiting
    await context.close()

    assert visiting.complaints == []


async def search(page: Page, words: str) -> None:
    await page.get_by_role("searchbox", name="Search clips").fill(words)


async def test_a_visit_loads_everything_it_needs_in_less_than_60_kb(visit: Visit) -> None:
    sizes: list[int] = []
    visit.page.on("response", lambda response: sizes.append(int(response.headers["content-length"])))
    await visit.page.goto("/", wait_until="networkidle")

    await expect(visit.page).to_have_title("Soundverse Play")
    await expect(visit.page.locator(".clip")).not_to_have_count(0)
    assert visit.failures == []
    assert len(sizes) >= 8
    assert sum(sizes) < 60_000


async def test_playing_a_clip_raises_the_count_shown_by_one_and_seeking_by_none(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka sings")
    await visit.page.goto("/")
    await expect(visit.row(clip)).to_contain_text("0 plays")

    await visit.press(clip)
    await visit.hear(0.3)

    await expect(visit.row(clip)).to_contain_text("1 play")
    await expect(visit.page.locator("#counted")).to_have_text("1 play")

    slider = visit.page.get_by_role("slider", name="Position")
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
        await visit.page.goto("/")
        await visit.press(clip)
        await visit.wait_until("audio.ended")
        await visit.page.get_by_role("region", name="Player").get_by_role("button", name="Play").click()

        await expect(visit.row(clip)).to_contain_text("2 plays")
    assert clips.plays(clip) == 2


def reports(visit: Visit) -> list[dict[str, Any]]:
    """What the page will say of its listenings, in order."""
    said: list[dict[str, Any]] = []

    def heard(request: Request) -> None:
        if request.method == "PUT":
            said.append(request.post_data_json or {})

    visit.page.on("request", heard)
    return said


async def test_a_clip_that_is_heard_to_its_end_is_a_listen(visit: Visit, clips: Shelf) -> None:
    with audio_source(seconds=0.8) as address:
        clip = clips.add("A quokka to the end", audio_url=address, duration=0.8)
        said = reports(visit)
        await visit.page.goto("/")
        await visit.press(clip)
        await visit.wait_until("audio.ended")
        await clips.hears_of(clip, listens=1, skips=0)

    assert [report["finished"] for report in said] == [True]
    assert said[0]["played_seconds"] == pytest.approx(0.8, abs=0.1)
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


async def test_what_is_jumped_over_was_not_heard(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka in a hurry")
    said = reports(visit)
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.2)
    await visit.page.get_by_role("slider", name="Position").press("End")
    await visit.wait_until("audio.ended")
    await clips.hears_of(clip, listens=0, skips=1)

    assert said[-1]["finished"]
    assert said[-1]["played_seconds"] < clip["duration"] / 4


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

    assert said[-1]["played_seconds"] == pytest.approx(await visit.moment() - 2, abs=0.3)


async def test_a_listening_is_told_of_at_a_pause_and_every_ten_seconds_at_most(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("A quokka all day long")
    said = reports(visit)
    await visit.page.clock.install()
    await visit.page.goto("/")
    await visit.press(clip)
    await visit.hear(0.4)
    assert said == []

    await visit.page.clock.fast_forward(8_000)
    await visit.hear(1)
    assert said == []

    await visit.page.clock.fast_forward(2_000)
    await visit.hear(2)
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
    for moment in (0.2, 0.4, 0.6):
        await visit.hear(moment)
        await visit.press(clip)
        await visit.wait_until("audio.paused")
        await visit.press(clip)

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
    with audio_source(seconds=3) as address:
        clip = clips.add("A quokka far away", audio_url=address, duration=3)
    await visit.page.goto("/")
    await visit.press(clip)
    failure = visit.page.get_by_role("region", name="Player").get_by_role("alert")

    await expect(failure).to_contain_text("source cannot be reached")
    assert clips.plays(clip) == 0

    with audio_source(seconds=3, port=urlsplit(address).port or 0):
        await failure.get_by_role("button", name="Try again").click()
        await visit.hear(0.2)

    await expect(failure).to_be_hidden()
    await expect(visit.row(clip)).to_contain_text("1 play")
    assert clips.plays(clip) == 1


async def test_markup_in_a_clip_is_shown_as_text(visit: Visit, clips: Shelf) -> None:
    markup = "<img src=x onerror=\"document.title='taken'\">"
    clip = clips.add(markup, description=f"{markup} described", genre="<b>Bold</b>")
    await visit.page.goto("/")
    await visit.press(clip)

    await expect(visit.row(clip).get_by_role("heading")).to_have_text(markup)
    await expect(visit.row(clip)).to_contain_text("<b>Bold</b>")
    await expect(visit.page.locator("#now-title")).to_have_text(markup)
    await expect(visit.page.locator("main img, .player img, main b")).to_have_count(0)
    await expect(visit.page).to_have_title("Soundverse Play")


async def test_searching_narrows_the_list_as_one_types(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Numbat at dawn")
    await visit.page.goto("/")
    await expect(visit.page.locator(".clip")).not_to_have_count(1)
    await visit.page.get_by_role("searchbox", name="Search clips").press_sequentially("dawn numb", delay=20)

    await expect(visit.page.locator(".clip")).to_have_count(1)
    await expect(visit.row(clip)).to_be_visible()
    await expect(visit.page.locator("#summary")).to_have_text("1 clip")

    await search(visit.page, "numbat at no time")
    await expect(visit.page.locator(".clip")).to_have_count(0)
    await expect(visit.page.locator("#summary")).to_contain_text("No clip matches")


async def test_genre_and_order_are_chosen_from_lists(visit: Visit, clips: Shelf) -> None:
    for title in ("Echidna two", "Echidna one", "Echidna three"):
        clips.add(title, genre="Monotreme")
    await visit.page.goto("/")
    await visit.page.get_by_label("Genre").select_option("Monotreme")
    await visit.page.get_by_label("Order").select_option("By title")

    await expect(visit.page.get_by_role("heading", level=3)).to_have_text(
        ["Echidna one", "Echidna three", "Echidna two"]
    )


async def test_more_clips_than_a_page_holds_are_shown_on_demand(visit: Visit, clips: Shelf) -> None:
    for number in range(52):
        clips.add(f"Bandicoot {number}")
    await visit.page.goto("/")
    async with visit.page.expect_response("**/play?q=bandicoot*"):
        await search(visit.page, "bandicoot")
    await expect(visit.page.locator("#clips")).to_have_attribute("aria-busy", "false")
    await expect(visit.page.locator("#summary")).to_have_text("The first 50 clips")
    await expect(visit.page.locator(".clip")).to_have_count(50)
    more = visit.page.get_by_role("button", name="Show more")
    await more.press("Enter")

    await expect(visit.page.locator(".clip")).to_have_count(52)
    await expect(more).to_be_hidden()
    await expect(visit.page.get_by_role("button", name="Play Bandicoot 1", exact=True)).to_be_focused()


async def test_a_service_that_cannot_be_reached_is_told_in_words_and_can_be_tried_again(visit: Visit) -> None:
    await visit.page.goto("/")
    await expect(visit.page.locator(".clip")).not_to_have_count(0)
    await visit.page.context.set_offline(True)
    await search(visit.page, "rain")
    trouble = visit.page.get_by_role("main").get_by_role("alert")

    await expect(trouble).to_contain_text("The service cannot be reached")
    await expect(visit.page.locator(".clip")).to_have_count(0)

    await visit.page.context.set_offline(False)
    await trouble.get_by_role("button", name="Try again").click()

    await expect(visit.page.locator(".clip")).not_to_have_count(0)
    await expect(trouble).to_be_hidden()


async def test_the_keyboard_alone_finds_plays_pauses_and_seeks(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Potoroo by keyboard")
    await visit.page.goto("/")
    keys = visit.page.keyboard
    await keys.press("/")
    await keys.type("potoroo keyboard / ")
    await expect(visit.page.get_by_role("searchbox")).to_have_value("potoroo keyboard / ")
    await search(visit.page, "potoroo")
    await expect(visit.page.locator(".clip")).to_have_count(1)
    button = visit.row(clip).get_by_role("button")
    for _ in range(5):
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

    assert await visit.moment() > before + 1

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


@pytest.mark.parametrize("path", ["/", "/docs"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_scrolls_sideways_on_a_narrow_phone(visit: Visit, clips: Shelf, path: str, scheme: str) -> None:
    clip = clips.add(f"Long {'x' * 190}", genre="y" * 50, description="z" * 500)
    await visit.page.set_viewport_size({"width": 360, "height": 740})
    await visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await visit.page.goto(path)
    if path == "/":
        await visit.press(clip)
        await visit.hear(0.1)
    else:
        for operation in await visit.page.locator("details.operation > summary").all():
            await operation.click()

    assert not await visit.goes_sideways()


async def test_every_control_has_a_name(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Quoll")
    await visit.page.goto("/")
    await visit.press(clip)
    controls = await visit.page.locator("button:visible, input:visible, select:visible").all()

    assert len(controls) > 8
    for control in controls:
        await expect(control).to_have_accessible_name(re.compile(r"\w"))


async def test_the_contract_s_page_shows_every_operation_and_tries_one(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Kowari")
    contract = clips.api.get("/openapi.json").json()
    await visit.page.goto("/docs")
    await expect(visit.page).to_have_title("Soundverse Play API")
    methods = ("get", "head", "post", "put", "patch", "delete")
    written = sum(method in item for item in contract["paths"].values() for method in methods)
    await expect(visit.page.locator("details.operation")).to_have_count(written)

    operation = visit.page.locator("#getClipStats")
    await operation.locator("summary").first.click()
    await operation.get_by_label("id (path)").fill(str(clip["id"]))
    await expect(operation.locator(".try > pre")).to_contain_text(f"/play/{clip['id']}/stats'")
    await operation.get_by_role("button", name="Send").click()

    await expect(operation.locator(".answer .status")).to_have_text("200 OK")
    await expect(operation.locator(".answer")).to_contain_text("content-type: application/json")
    await expect(operation.locator(".answer")).to_contain_text('"title": "Kowari"')


async def test_the_contract_s_page_writes_with_the_key_and_keeps_it_to_itself(
    visit: Visit, clips: Shelf, service: Service
) -> None:
    clip = clips.add("Dunnart")
    await visit.page.goto("/docs#changeClip")
    await visit.page.get_by_label("Write key").fill(service.write_key)
    operation = visit.page.locator("#changeClip")
    await operation.get_by_label("id (path)").fill(str(clip["id"]))
    await operation.get_by_label("Body (JSON)").fill('{"title": "Dunnart at rest"}')
    await expect(operation.locator(".try > pre")).to_contain_text("Bearer $WRITE_KEY")
    await operation.get_by_role("button", name="Send").click()

    await expect(operation.locator(".answer .status")).to_have_text("200 OK")
    assert clips.api.get(f"/play/{clip['id']}").json()["title"] == "Dunnart at rest"
    assert service.write_key not in await visit.page.content()
    assert await visit.page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


async def test_the_contract_s_page_plays_what_is_audio(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Planigale")
    await visit.page.goto("/docs#streamClip")
    operation = visit.page.locator("#streamClip")
    await operation.get_by_label("id (path)").fill(str(clip["id"]))
    await operation.get_by_role("button", name="Send").click()

    await expect(operation.locator(".answer")).to_contain_text("accept-ranges: bytes")
    await operation.locator("audio").evaluate("audio => audio.play()")
    await visit.hear(0.1, "#streamClip audio")
