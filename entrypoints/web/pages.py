"""The web page, the page to try the contract on, and the contract itself: files that came with the package."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from mimetypes import guess_type

import orjson
from attrs import Factory, frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.validators import EntityTag
from entrypoints.web.conditional import preconditions

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
POLICY = {"content-security-policy": CONTENT_SECURITY_POLICY}


@frozen
class Document:
    """A file as it is served: the same until the next release, and known by the hash of its bytes."""

    content: bytes
    media_type: str | None
    headers: Mapping[str, str] = Factory(dict)
    entity_tag: EntityTag = Factory(lambda own: EntityTag(sha256(own.content).hexdigest()[:32]), takes_self=True)

    def response_to(self, request: Request) -> Response:
        """The document, or 304 where the client has this version (RFC 9110 §13.1.2)."""
        headers = {"cache-control": "no-cache", "etag": str(self.entity_tag), **self.headers}
        had = preconditions(request.headers).if_none_match
        if had is not None and had.name_weakly(self.entity_tag):
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers, media_type=self.media_type)


def page_files() -> dict[str, Document]:
    """The files of the page by name."""
    return {
        file.name: Document(file.read_bytes(), guess_type(file.name)[0], POLICY)
        for file in files("entrypoints.web").joinpath("page").iterdir()
    }


@cache
def contract() -> Document:
    """`openapi.yaml` as it was written, in JSON. It takes some 20 ms to read, of whoever asks for it first."""
    import yaml  # noqa: PLC0415  # a start does not wait for it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where it was built with it: seven times as fast
    written = yaml.load(files("entrypoints.web").joinpath("openapi.yaml").read_bytes(), loader)  # noqa: S506  # a safe one
    return Document(orjson.dumps(written), "application/json")


@frozen
class PageEndpoints:
    """Read once at start: they are small. The contract takes longer, and is read when it is first asked for."""

    files: dict[str, Document] = Factory(page_files)

    async def index(self, request: Request) -> Response:
        return self._file("index.html", request)

    async def docs(self, request: Request) -> Response:
        return self._file("docs.html", request)

    async def file(self, request: Request) -> Response:
        return self._file(request.path_params["name"], request)

    async def openapi(self, request: Request) -> Response:
        return contract().response_to(request)

    def _file(self, name: str, request: Request) -> Response:
        if name not in self.files:
            raise HTTPException(404)
        return self.files[name].response_to(request)
