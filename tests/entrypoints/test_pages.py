"""The page and the contract are served from the package, and nothing else is."""

import re
from importlib.resources import files

import pytest
import yaml

from tests.entrypoints.edge import Edge

PAGE = sorted(file.name for file in files("entrypoints.web").joinpath("page").iterdir())
TYPES = {"html": "text/html", "js": "javascript", "css": "text/css", "svg": "image/svg+xml"}


async def test_the_page_bears_the_name_of_the_service(edge: Edge) -> None:
    answer = await edge.client.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Soundverse Play</title>" in answer.text


async def test_there_is_a_page_to_try_the_contract_on(edge: Edge) -> None:
    answer = await edge.client.get("/docs")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/docs", *(f"/page/{name}" for name in PAGE)])
async def test_nothing_of_the_page_may_load_from_outside_or_be_taken_for_something_else(edge: Edge, path: str) -> None:
    headers = (await edge.client.get(path)).headers
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))

    assert policy.pop("default-src") == "'none'"
    assert {rule for rule in policy.values() if "'self'" not in rule} == {"'none'"}
    assert not re.search("unsafe|https?:|[*]", headers["content-security-policy"])
    assert {"base-uri", "form-action", "frame-ancestors"} <= policy.keys()
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", PAGE)
async def test_every_file_of_the_page_is_served_as_it_is_and_as_what_it_is(edge: Edge, name: str) -> None:
    answer = await edge.client.get(f"/page/{name}")

    assert answer.status_code == 200
    assert answer.content == files("entrypoints.web").joinpath("page", name).read_bytes()
    assert TYPES[name.rpartition(".")[2]] in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/page/play.js"])
async def test_a_browser_asks_again_before_it_shows_what_it_had(edge: Edge, path: str) -> None:
    assert (await edge.client.get(path)).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", *(f"/page/{name}" for name in PAGE)])
async def test_what_a_browser_has_already_is_not_sent_again(edge: Edge, path: str) -> None:
    first = await edge.client.get(path)
    again = await edge.client.get(path, headers={"if-none-match": f'"another", W/{first.headers["etag"]}'})
    other = await edge.client.get(path, headers={"if-none-match": '"another"'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (other.status_code, other.content) == (200, first.content)


async def test_each_file_has_a_version_of_its_own(edge: Edge) -> None:
    tags = [(await edge.client.get(f"/page/{name}")).headers["etag"] for name in PAGE]

    assert len(set(tags)) == len(PAGE)


@pytest.mark.parametrize("page", ["/", "/docs"])
async def test_a_page_names_nothing_that_is_not_there_and_nothing_from_outside(edge: Edge, page: str) -> None:
    text = (await edge.client.get(page)).text
    assets = set(re.findall(r'(?:src|href)="([^"#]+)"', text)) - {"/"}

    assert assets
    for asset in assets:
        assert asset.startswith("/"), asset
        assert not asset.startswith("//"), asset
        assert (await edge.client.get(asset)).status_code == 200, asset


@pytest.mark.parametrize(
    "name",
    ["nothing.js", "../pages.py", "..", ".", "", "../page/index.html", "index.html/..", "/etc/passwd", "\0",
     "play.js\0", "PLAY.JS", "..\\pages.py", "__init__.py"],
)  # fmt: skip
async def test_no_file_outside_the_page_is_served(edge: Edge, name: str) -> None:
    answer = await edge.asked("GET", f"/page/{name}")

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_contract_is_served_as_it_was_written(edge: Edge) -> None:
    answer = await edge.client.get("/openapi.json")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == yaml.safe_load(files("entrypoints.web").joinpath("openapi.yaml").read_text("utf-8"))
