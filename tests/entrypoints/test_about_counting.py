"""What is counted is told in words, to people and to programs, as the service is set."""

import re
from html import escape, unescape
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from domain.decision import Reason
from domain.heard import Window
from domain.statistics import COUNTERS
from entrypoints.settings import Settings
from entrypoints.web.client_address import NODE_OF
from entrypoints.web.reasons import BECAUSE
from tests.entrypoints.edge import Edge, an_edge

HTML = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def rules(folder: Path, **said: Any) -> dict[str, dict[str, str]]:
    """What a service with these settings says."""
    edge = an_edge(folder, settings=Settings(data=folder, **said))
    async with edge.client:
        answer = await edge.client.get("/about/counting")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    told: dict[str, dict[str, str]] = answer.json()
    return told


async def test_every_counter_and_every_reason_is_told_in_sentences(tmp_path: Path) -> None:
    told = await rules(tmp_path)

    assert list(told["counters"]) == list(COUNTERS)
    assert told["reasons"] == {str(reason): BECAUSE[reason] for reason in Reason}
    for section in told.values():
        for sentence in section.values():
            assert sentence[0].isupper()
            assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Window.CALENDAR_DAY, "a day in UTC"),
        (Window.FIRST_TOUCH, "the 24 hours that begin"),
        (Window.LAST_TOUCH, "nothing of a clip for 24 hours"),
    ],
)
async def test_the_window_that_is_told_is_the_one_in_force(tmp_path: Path, window: Window, said: str) -> None:
    assert said in (await rules(tmp_path, download_window=window.value))["terms"]["window"]


@pytest.mark.parametrize("window", Window)
async def test_a_secret_is_told_to_be_kept_a_day_longer_where_windows_go_past_midnight(
    tmp_path: Path, window: Window
) -> None:
    said = (await rules(tmp_path, download_window=window.value))["privacy"]["secret"]

    assert ("a day after" in said) == (window is not Window.CALENDAR_DAY)


async def test_how_long_things_are_kept_is_what_is_set(tmp_path: Path) -> None:
    kept = (await rules(tmp_path, keep_deliveries=17))["kept"]

    assert "17 days" in kept["requests"]
    assert "17 days" in kept["hours"]
    assert "17 days" in kept["plays"]
    assert "for ever" in kept["days"]
    assert "90 days" in (await rules(tmp_path))["kept"]["requests"]


@pytest.mark.parametrize("header", NODE_OF)
async def test_whose_word_for_an_address_is_taken_is_told_and_no_proxy_is_named(tmp_path: Path, header: str) -> None:
    trusted = (ip_network("10.1.2.0/24"),)
    said = (await rules(tmp_path, trusted_proxies=trusted, forwarded_header=header))["privacy"]["address"]
    unproxied = (await rules(tmp_path, forwarded_header=header))["privacy"]["address"]

    assert header in said.lower().split()
    assert "10.1.2" not in said
    assert header not in unproxied.lower()
    assert "who connects" in unproxied


async def test_what_nginx_sends_is_told_only_where_it_does(tmp_path: Path) -> None:
    assert "nginx" in (await rules(tmp_path, accel_redirect="/media/"))["terms"]["sent"]
    assert "nginx" not in (await rules(tmp_path))["terms"]["sent"]


async def test_browsers_get_a_page_with_every_sentence(edge: Edge) -> None:
    told = (await edge.client.get("/about/counting")).json()

    page = await edge.client.get("/about/counting", headers=HTML)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Soundverse Play: what is counted</title>" in page.text
    shown = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.text)
    assert [(unescape(term), unescape(rule)) for term, rule in shown] == [
        pair for section in told.values() for pair in section.items()
    ]


async def test_a_sentence_is_text_and_no_markup(edge: Edge) -> None:
    page = (await edge.client.get("/about/counting", headers=HTML)).text

    assert escape("?play=<uuid>") in page
    assert "<uuid>" not in page
    assert "$" not in page


async def test_the_page_is_as_guarded_as_the_others(edge: Edge) -> None:
    page = await edge.client.get("/about/counting", headers=HTML)
    other = await edge.client.get("/docs")

    for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"):
        assert page.headers[name] == other.headers[name]
    assert "<script" not in page.text
    assert "style=" not in page.text


async def test_the_page_names_nothing_that_is_not_there(edge: Edge) -> None:
    page = (await edge.client.get("/about/counting", headers=HTML)).text

    for address in re.findall(r'(?:src|href)="([^"#]+)"', page):
        assert address.startswith("/")
        assert (await edge.client.get(address)).status_code == 200, address
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page


@pytest.mark.parametrize("page", ["/", "/docs"])
async def test_the_other_pages_lead_to_it(edge: Edge, page: str) -> None:
    assert 'href="/about/counting"' in (await edge.client.get(page)).text


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [("*/*", "application/json"), ("text/html", "text/html"), ("text/*", "text/html"),
     ("application/json", "application/json"), ("text/html;q=0.5, application/json", "application/json"),
     ("text/html, application/json", "application/json")],
)  # fmt: skip
async def test_json_goes_to_all_who_do_not_prefer_the_page(edge: Edge, accept: str, media_type: str) -> None:
    answer = await edge.client.get("/about/counting", headers={"accept": accept})

    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert answer.headers["vary"] == "Accept"


async def test_who_takes_neither_is_refused(edge: Edge) -> None:
    answer = await edge.client.get("/about/counting", headers={"accept": "image/png"})

    assert answer.status_code == 406
    assert "application/json or text/html" in answer.json()["detail"]
