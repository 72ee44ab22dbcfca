"""Problem details (RFC 9457): what a client reads when a request was not answered as it hoped."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from attrs import asdict, field, frozen
from starlette.exceptions import HTTPException
from starlette.responses import Response

from entrypoints.web.refusals import FieldError


@frozen
class Problem:
    """A problem detail (RFC 9457 §3). Its type is always ``about:blank``, so the status says what kind it is."""

    status: HTTPStatus
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(factory=dict)

    def response(self) -> Response:
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
        }
        if self.errors:
            content["errors"] = [asdict(error) for error in self.errors]
        headers = {"cache-control": "no-store", **self.headers}
        return Response(orjson.dumps(content), self.status, headers, "application/problem+json")


def of_framework(error: HTTPException, method: str) -> Problem:
    """The face of what the framework refused: no such path, no such method."""
    status, headers = HTTPStatus(error.status_code), error.headers or {}
    if status is HTTPStatus.NOT_FOUND:
        return Problem(status, "There is nothing at this address.", headers=headers)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"This address answers {headers['Allow']}, not {method[:20]}."
        return Problem(status, detail, headers=headers)
    return Problem(status, f"{status.description or status.phrase}.", headers=headers)


def of_defect() -> Problem:
    """The face of a defect of ours; what it was is in the log, under the request's id."""
    detail = "Something broke here. It was written down; X-Request-Id names the place in the log."
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)
