"""A listener at a real browser, and the clips made for them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
from attrs import Factory, frozen
from playwright.async_api import ConsoleMessage, Locator, Page

from tests.services import LOOPBACK, Service
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
        async with asyncio.timeout(15):
            while not await self.page.locator(audio).evaluate(f"audio => {condition}"):
                await asyncio.sleep(0.05)

    async def moment(self) -> float:
        """Where the audio is now, in seconds."""
        return float(await self.page.locator("#audio").evaluate("audio => audio.currentTime"))

    async def goes_sideways(self) -> bool:
        """Whether the page is wider than the window."""
        return bool(await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


async def soon(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds: what is drawn and scrolled comes a moment after what the document says."""
    async with asyncio.timeout(15):
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
        async with asyncio.timeout(15):
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
