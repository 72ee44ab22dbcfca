"""What clients offer, change and report, made of the fields of their bodies."""

import re
from collections.abc import Mapping
from typing import Any

from cattrs import BaseValidationError, Converter

from domain.clip import ClipChanges, ClipDetails, ClipOffer
from domain.listen import ListenReport
from entrypoints.web.refusals import InvalidFields
from entrypoints.web.structuring import T, field_by_field, field_errors


def text(value: Any, _type: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be text")
    return value


def text_or_null(value: Any, to: Any) -> str | None:
    return None if value is None else text(value, to)


def texts(value: Any, _type: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TypeError("must be a list of texts")
    return tuple(value)


def number(value: Any, _type: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("must be a number")
    return float(value)


def number_or_null(value: Any, to: Any) -> float | None:
    return None if value is None else number(value, to)


def number_as_text(value: Any, to: Any) -> float:
    if not DECIMAL.fullmatch(text(value, to)):
        raise TypeError("must be a number")
    return float(value)


def boolean(value: Any, _type: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{0,15})?")
OFFERED = {
    "title": text,
    "genre": text,
    "audio_url": text,
    "description": text_or_null,
    "duration": number_or_null,
    "tags": texts,
}
REPORTED = {"played_seconds": number, "finished": boolean}
CONVERTER = Converter()
CONVERTER.register_structure_hook(ClipDetails, field_by_field(ClipDetails, CONVERTER, OFFERED))
CONVERTER.register_structure_hook(
    ClipChanges, field_by_field(ClipChanges, CONVERTER, OFFERED | {"duration": number}, rules=ClipDetails)
)
CONVERTER.register_structure_hook(
    ClipOffer, field_by_field(ClipOffer, CONVERTER, OFFERED | {"duration": number_as_text}, rules=ClipDetails)
)
CONVERTER.register_structure_hook(ListenReport, field_by_field(ListenReport, CONVERTER, REPORTED))


def structure(value: Mapping[str, Any], cls: type[T]) -> T:
    """Raises InvalidFields."""
    try:
        return CONVERTER.structure(value, cls)
    except BaseValidationError as error:
        raise InvalidFields(field_errors(error)) from error
