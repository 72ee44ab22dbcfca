"""Byte ranges as arithmetic (RFC 9110 §14): what was asked for, and which bytes that is of a clip of a given size."""

from attrs import field, frozen
from attrs.validators import ge

from domain.errors import RangeNotSatisfiable


@frozen
class ByteRange:
    """A stretch of bytes that really exists: ``first`` to ``last``, both included (RFC 9110 §14.1.2)."""

    first: int = field(validator=ge(0))
    last: int = field(validator=ge(0))

    def __attrs_post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a byte range ends where it begins, or later")

    def __len__(self) -> int:
        return self.last - self.first + 1


@frozen
class FromTo:
    """``bytes=first-last`` or, without ``last``, ``bytes=first-``; both inclusive, neither tied to a size yet."""

    first: int = field(validator=ge(0))
    last: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.last is not None and self.last < self.first:
            raise ValueError("an int-range ends where it begins, or later")

    def within(self, size: int) -> ByteRange:
        """The bytes this selects of ``size`` bytes. Raises RangeNotSatisfiable: it begins after the end."""
        if self.first >= size:
            raise RangeNotSatisfiable(size)
        return ByteRange(self.first, size - 1 if self.last is None else min(self.last, size - 1))

    def asks_for_at_most(self, count: int) -> bool:
        return self.last is not None and self.last - self.first < count


@frozen
class Suffix:
    """``bytes=-length``: the last ``length`` bytes, or all there are."""

    length: int = field(validator=ge(0))

    def within(self, size: int) -> ByteRange:
        """The bytes this selects of ``size`` bytes. Raises RangeNotSatisfiable: it selects none."""
        if self.length == 0 or size == 0:
            raise RangeNotSatisfiable(size)
        return ByteRange(max(0, size - self.length), size - 1)

    def asks_for_at_most(self, count: int) -> bool:
        return self.length <= count


RequestedRange = FromTo | Suffix
