"""How the text of a setting becomes its value, and what it must be."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, get_args, get_origin

from cattrs import Converter

from entrypoints.web.keys import NAMED_DIGEST
from entrypoints.web.rate_limits import rate_limit

TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
FALSE = frozenset({"false", "f", "no", "n", "off", "0"})

Rule = Callable[[Any, Any, Any], None]
"""An attrs validator: raises ValueError with what follows the setting's name in a sentence."""


def told_by(convert: Callable[[str], Any], kind: str) -> Callable[[Any, Any], Any]:
    """A conversion that says what it wanted when it fails, and not what Python says."""

    def hook(text: Any, _type: object) -> Any:
        try:
            return convert(text)
        except ValueError:
            raise ValueError(f"must be {kind}, not {text!r}") from None

    return hook


def path(text: Any, _type: object) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:  # nobody is called that, or whoever runs this has no home
        raise ValueError(f"must be a folder, and nobody knows where {text!r} is") from None


def truth(text: Any) -> bool:
    """What operators write for yes and no. Raises ValueError: neither."""
    said = str(text).lower()
    if said not in TRUE | FALSE:
        raise ValueError
    return said in TRUE


def is_list(kind: Any) -> bool:
    origin: object = get_origin(kind)
    return origin is tuple


def settings_converter() -> Converter:
    """Conversions of text, with lists by commas and faults in words."""
    converter = Converter()

    def list_of(kind: Any) -> Callable[[str, Any], tuple[Any, ...]]:
        part = get_args(kind)[0]
        return lambda text, _type: tuple(
            converter.structure(each.strip(), part) for each in text.split(",") if each.strip()
        )

    converter.register_structure_hook_factory(is_list, list_of)
    converter.register_structure_hook(int, told_by(int, "a whole number"))
    converter.register_structure_hook(float, told_by(float, "a number"))
    converter.register_structure_hook(bool, told_by(truth, "true or false"))
    converter.register_structure_hook(Path, path)
    network = told_by(ip_network, "an address or a network, such as 10.0.0.0/8")
    converter.register_structure_hook(IPv4Network | IPv6Network, network)
    return converter


CONVERTER = settings_converter()


def between(low: float, high: float) -> Rule:
    def check(_instance: object, _field: object, value: float) -> None:
        if not low <= value <= high:
            raise ValueError(f"must be between {low:.15g} and {high:.15g}, not {value:.15g}")

    return check


def each(rule: Rule) -> Rule:
    """The same rule for every part of a list."""

    def check(instance: object, field: object, values: Any) -> None:
        for value in values:
            rule(instance, field, value)

    return check


def one_of(*choices: str) -> Rule:
    def check(_instance: object, _field: object, value: str) -> None:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}, not {value!r}")

    return check


def prefix(_instance: object, _field: object, value: str | None) -> None:
    """The beginning of an URL's path, up to a slash."""
    if value is not None and not re.fullmatch(r"/(?:[A-Za-z0-9._~-]+/)*", value):
        raise ValueError(f"must begin and end with a slash, like /media/, not {value!r}")


def web(_instance: object, _field: object, value: str | None) -> None:
    """The address of a web server."""
    if value is not None and not re.fullmatch(r"https?://[^/?#\s]+[^?#\s]*", value):
        raise ValueError(f"must begin with http:// or https:// and name a host, not {value!r}")


def digests(_instance: object, _field: object, texts: tuple[str, ...]) -> None:
    """Keys as names and digests: a key as it stands would be shown to all who see the settings."""
    if not all(NAMED_DIGEST.fullmatch(text) for text in texts):  # the text is not told: it may be a key
        raise ValueError("must be NAME:SHA256 of each key, as `soundverse-play key` prints it")


def rate(_instance: object, _field: object, text: str) -> None:
    """So many in a while, or off."""
    rate_limit(text)


def first_message(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error).removesuffix(".")
