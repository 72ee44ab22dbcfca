"""How the text of a setting becomes its value, and what it must be."""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

from entrypoints.web.keys import NAMED_DIGEST
from entrypoints.web.rate_limits import rate_limit

TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
FALSE = frozenset({"false", "f", "no", "n", "off", "0"})

Conversion = Callable[[Any], Any]
"""Makes a text its value. Raises ValueError with what follows the setting's name in a sentence."""

Rule = Callable[[Any, Any, Any], None]
"""An attrs validator: raises ValueError with what follows the setting's name in a sentence."""


def told_by(convert: Conversion, kind: str) -> Conversion:
    """A conversion that says what it wanted when it fails, and not what Python says."""

    def told(text: Any) -> Any:
        try:
            return convert(text)
        except ValueError:
            raise ValueError(f"must be {kind}, not {text!r}") from None

    return told


def path(text: Any) -> Path:
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


CONVERSIONS: Mapping[Any, Conversion] = {
    str: str,
    int: told_by(int, "a whole number"),
    float: told_by(float, "a number"),
    bool: told_by(truth, "true or false"),
    Path: path,
    IPv4Network | IPv6Network: told_by(ip_network, "an address or a network, such as 10.0.0.0/8"),
}


def conversion(kind: Any) -> Conversion:
    """What makes text a value of ``kind``, which may also be a list, divided by commas, or None where nothing is set.

    Raises KeyError: there is none."""
    if get_origin(kind) is tuple:
        part = conversion(get_args(kind)[0])
        return lambda text: tuple(part(each.strip()) for each in text.split(",") if each.strip())
    if kind not in CONVERSIONS and NoneType in get_args(kind):
        [kind] = set(get_args(kind)) - {NoneType}
    return CONVERSIONS[kind]


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
