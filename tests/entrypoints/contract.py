"""The written contract as tests use it: its operations, and what breaks its schemas."""

from importlib.resources import files
from typing import Any

import httpx
import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker

DOCUMENT: dict[Any, Any] = yaml.safe_load(files("entrypoints.web").joinpath("openapi.yaml").read_bytes())
COMPONENTS: dict[str, Any] = DOCUMENT["components"]
METHODS = {"get", "head", "post", "put", "patch", "delete"}
ON_EVERY_ANSWER = {
    *("x-request-id", "access-control-allow-origin", "access-control-expose-headers", "content-security-policy"),
    *("referrer-policy", "x-content-type-options", "content-length", "date"),
}  # told once, in the contract's first words


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What ``node`` is, or refers to."""
    if "$ref" not in node:
        return node
    found: Any = DOCUMENT
    for key in node["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    assert isinstance(found, dict)
    return found


def operations() -> dict[str, dict[str, Any]]:
    """Every operation by its name."""
    found = [
        operation for path in DOCUMENT["paths"].values() for method, operation in path.items() if method in METHODS
    ]
    return {operation["operationId"]: operation for operation in found}


def faults(schema: dict[str, Any], value: object) -> list[str]:
    """How ``value`` breaks ``schema``; nothing where it does not."""
    validator = OAS31Validator({**schema, "components": COMPONENTS}, format_checker=oas31_format_checker)
    return [error.message for error in validator.iter_errors(value)]


def body_faults(name: str, value: object) -> list[str]:
    """How ``value`` breaks the schema called ``name``."""
    return faults({"$ref": f"#/components/schemas/{name}"}, value)


def obeys(answer: httpx.Response, operation: str) -> bool:
    """Whether ``answer`` is written in the contract. Fails with the difference where it is not."""
    statuses = operations()[operation]["responses"]
    assert str(answer.status_code) in statuses, answer.text
    written = resolved(statuses[str(answer.status_code)])
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    types = written.get("content", {})
    if not types:
        assert answer.content == b""
    elif media_type.endswith("json"):
        assert faults(types[media_type].get("schema", {}), answer.json()) == []
    else:
        assert media_type in types or f"{media_type.partition('/')[0]}/*" in types
    return has_written_headers(answer, written.get("headers", {}))


def has_written_headers(answer: httpx.Response, written: dict[str, Any]) -> bool:
    """Whether each header of ``answer`` is ``written`` there, or at the contract's beginning, and is as it says."""
    told = {name.lower(): resolved(header)["schema"] for name, header in written.items()}
    assert {name.lower() for name, header in written.items() if resolved(header).get("required")} <= set(answer.headers)
    assert set(answer.headers) - {"content-type"} <= told.keys() | ON_EVERY_ANSWER
    for name in told.keys() & set(answer.headers):
        value = answer.headers[name]
        assert faults(told[name], int(value) if told[name].get("type") == "integer" else value) == []
    return True
