"""What a client wants to be answered with: Accept, read as RFC 9110 §12.5.1 has it."""

import re
from collections.abc import Sequence
from functools import lru_cache

from starlette.requests import Request

WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)  # §12.4.2


def accepts(request: Request, media_type: str) -> bool:
    """Whether the client takes ``media_type``."""
    return weight(accept(request), media_type) > 0


def preferred(request: Request, media_types: Sequence[str]) -> str | None:
    """Which of ``media_types`` the client likes best, the first of equals; None if it takes none of them."""
    field = accept(request)
    best = max(media_types, key=lambda media_type: weight(field, media_type))
    return best if weight(field, best) > 0 else None


def accept(request: Request) -> str:
    """What the client says that it takes; several lines are one list (RFC 9110 §5.3)."""
    lines = [value for name, value in request.scope["headers"] if name == b"accept"]
    return b", ".join(lines).decode("latin-1") if lines else "*/*"


@lru_cache(maxsize=128)  # most clients say the same
def weight(field: str, media_type: str) -> float:
    """How much the client likes ``media_type``, 0 to 1: the most specific range decides."""
    ranges = dict(weighed(part) for part in field.lower().split(","))
    main_type = media_type.partition("/")[0]
    named = (ranges[name] for name in (media_type, f"{main_type}/*", "*/*") if name in ranges)
    return next(named, 0 if field.strip() else 1)


def weighed(part: str) -> tuple[str, float]:
    """A media range and its weight, which is 1 unless it is told."""
    name, *parameters = (piece.strip() for piece in part.split(";"))
    told = (WEIGHT.fullmatch(parameter) for parameter in parameters)
    return name, next((float(weight[1]) for weight in told if weight), 1)
