"""A path leads to the route that says so, and to no other, however it is made up."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match, Route

from entrypoints.container import in_memory
from entrypoints.settings import Settings
from entrypoints.web.app import routes
from entrypoints.web.route_table import RouteTable

NO_FOLDER = Settings(data=Path("nowhere"), cache_size=0)
ROUTES = routes(in_memory(NO_FOLDER, ()).endpoints())
SEGMENTS = sorted({segment for route in ROUTES for segment in route.path.split("/")})
segments = st.sampled_from(SEGMENTS) | st.text(max_size=5).filter(lambda text: "/" not in text)
paths = st.lists(segments, max_size=5).map(lambda parts: "/" + "/".join(parts))


def found(path: str) -> tuple[Route | None, dict[str, str]]:
    return RouteTable(ROUTES).found(path) or (None, {})


@given(paths)
def test_it_is_the_route_that_starlette_finds(path: str) -> None:
    """But where one is plain and another has a variable, the plain one goes first: there is one way through a path."""
    scope = {"type": "http", "path": path, "root_path": "", "method": "GET"}
    matching = [(route, route.matches(scope)) for route in ROUTES]
    expected = [(route, child["path_params"]) for route, (match, child) in matching if match is Match.FULL]
    if path.startswith("/play/events/"):
        expected = []

    route, parameters = found(path)

    assert (route, parameters) in expected if expected else route is None


@pytest.mark.parametrize(
    ("path", "expected", "parameters"),
    [
        ("/", "/", {}),
        ("/play", "/play", {}),
        ("/play/3", "/play/{id}", {"id": "3"}),
        ("/play/events", "/play/events", {}),
        ("/play/3/listens/a", "/play/{id}/listens/{uuid}", {"id": "3", "uuid": "a"}),
        ("/play/{id}", "/play/{id}", {"id": "{id}"}),
    ],
)
def test_each_has_its_own(path: str, expected: str, parameters: dict[str, str]) -> None:
    route, told = found(path)

    assert route is not None
    assert (route.path, told) == (expected, parameters)


@pytest.mark.parametrize("path", ["", "//", "/play/", "/play//stream", "/play/3/", "/play/3/nothing", "/stream", "/{}"])
def test_what_is_no_address_leads_nowhere(path: str) -> None:
    assert found(path) == (None, {})
