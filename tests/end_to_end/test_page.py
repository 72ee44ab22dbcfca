"""What everybody meets on the page and on the contract's page, in a real browser, on a real service."""

import re
import shutil

import pytest
from playwright.async_api import Response, expect

from tests.end_to_end.browser import Shelf, Visit
from tests.services import Service

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


async def test_a_visit_loads_everything_it_needs_in_less_than_60_kb(visit: Visit) -> None:
    files: list[Response] = []
    visit.page.on("response", lambda response: files.append(response) if is_ours(response) else None)
    await visit.page.goto("/", wait_until="load")
    await expect(visit.page.locator(".clip")).not_to_have_count(0)
    await expect(visit.page.locator(".chip")).not_to_have_count(0)

    sizes = {file.url: len(await file.body()) for file in files}
    assert len(sizes) >= 8
    assert sum(sizes.values()) < 60_000, sizes
    await expect(visit.page).to_have_title("Soundverse Play")
    assert visit.failures == []


def is_ours(response: Response) -> bool:
    """Whether it is of the page itself, and not of what the page shows."""
    return response.headers.get("content-type", "").startswith(("text/html", "text/css", "text/javascript", "image/"))


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
        await expect(visit.page.locator("details.operation")).not_to_have_count(0)
        for operation in await visit.page.locator("details.operation > summary").all():
            await operation.click()

    await visit.fits()


async def test_every_control_has_a_name(visit: Visit, clips: Shelf) -> None:
    clip = clips.add("Quoll")
    await visit.page.goto("/")
    await visit.press(clip)
    await expect(visit.page.locator(".clip .waveform")).to_be_visible()
    await expect(visit.page.locator(".chip")).not_to_have_count(0)
    controls = await visit.page.locator(
        "button:visible, input:visible, select:visible, a:visible, [role=slider]:visible"
    ).all()

    assert len(controls) > 20
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
    await expect(operation.locator(".try .curl")).to_contain_text(f"/play/{clip['id']}/stats'")
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
    await expect(operation.locator(".try .curl")).to_contain_text("Bearer $WRITE_KEY")
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
