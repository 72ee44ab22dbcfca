"""The requests that the contract's examples make."""

from collections.abc import AsyncIterable, Mapping
from importlib.resources import files
from typing import Any

import httpx
from attrs import evolve, field, frozen

from tests.entrypoints.contract import DOCUMENT, METHODS, resolved
from tests.entrypoints.edge import WRITING

RAIN = files("entrypoints").joinpath("sample_clips", "rain-on-the-roof.ogg").read_bytes()


@frozen
class Request:
    """A request that an operation's examples make; ``path`` has its parameters' values by name."""

    operation: str
    method: str
    template: str
    path: Mapping[str, str] = field(factory=dict)
    query: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)
    json: Any = None
    content: bytes | AsyncIterable[bytes] | None = None

    def but(
        self,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> "Request":
        """The same request with another body, and other values in its path, query and headers; an empty header is
        left out."""
        changed = evolve(self, **body)
        return evolve(
            changed,
            path={**self.path, **(path or {})},
            query={**self.query, **(query or {})},
            headers={**self.headers, **(headers or {})},
        )

    async def sent_by(self, client: httpx.AsyncClient) -> httpx.Response:
        path = self.template.format(**self.path)
        headers = {name: value for name, value in self.headers.items() if value}
        if self.content is None and self.json is not None:
            return await client.request(self.method, path, params=self.query, headers=headers, json=self.json)
        return await client.request(self.method, path, params=self.query, headers=headers, content=self.content)


def sent(example: Any) -> Any:
    """As a parameter is sent: a list as one parameter for each."""
    return [str(each) for each in example] if isinstance(example, list) else str(example)


def example_requests() -> dict[str, Request]:
    """What each operation's examples ask, with a key to write where one is needed, by the operation's name."""
    found = {}
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS & item.keys():
            operation = item[method]
            parameters = [resolved(each) for each in item.get("parameters", []) + operation.get("parameters", [])]
            values = {
                where: {
                    one["name"]: sent(one["example"]) for one in parameters if one["in"] == where and "example" in one
                }
                for where in ("path", "query", "header")
            }
            content = operation.get("requestBody", {}).get("content", {})
            is_audio = "audio/*" in content
            kind = {"content-type": "audio/ogg"} if is_audio else {}
            key = WRITING if {} not in operation.get("security", [{}]) else {}
            found[operation["operationId"]] = Request(
                operation=operation["operationId"],
                method=method.upper(),
                template=path,
                path=values["path"],
                query=values["query"],
                headers={name.lower(): value for name, value in {**key, **kind, **values["header"]}.items()},
                json=content.get("application/json", {}).get("example"),
                content=RAIN if is_audio else None,
            )
    return found


EXAMPLES = example_requests()
