"""Finds the route of a request by the segments of its path, at the same cost however many routes there are."""

from collections.abc import Iterable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

FIRST_VERSION = "/api/v1"
VARIABLE, END = object(), object()  # beside segments, which strangers may make up


class RouteTable:
    """An ASGI application of ``routes``, each of which is made of plain segments and of variables such as ``{id}``,
    which stand for any segment that is not empty. A plain segment goes before a variable: a path has one way through.

    Tolerates a trailing slash, and the prefix of the first version before ``/play``."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._ways: dict[Any, Any] = {}
        for route in routes:
            here, names = self._ways, list[str]()
            for segment in route.path.split("/")[1:]:
                is_variable = segment.startswith("{")
                names += [segment[1:-1]] if is_variable else []
                here = here.setdefault(VARIABLE if is_variable else segment, {})
            here[END] = route, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises HTTPException, 404: no route is meant."""
        path: str = scope["path"]
        if path != "/" and path.endswith("/"):
            scope["path"] = path = path[:-1]
        if path == f"{FIRST_VERSION}/play" or path.startswith(f"{FIRST_VERSION}/play/"):
            scope["root_path"] += FIRST_VERSION
        found = self.found(path.removeprefix(scope["root_path"]))
        if found is None:
            raise HTTPException(404)
        route, scope["path_params"] = found
        scope["route"] = route
        await route.app(scope, receive, send)

    def found(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route that ``path`` leads to, and what its variables are there."""
        here, values = self._ways, []
        for segment in path.split("/")[1:]:
            if segment in here:
                here = here[segment]
            elif segment and VARIABLE in here:
                here = here[VARIABLE]
                values.append(segment)
            else:
                return None
        if END not in here:
            return None
        route, names = here[END]
        return route, dict(zip(names, values, strict=True))
