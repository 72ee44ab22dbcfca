"""The web page, the page to try the contract on, and the contract itself: files that came with the package."""

from importlib.resources import files
from mimetypes import guess_type

import yaml
from attrs import Factory, frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from entrypoints.web.wire import json_response

# Only what this service itself serves may load, run or be asked, and nobody may frame it.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cache-control": "no-cache",
}


def page_files() -> dict[str, bytes]:
    """The files of the page by name."""
    return {file.name: file.read_bytes() for file in files("entrypoints.web").joinpath("page").iterdir()}


def contract() -> object:
    """`openapi.yaml` as it was written."""
    return yaml.safe_load(files("entrypoints.web").joinpath("openapi.yaml").read_text("utf-8"))


@frozen
class PageEndpoints:
    """Read once at start: they are small, and the same until the next release."""

    files: dict[str, bytes] = Factory(page_files)
    contract: object = Factory(contract)

    async def index(self, _request: Request) -> Response:
        return self._file("index.html")

    async def docs(self, _request: Request) -> Response:
        return self._file("docs.html")

    async def file(self, request: Request) -> Response:
        return self._file(request.path_params["name"])

    async def openapi(self, _request: Request) -> Response:
        return json_response(self.contract)

    def _file(self, name: str) -> Response:
        if name not in self.files:
            raise HTTPException(404)
        return Response(self.files[name], headers=HEADERS, media_type=guess_type(name)[0])
