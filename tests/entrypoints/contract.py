"""The written contract as tests use it: its operations, and what breaks its schemas."""

from importlib.resources import files
from typing import Any

import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker

DOCUMENT: dict[Any, Any] = yaml.safe_load(files("entrypoints.web").joinpath("openapi.yaml").read_bytes())
COMPONENTS: dict[str, Any] = DOCUMENT["components"]
METHODS = {"get", "head", "post", "put", "patch", "delete"}


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
