"""Finds the route of a request by the segments of its path, at the same cost however many routes there are."""

from collections.abc import Iterable
from typing import Any

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

VARIABLE, END = object(), object()  # beside segments, which strangers may make up


class RouteTable(BaseRoute):
    """Stands for ``routes``, each of which is made of plain segments and of variables such as ``{id}``, which stand for
    any segment that is not empty. A plain segment goes before a variable: a path has one way through."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._ways: dict[Any, Any] = {}
        for route in routes:
            here, names = self._ways, list[str]()
            for segment in route.path.split("/")[1:]:
                is_variable = segment.startswith("{")
                names += [segment[1:-1]] if is_variable else []
                here = here.setdefault(VARIABLE if is_variable else segment, {})
            here[END] = route, names

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        here, values = self._ways, []
        for segment in scope["path"].removeprefix(scope["root_path"]).split("/")[1:]:
            if segment in here:
                here = here[segment]
            elif segment and VARIABLE in here:
                here = here[VARIABLE]
                values.append(segment)
            else:
                return Match.NONE, {}
        if END not in here:
            return Match.NONE, {}
        route, names = here[END]
        found = {"route": route, "endpoint": route.endpoint, "path_params": dict(zip(names, values, strict=True))}
        return Match.FULL, found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)
