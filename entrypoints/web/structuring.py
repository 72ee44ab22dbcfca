"""Builds attrs values from untrusted parts field by field, so that every fault is found at once and has a place."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from attrs import Attribute, AttrsInstance, fields_dict
from cattrs import BaseValidationError, ClassValidationError, Converter
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from entrypoints.web.refusals import LONGEST_NAME_SHOWN, FieldError

T = TypeVar("T", bound=AttrsInstance)
Hook = Callable[[Any, Any], Any]


def field_by_field(
    cls: type[T], converter: Converter, hooks: Mapping[str, Hook], rules: type[AttrsInstance] | None = None
) -> Callable[[Any, Any], T]:
    """A structure hook for ``cls`` that runs each field's validator with its conversion, not only the first that fails.

    ``hooks`` convert fields by name. ``rules`` is the class whose validators hold, ``cls`` itself if None; a field
    that it has not is not to be had from outside. Unknown keys are refused by name.
    """
    validators = fields_dict(rules or cls)
    overrides = {
        name: override(struct_hook=checked(hooks.get(name, converter.structure), validators[name]))
        if name in validators
        else override(omit=True)
        for name in fields_dict(cls)
    }
    made: Callable[[Any, Any], T] = make_dict_structure_fn(
        cls,
        converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
        **overrides,  # type: ignore[arg-type]  # the overrides are keywords by field name
    )
    return made


def checked(hook: Hook, field: "Attribute[Any]") -> Hook:
    """``hook``, and then the validator of ``field`` on what it made."""

    def convert(value: Any, to: Any) -> Any:
        converted = hook(value, to)
        if field.validator is not None:
            field.validator(None, field, converted)
        return converted

    return convert


def field_errors(error: BaseValidationError) -> list[FieldError]:
    """Every fault that was found, in the order of the fields, unknown ones last."""
    if not isinstance(error, ClassValidationError):
        return [FieldError("", str(cause)) for cause in error.exceptions]
    with_place, others = error.group_exceptions()
    found = [FieldError(place.name, said(cause)) for cause, place in with_place]
    for cause in others:
        if isinstance(cause, ForbiddenExtraKeysError):
            names = sorted(name[:LONGEST_NAME_SHOWN] for name in cause.extra_fields)
            found += [FieldError(name, "is not a known field") for name in names]
        else:
            found.append(FieldError("", said(cause)))
    return found


def said(cause: Exception) -> str:
    if isinstance(cause, KeyError):
        return "is required"
    return str(cause.args[0]) if cause.args else str(cause)
