"""What counts as text: enough of it, not too much, and every character one that can be stored and shown."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any

Validator = Callable[[Any, Any, str], None]

LINE_BREAKS = frozenset("\n\r\t")

# All that there is of Cc and Cs, and nothing else: Unicode will never have more of either.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def line_of_text(*, longest: int) -> Validator:
    """An attrs validator: 1 to ``longest`` characters on one line, not all blank, no control characters."""

    def check(_instance: object, _field: object, value: str) -> None:
        if not 1 <= len(value) <= longest:
            raise ValueError(f"must have 1 to {longest} characters, not {len(value)}")
        if value.isspace():
            raise ValueError("must not be blank")
        refuse_unprintable(value, allowed=frozenset())

    return check


def lines_of_text(*, longest: int) -> Validator:
    """An attrs validator: at most ``longest`` characters on any number of lines, no other control characters."""

    def check(_instance: object, _field: object, value: str) -> None:
        if len(value) > longest:
            raise ValueError(f"must have at most {longest} characters, not {len(value)}")
        refuse_unprintable(value, allowed=LINE_BREAKS)

    return check


def refuse_unprintable(value: str, *, allowed: frozenset[str]) -> None:
    """Raise ValueError at a control character (Cc) or a lone surrogate (Cs): neither can be kept as UTF-8 text."""
    for found in UNPRINTABLE.finditer(value):
        if found[0] not in allowed:
            raise ValueError(f"must not contain the character U+{ord(found[0]):04X}")


def is_unprintable(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs")


def cleaned_line(text: str, longest: int) -> str | None:
    """``text`` as `line_of_text` takes it: without what that refuses, and cut to length; None if nothing is left."""
    printable = "".join(" " if is_unprintable(character) else character for character in text[: 4 * longest])
    return " ".join(printable.split())[:longest].strip() or None


def cleaned_lines(text: str, longest: int) -> str | None:
    """``text`` as `lines_of_text` takes it, without what it refuses, cut to length; None if it is blank."""
    printable = (
        character for character in text[: 4 * longest] if character in LINE_BREAKS or not is_unprintable(character)
    )
    return "".join(printable).strip()[:longest].strip() or None


def folded(text: str) -> str:
    """``text`` as it is compared and sorted: Unicode's full case folding, the same in every store."""
    return text.casefold()
