"""The way through the view that adds clips, for the tests of it."""

from typing import Any

from playwright.async_api import Locator

from tests.end_to_end.browser import Shelf, Visit
from tests.services import Service


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
