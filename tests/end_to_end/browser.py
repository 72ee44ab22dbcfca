"""A listener at a real browser, and the clips made for them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep
from typing import Any

import httpx
from attrs import Factory, frozen
from playwright.async_api import ConsoleMessage, Locator, Page, expect

from benchmarks.processes import LOOPBACK
from tests.services import Service
from tests.sounds import wav

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
PATIENCE = 30  # seconds: what is there in a moment at leisure may take many on a machine that is busy
expect.set_options(timeout=PATIENCE * 1000)

# What is told for a moment only is missed by who looks now and then: all of it is kept.
OVERHEARD = """
    window.overheard = new Set();
    new MutationObserver(() => {
        for (const told of document.querySelectorAll("[role=alert], [role=status]")) overheard.add(told.textContent);
    }).observe(document, { subtree: true, childList: true, characterData: true });
"""
SLOWEST = 0.0625  # of the speed of audio; Chromium plays no slower


@frozen
class Visit:
    """A page in the browser; ``complaints`` are of scripts and policies, ``failures`` are what could not be loaded."""

    page: Page
    complaints: list[str] = Factory(list)
    failures: list[str] = Factory(list)

    def __attrs_post_init__(self) -> None:
        def heard(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                about_loading = message.text.startswith("Failed to load resource")
                (self.failures if about_loading else self.complaints).append(message.text)

        self.page.on("console", heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def row(self, clip: dict[str, Any]) -> Locator:
        """Where the list shows ``clip``."""
        return self.page.locator(f'[data-clip="{clip["id"]}"]')

    async def press(self, clip: dict[str, Any]) -> None:
        """Press the button that plays or pauses ``clip``."""
        await self.row(clip).get_by_role("button").click()

    async def hear(self, seconds: float, audio: str = "#audio") -> None:
        """Wait until the audio has come to ``seconds`` from its beginning."""
        await self.wait_until(f"audio.currentTime >= {seconds}", audio)

    async def wait_until(self, condition: str, audio: str = "#audio") -> None:
        """Wait until ``condition`` holds of ``audio``. Playwright's own way needs eval, which the page forbids."""
        async with asyncio.timeout(PATIENCE):
            while not await self.page.locator(audio).evaluate(f"audio => {condition}"):
                await asyncio.sleep(0.05)

    async def moment(self) -> float:
        """Where the audio is now, in seconds."""
        return float(await self.page.locator("#audio").evaluate("audio => audio.currentTime"))

    async def play_slowly(self) -> None:
        """Let the clip at hand, and all after it, hardly go on: what depends on the moment holds while one looks."""
        slow = f"audio => {{ audio.defaultPlaybackRate = audio.playbackRate = {SLOWEST} }}"
        await self.page.locator("#audio").evaluate(slow)

    async def stop_the_clock(self) -> None:
        """Let no time go by for the timers of the page that is opened next, but by the page's ``clock``."""
        now = datetime.now(UTC)
        await self.page.clock.install(time=now)
        await self.page.clock.pause_at(now + timedelta(minutes=1))

    async def fits(self) -> None:
        """Wait until the page is no wider than the window: what is drawn by its width is drawn a moment later."""
        await soon(partial(self.page.evaluate, "document.documentElement.scrollWidth <= innerWidth"))

    async def listen_in(self) -> None:
        """Keep all that alerts and statuses will say on the next page."""
        await self.page.add_init_script(OVERHEARD)

    async def overhears(self, words: str) -> None:
        """Wait until an alert or a status has said ``words``, for however short a moment."""
        await soon(partial(self.page.evaluate, "words => [...overheard].some(told => told.includes(words))", words))


def early_in_an_hour(seconds: int) -> None:
    """Wait for the next hour, if this one has fewer seconds left: what is played and looked at is then of the same."""
    now = datetime.now(UTC)
    left = 3600 - now.minute * 60 - now.second
    if left <= seconds:
        sleep(left)


async def soon(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds: what is drawn and scrolled comes a moment after what the document says."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():
            await asyncio.sleep(0.05)


@frozen
class Shelf:
    """Clips that a test adds, and takes away again at its end."""

    api: httpx.Client
    clips: list[dict[str, Any]] = Factory(list)

    def add(self, title: str, **details: Any) -> dict[str, Any]:
        """A clip of its own, by default with the audio of a sample."""
        audio_url = self.api.get("/play", params={"sort": "title"}).json()[0]["audio_url"]
        offered = {"title": title, "genre": "Testing", "audio_url": audio_url} | details
        clip: dict[str, Any] = self.api.post("/play", json=offered).raise_for_status().json()
        self.clips.append(clip)
        return clip

    def plays(self, clip: dict[str, Any]) -> int:
        """How often the service has counted ``clip``."""
        return int(self.api.get(f"/play/{clip['id']}/stats").raise_for_status().json()["play_count"])

    def listens_and_skips(self, clip: dict[str, Any]) -> tuple[int, int]:
        """How many plays of ``clip`` the page has said were listened to, and how many given up."""
        stats = self.api.get(f"/play/{clip['id']}/stats").raise_for_status().json()
        return stats["listens"], stats["skips"]

    async def hears_of(self, clip: dict[str, Any], listens: int, skips: int) -> None:
        """Wait until the service has been told of so many listens to ``clip``, and so many skips."""
        async with asyncio.timeout(PATIENCE):
            while self.listens_and_skips(clip) != (listens, skips):
                await asyncio.sleep(0.05)


@contextmanager
def shelf(service: Service) -> Iterator[Shelf]:
    with httpx.Client(base_url=service.url, headers={"X-API-Key": service.write_key}) as api:
        own = Shelf(api)
        yield own
        for clip in own.clips:
            api.delete(f"/play/{clip['id']}").raise_for_status()


class SendsAudio(BaseHTTPRequestHandler):
    """A source that knows no ranges and always sends the same."""

    def __init__(self, audio: bytes, *connection: Any) -> None:
        self.audio = audio
        super().__init__(*connection)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Content-Length", str(len(self.audio)))
        self.end_headers()
        self.wfile.write(self.audio)

    def log_message(self, *_: object) -> None:
        """Say nothing: tests have their own output."""


@contextmanager
def audio_source(seconds: float, port: int = 0) -> Iterator[str]:
    """The address of a WAV on loopback, which is there as long as the block lasts."""
    with ThreadingHTTPServer((LOOPBACK, port), partial(SendsAudio, wav(seconds))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}/a.wav"
        finally:
            server.shutdown()
            thread.join()
