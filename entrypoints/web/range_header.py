"""The Range header field, read to the letter (RFC 9110 §14.1.1, §14.2)."""

import re
from functools import lru_cache

from domain.byte_range import FromTo, RangeSet, RequestedRange, Suffix

RANGE_SPEC = re.compile(r"([0-9]+)-([0-9]*)|-([0-9]+)")
BEYOND_ANY_SIZE = 10**19  # what a number of twenty digits or more amounts to


@lru_cache(maxsize=64)  # players ask for the same, and most for the whole
def range_set(field: str) -> RangeSet | None:
    """What the field asks for; None where it must be ignored: another unit than bytes, or not well-formed.

    Empty members of the list are tolerated, as of every list (RFC 9110 §5.6.1.2)."""
    unit, _, members = field.strip(" \t").partition("=")
    if unit.lower() != "bytes" or members.startswith((" ", "\t")):
        return None
    ranges = []
    for member in members.split(","):
        if spec := member.strip(" \t"):
            requested = range_spec(spec)
            if requested is None:
                return None
            ranges.append(requested)
    return RangeSet(tuple(ranges)) if ranges else None


def range_spec(text: str) -> RequestedRange | None:
    found = RANGE_SPEC.fullmatch(text)
    if found is None:
        return None
    first, last, length = found.groups()
    if length is not None:
        return Suffix(bounded(length))
    if last and bounded(last) < bounded(first):
        return None
    return FromTo(bounded(first), bounded(last) if last else None)


def bounded(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) < 20 else BEYOND_ANY_SIZE
