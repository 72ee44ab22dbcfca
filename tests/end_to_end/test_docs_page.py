"""The contract's page: its code runs as it is shown, and everybody can use it."""

import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from subprocess import PIPE
from threading import Timer

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.end_to_end.browser import CHROMIUM, FLAGS, soon
from tests.entrypoints.contract import operations
from tests.services import HOUSE, Service, clean_environment, running_service

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs Debian's curl"),
]

PLAYED = "/play/6/stream?play=0b0e5f9e-8c1b-4a55-9a5c-3f0f0a3b8c11"
RUN = {"curl": ["bash", "-c"], "python": [sys.executable, "-I", "-c"]}
STATUS = re.compile(r"^(?:HTTP/1\.1 )?([0-9]{3})\b")
SECONDS = 60.0  # until one that does not end is ended


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, service: Service) -> AsyncIterator[Page]:
    context = await browser.new_context(base_url=service.url, permissions=["clipboard-read", "clipboard-write"])
    yield await context.new_page()
    await context.close()


async def opened(page: Page, operation: str) -> Locator:
    """The operation on the page, unfolded."""
    shown = page.locator(f"#{operation}")
    await shown.locator("summary").first.click()
    return shown


async def codes(page: Page, language: str) -> dict[str, str]:
    """The code of every operation as the page shows it first; of the form too, where there is one."""
    await page.goto("/docs")
    found = {}
    for name in operations():
        shown = await opened(page, name)
        found[name] = await shown.locator(f".{language}").inner_text()
        if "multipart/form-data" in operations()[name].get("requestBody", {}).get("content", {}):
            await shown.get_by_label("Body's type").select_option("multipart/form-data")
            await shown.get_by_label("title (part)").fill("It's a “form”, $HOME")
            await shown.get_by_label("tags (part)").fill("rain, at night")
            found[f"{name} by form"] = await shown.locator(f".{language}").inner_text()
    return found


def said(language: str, code: str, folder: Path, key: str) -> str:
    """What the code prints; of what never ends, the first line."""
    environment = clean_environment() | {"WRITE_KEY": key}
    with subprocess.Popen([*RUN[language], code], cwd=folder, env=environment, stdout=PIPE, stderr=PIPE) as running:
        late = Timer(SECONDS, running.kill)
        late.start()
        try:
            if "/play/events" in code:
                assert running.stdout is not None
                return running.stdout.readline().decode()
            out, errors = running.communicate()
        finally:
            late.cancel()
            running.kill()
    assert running.returncode == 0, errors.decode()
    return out.decode()


@pytest.mark.parametrize("language", RUN)
async def test_the_code_of_every_operation_runs_as_it_is_shown(browser: Browser, language: str, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    shutil.copy(HOUSE / "entrypoints/sample_clips/rain-on-the-roof.ogg", tmp_path / "work" / "rain.ogg")
    with running_service("--memory", "--data", str(tmp_path / "data")) as service:
        httpx.get(f"{service.url}{PLAYED}").raise_for_status()
        page = await browser.new_page(base_url=service.url)
        shown = await codes(page, language)
        await page.close()
        answered = {}
        for name, code in sorted(shown.items(), key=lambda each: each[0] == "removeClip"):
            line = STATUS.match(said(language, code, tmp_path / "work", service.write_key))
            answered[name] = line[1] if line else ""
        titles = [clip["title"] for clip in httpx.get(f"{service.url}/play").json()]

    wrong = {name: status for name, status in answered.items() if status not in fine(name)}
    assert wrong == {}
    assert "It's a “form”, $HOME" in titles
    assert (tmp_path / "work" / "audio").read_bytes() == (tmp_path / "work" / "rain.ogg").read_bytes()


def fine(name: str) -> set[str]:
    """The statuses of success that the contract gives an operation."""
    return {status for status in operations()[name.removesuffix(" by form")]["responses"] if status.startswith("2")}


async def test_code_says_what_is_typed_and_can_be_copied(page: Page) -> None:
    await page.goto("/docs")
    shown = await opened(page, "listClips")
    await shown.get_by_label("limit (query)").fill("7")
    await page.keyboard.press("Tab")

    for language in ("curl", "Python"):
        await shown.get_by_role("button", name=f"Copy {language}").press("Enter")
        code = await shown.locator(f".{language.lower()}").inner_text()
        assert "/play?limit=7" in code
        await soon(partial(page.evaluate, "async code => await navigator.clipboard.readText() === code", code))


async def test_a_file_can_be_sent_from_the_page(page: Page, service: Service) -> None:
    await page.goto("/docs")
    await page.get_by_label("Write key").fill(service.write_key)
    shown = await opened(page, "addClip")
    await shown.get_by_label("Body's type").select_option("multipart/form-data")
    await shown.get_by_label("audio (a file)").set_input_files(HOUSE / "entrypoints/sample_clips/glass-bells.ogg")
    await expect(shown.locator(".curl")).to_contain_text("audio=@glass-bells.ogg")
    await shown.get_by_role("button", name="Send").click()

    await expect(shown.locator(".answer .status")).to_have_text("201 Created")
    clip = int(re.findall(r'"id": ([0-9]+)', await shown.locator(".answer").inner_text())[0])
    httpx.delete(f"{service.url}/play/{clip}", headers={"x-api-key": service.write_key}).raise_for_status()


async def test_a_stream_of_events_is_shown_as_it_begins(page: Page) -> None:
    await page.goto("/docs")
    shown = await opened(page, "followPlayCounts")
    await shown.get_by_role("button", name="Send").click()

    await expect(shown.locator(".answer .status")).to_have_text("200 OK")
    await expect(shown.locator(".answer")).to_contain_text("retry: 2000")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_anybody_from_using_the_page(page: Page, scheme: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    await page.goto("/docs")
    await expect(page.locator("details.operation")).to_have_count(len(operations()))
    for operation in await page.locator("details.operation > summary").all():
        await operation.press("Enter")
    found = await Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
