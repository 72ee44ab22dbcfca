"""The way through the view that adds clips, for the tests of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import CDPSession, Locator, Page

from tests.end_to_end.browser import PATIENCE, Shelf, Visit
from tests.services import Service
from tests.sounds import wav

SLOW = 4_000  # bytes in a second, by which a file of a hundred kilobytes takes far longer than to look at it
UNLIMITED = -1
UNDER_WAY = re.compile(r'^http_server_active_requests\{http_request_method="(POST|PUT)"\} [1-9]', re.MULTILINE)


async def have_key(visit: Visit, service: Service) -> None:
    """Open the view with the key already given."""
    await visit.page.goto("/#/add")
    await visit.page.evaluate("key => sessionStorage.setItem('soundverse-play-write-key', key)", service.write_key)


def field(place: Locator, name: str) -> Locator:
    return place.get_by_label(name, exact=True)


def added(clips: Shelf, title: str) -> dict[str, Any]:
    """The clip of that title, which goes when the test is over."""
    [clip] = [each for each in clips.api.get("/play", params={"limit": 100}).json() if each["title"] == title]
    clips.clips.append(clip)
    found: dict[str, Any] = clip
    return found


def file_of(title: str, seconds: float = 1.0) -> Any:
    return {"name": title, "mimeType": "audio/wav", "buffer": wav(seconds)}


async def choose(page: Page, *files: Any) -> Locator:
    """Choose files; where they are on the list."""
    await page.locator("input[type=file]").set_input_files(list(files))
    return page.locator(".submission")


@asynccontextmanager
async def slowly(page: Page) -> AsyncIterator[None]:
    """Let the browser send slowly while the block lasts."""
    session = await page.context.new_cdp_session(page)
    await send_at_most(session, SLOW)
    try:
        yield
    finally:
        await send_at_most(session, UNLIMITED)


async def nothing_is_sent(clips: Shelf) -> None:
    """Wait until no upload is under way: that one was cancelled reaches the service a moment after the page. Would the
    browser be let go on quickly before that, it could still send the rest."""
    async with asyncio.timeout(PATIENCE):
        while UNDER_WAY.search(clips.api.get("/metrics").text):
            await asyncio.sleep(0.02)


async def send_at_most(session: CDPSession, rate: int) -> None:
    """Let the browser send so many bytes in a second, as long as the session with it lasts."""
    await session.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": UNLIMITED, "uploadThroughput": rate}
    await session.send("Network.emulateNetworkConditions", conditions)
