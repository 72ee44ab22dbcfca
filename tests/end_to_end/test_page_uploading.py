"""Adding clips by files that are chosen or dropped: how far each is, and what becomes of it."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.end_to_end.adding import added, choose, field, file_of, have_key, nothing_is_sent, slowly
from tests.end_to_end.browser import Shelf, Visit
from tests.services import Service, running_service
from tests.sounds import wav

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]


async def test_several_files_are_added_with_what_is_said_for_all(visit: Visit, clips: Shelf, service: Service) -> None:
    await have_key(visit, service)
    list_of_them = await choose(visit.page, *(file_of(f"0{number}_bilby-{number}.wav", number) for number in (1, 2, 3)))
    await expect(list_of_them).to_have_count(3)
    await field(list_of_them.nth(1), "Title").fill("The second of the bilbies")
    shared = visit.page.get_by_role("group", name="For all that say nothing else")
    await field(shared, "Genre").fill("Desert")
    await field(shared, "Tags").fill("of a set")
    await field(list_of_them.nth(2), "Genre").fill("Dunes")
    await visit.page.get_by_role("button", name="Add 3 clips").click()

    await expect(visit.page.get_by_text("3 of 3 added.")).to_be_visible()
    first, second, third = (added(clips, title) for title in ("01_bilby-1", "The second of the bilbies", "03_bilby-3"))
    assert [clip["genre"] for clip in (first, second, third)] == ["Desert", "Desert", "Dunes"]
    assert first["tags"] == ["of a set"]
    assert [clip["duration"] for clip in (first, second, third)] == [1, 2, 3]


async def test_how_far_an_upload_is_shows_and_it_can_be_cancelled_and_begun_anew(
    visit: Visit, clips: Shelf, service: Service
) -> None:
    await have_key(visit, service)
    one = await choose(visit.page, file_of("slow bilby.wav", 40))
    await field(one, "Genre").fill("Desert")
    async with slowly(visit.page):
        await visit.page.get_by_role("button", name="Add the clip").click()
        bar = one.get_by_role("progressbar", name="Upload of slow bilby.wav")
        await expect(bar).to_have_attribute("value", re.compile(r"^0\.\d+$"))
        await expect(one.get_by_role("status")).to_contain_text(re.compile(r"\d kB of 320 kB"))
        await one.get_by_role("button", name="Cancel").click()
        await expect(one.get_by_role("status")).to_have_text("Cancelled.")
        await nothing_is_sent(clips)
        assert clips.api.get("/play", params={"q": "slow bilby"}).json() == []
    await visit.page.get_by_role("button", name="Add the clip").click()

    await expect(one).to_contain_text("Added: slow bilby")
    added(clips, "slow bilby")


async def test_uploads_go_on_while_another_view_is_shown_and_leaving_the_page_is_warned_of(
    visit: Visit, clips: Shelf, service: Service
) -> None:
    await have_key(visit, service)
    one = await choose(visit.page, file_of("patient bilby.wav", 15))
    await field(one, "Genre").fill("Desert")
    warned: list[str] = []

    async def stay(dialog: Any) -> None:
        warned.append(dialog.type)
        await dialog.dismiss()

    visit.page.on("dialog", stay)
    async with slowly(visit.page):
        await visit.page.get_by_role("button", name="Add the clip").click()
        await expect(one.get_by_role("progressbar")).to_be_visible()
        await visit.page.get_by_role("link", name="Statistics").click()
        await visit.page.close(run_before_unload=True)
        await expect(visit.page.get_by_role("heading", name="Statistics", level=2)).to_be_visible()
        await visit.page.get_by_role("link", name="Add a clip").click()
        await expect(one.get_by_role("progressbar")).to_be_visible()
    await expect(one).to_contain_text("Added: patient bilby")

    assert warned == ["beforeunload"]
    added(clips, "patient bilby")


async def test_files_that_are_dropped_are_taken_and_tags_of_the_file_win_over_its_name(
    visit: Visit, clips: Shelf, service: Service, tmp_path: Path
) -> None:
    await have_key(visit, service)
    await expect(visit.page.get_by_role("button", name="Choose files")).to_be_visible()
    dropped = await visit.page.evaluate_handle(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "x-99.wav", { type: "audio/wav" }));
            return data;
        }""",
        list(tagged_wav("A bilby of its own name", "Outback")),
    )
    await visit.page.locator(".drop").dispatch_event("drop", {"dataTransfer": dropped})
    one = visit.page.locator(".submission")
    await expect(field(one, "Title")).to_have_attribute("placeholder", "From the file, else: x-99")
    await visit.page.get_by_role("button", name="Add the clip").click()

    await expect(one).to_contain_text("Added: A bilby of its own name")
    assert added(clips, "A bilby of its own name")["genre"] == "Outback"


def tagged_wav(title: str, genre: str) -> bytes:
    """A WAV with what it is called and of which kind in its LIST INFO chunk."""
    entries = b"INFO"
    for name, value in ((b"INAM", title), (b"IGNR", genre)):
        text = value.encode() + b"\0"
        entries += name + len(text).to_bytes(4, "little") + text + b"\0" * (len(text) % 2)
    listed = b"LIST" + len(entries).to_bytes(4, "little") + entries
    plain = wav(1)
    size = int.from_bytes(plain[4:8], "little") + len(listed)
    return plain[:4] + size.to_bytes(4, "little") + plain[8:] + listed


async def test_names_of_files_are_read_as_titles(visit: Visit) -> None:
    await visit.page.goto("/")
    names = {
        "03_night-bus.mp3": "night bus",
        "Rain on the Roof.ogg": "Rain on the Roof",
        "01 - Intro.flac": "Intro",
        "2001.wav": "2001",
        "7.wav": "7",
        "no ending": "no ending",
        "a.b.c.m4a": "a.b.c",
        "1984_06_take-2.wav": "1984 06 take-2",
    }
    guessed = await visit.page.evaluate(
        "async names => (await import('/page/submission.js').then(m => names.map(m.guessedTitle)))", list(names)
    )

    assert json.dumps(dict(zip(names, guessed, strict=True))) == json.dumps(names)


async def test_what_a_file_does_not_tell_is_asked_for_at_its_field(
    visit: Visit, clips: Shelf, service: Service
) -> None:
    await have_key(visit, service)
    one = await choose(visit.page, file_of("mute bilby.wav"))
    await visit.page.get_by_role("button", name="Add the clip").click()
    await expect(field(one, "Genre")).to_have_accessible_description(re.compile("^Is required"))
    await field(one, "Genre").fill("Desert")
    await one.get_by_role("button", name="Try again").click()

    await expect(one).to_contain_text("Added: mute bilby")
    added(clips, "mute bilby")


async def test_a_file_that_is_no_audio_is_refused_in_the_service_s_words(visit: Visit, service: Service) -> None:
    await have_key(visit, service)
    text = {"name": "letter.mp3", "mimeType": "audio/mpeg", "buffer": b"Dear bilby, " * 9_000}
    one = await choose(visit.page, text)
    await field(one, "Genre").fill("Letters")
    await visit.page.get_by_role("button", name="Add the clip").click()

    await expect(one.get_by_role("status")).to_contain_text("audio")
    await expect(one.get_by_role("button", name="Try again")).to_be_visible()


@pytest.mark.parametrize("seconds", [2, 600])
async def test_a_file_that_is_too_large_is_refused_with_what_would_do(
    visit: Visit, tmp_path_factory: pytest.TempPathFactory, seconds: int
) -> None:
    data = str(tmp_path_factory.mktemp("data"))
    with running_service("--memory", "--data", data, PLAY_UPLOAD_LIMIT="10000") as small:
        await visit.page.goto(f"{small.url}/#/add")
        await visit.page.evaluate("key => sessionStorage.setItem('soundverse-play-write-key', key)", small.write_key)
        one = await choose(visit.page, file_of("large bilby.wav", seconds))
        await field(one, "Genre").fill("Desert")
        await visit.page.get_by_role("button", name="Add the clip").click()

        await expect(one.get_by_role("status")).to_contain_text(re.compile(r"more than \d+ bytes"))


async def test_a_clip_s_audio_is_replaced_from_its_own_view(visit: Visit, clips: Shelf, service: Service) -> None:
    clip = clips.add("A bilby with another voice")
    await have_key(visit, service)
    await visit.page.goto(f"/#/clips/{clip['id']}")
    await visit.page.get_by_role("button", name="Replace audio").click()
    dialog = visit.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Upload").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Choose a file first.")
    await dialog.get_by_label("Sound file").set_input_files([file_of("voice.wav", 2.5)])
    await dialog.get_by_role("button", name="Upload").click()

    await expect(dialog).to_have_count(0)
    await expect(visit.page.locator("#view-clip")).to_contain_text("audio/wav")
    kept = clips.api.get(f"/play/{clip['id']}").json()
    assert (kept["duration"], kept["title"]) == (2.5, clip["title"])
    assert kept["audio_url"].startswith("library:uploads/")
