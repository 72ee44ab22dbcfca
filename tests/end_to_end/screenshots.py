"""Takes the pictures of the README, of a service that looks as if it had listeners: ``make screenshots``.

Each is a WebP of Chromium's own making, and small enough to be kept beside the code.
"""

import asyncio
import re
import sys
from base64 import b64decode
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.end_to_end.adding import choose, field, file_of, have_key, send_at_most
from tests.end_to_end.browser import CHROMIUM, FLAGS, Visit
from tests.end_to_end.showcase import showcase
from tests.services import HOUSE, Service

FOLDER = HOUSE / "docs/screenshots"
LARGEST = 120_000  # bytes
QUALITY = 82  # of 100
Scene = Callable[[Visit, Service], Awaitable[None]]


async def listen(visit: Visit, _service: Service) -> None:
    await visit.page.goto("/")
    await visit.page.get_by_role("button", name="Play Last Tram Home").first.click()
    await visit.hear(4)


async def clip(visit: Visit, _service: Service) -> None:
    await visit.page.goto("/#/")
    await visit.page.get_by_role("link", name="Tape Loop No. 4").first.click()
    await visit.page.get_by_role("button", name="Play Tape Loop No. 4").first.click()
    await visit.hear(5)


async def statistics(visit: Visit, _service: Service) -> None:
    await visit.page.goto("/#/statistics?period=7d")
    for name in ("Listeners", "Downloads"):
        await visit.page.get_by_role("button", name=name).click()
    chart = visit.page.get_by_role("slider", name="Counts over time")
    await chart.hover(position={"x": 615, "y": 120})


async def add(visit: Visit, service: Service) -> None:
    await have_key(visit, service)
    offered = await choose(visit.page, file_of("02_ferry-horn.wav", 60), file_of("Swings in the park.wav", 40))
    for number, (genre, tags) in enumerate((("Stories", "harbour, morning"), ("Nature", "park, children"))):
        await field(offered.nth(number), "Genre").fill(genre)
        await field(offered.nth(number), "Tags").fill(tags)
    await field(offered.first, "Title").fill("Ferry Horn")
    await send_at_most(await visit.page.context.new_cdp_session(visit.page), 60_000)
    await visit.page.get_by_role("button", name="Add 2 clips").click()
    await expect(offered.first.get_by_role("status")).to_contain_text(re.compile(r"\d{3} kB of"))
    await visit.page.evaluate("scrollTo(0, 0)")


@frozen
class Picture:
    """What is shown, on what."""

    name: str
    scene: Scene
    width: int = 1280
    height: int = 860
    scale: float = 1
    scheme: Any = "light"


PICTURES = (
    Picture("listen", listen),
    Picture("dark", listen, scheme="dark"),
    Picture("phone", listen, 390, 844, 2),
    Picture("clip", clip),
    Picture("statistics", statistics),
    Picture("add", add),
)


async def take(browser: Browser, service: Service, picture: Picture) -> bytes:
    context = await browser.new_context(
        base_url=service.url,
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.scale,
        color_scheme=picture.scheme,
        timezone_id="Europe/Berlin",
    )
    visit = Visit(await context.new_page())
    await picture.scene(visit, service)
    image = await captured(visit.page)
    await context.close()
    if visit.complaints:
        raise RuntimeError(f"{picture.name}: {visit.complaints}")
    return image


async def captured(page: Page) -> bytes:
    """The window as WebP; Playwright itself makes none."""
    session = await page.context.new_cdp_session(page)
    answer = await session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    return b64decode(answer["data"])


async def take_all(folder: Path) -> None:
    """Write the pictures into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with showcase() as service:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for picture in PICTURES:
                image = await take(browser, service, picture)
                if len(image) > LARGEST:
                    raise RuntimeError(f"{picture.name} is too large: {len(image)} bytes")
                (folder / f"{picture.name}.webp").write_bytes(image)
                sys.stdout.write(f"{picture.name:<12} {len(image) // 1000} kB\n")
            await browser.close()


def main(arguments: Sequence[str]) -> None:
    asyncio.run(take_all(Path(arguments[0]) if arguments else FOLDER))


if __name__ == "__main__":
    main(sys.argv[1:])
