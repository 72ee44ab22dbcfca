"""Byte ranges as arithmetic (RFC 9110 §14): what was asked for, and which bytes that is of a clip of a given size."""

from attrs import field, frozen
from attrs.validators import ge, min_len

from domain.errors import RangeNotSatisfiable

MOST_PARTS = 16  # of one answer; who asks for more gets the whole (RFC 9110 §14.2 calls such requests an attack)


@frozen
class ByteRange:
    """A stretch of bytes that really exists: ``first`` to ``last``, both included (RFC 9110 §14.1.2)."""

    first: int
    last: int

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.first <= self.last:  # at once, since every stream makes some
            raise ValueError("a byte range begins at 0 or later, and ends where it begins, or later")

    def __len__(self) -> int:
        return self.last - self.first + 1


@frozen
class FromTo:
    """``first-last`` or, without ``last``, ``first-``; both inclusive, neither tied to a size yet."""

    first: int
    last: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.first < 0 or (self.last is not None and self.last < self.first):
            raise ValueError("an int-range begins at 0 or later, and ends where it begins, or later")

    def __str__(self) -> str:
        return f"{self.first}-{'' if self.last is None else self.last}"

    def within(self, size: int) -> ByteRange:
        """The bytes this selects of ``size`` bytes. Raises RangeNotSatisfiable: it begins after the end."""
        if self.first >= size:
            raise RangeNotSatisfiable(size)
        return ByteRange(self.first, size - 1 if self.last is None else min(self.last, size - 1))


@frozen
class Suffix:
    """``-length``: the last ``length`` bytes, or all there are."""

    length: int = field(validator=ge(0))

    def __str__(self) -> str:
        return f"-{self.length}"

    def within(self, size: int) -> ByteRange:
        """The bytes this selects of ``size`` bytes. Raises RangeNotSatisfiable: it selects none."""
        if self.length == 0 or size == 0:
            raise RangeNotSatisfiable(size)
        return ByteRange(max(0, size - self.length), size - 1)


RequestedRange = FromTo | Suffix


@frozen
class RangeSet:
    """What a Range header asks for: one range or several, in the order of asking (RFC 9110 §14.1.1)."""

    ranges: tuple[RequestedRange, ...] = field(validator=min_len(1))

    def __str__(self) -> str:
        return "bytes=" + ", ".join(str(requested) for requested in self.ranges)

    @property
    def only(self) -> RequestedRange | None:
        """The range, if there is just one."""
        return self.ranges[0] if len(self.ranges) == 1 else None

    def within(self, size: int) -> tuple[ByteRange, ...]:
        """The parts of ``size`` bytes to send, in the order of asking. Empty: all of it, as if nothing had been asked.

        Ranges that overlap or touch are one part, at the place of the first of them, and those that select nothing are
        left out (RFC 9110 §15.3.7.2). Of no bytes at all, a suffix is all of them.
        Raises RangeNotSatisfiable: none selects anything."""
        if size == 0 and any(isinstance(requested, Suffix) and requested.length for requested in self.ranges):
            return ()
        selected = [part for requested in self.ranges for part in satisfied(requested, size)]
        if not selected:
            raise RangeNotSatisfiable(size)
        parts = joined(selected)
        return parts if len(parts) <= MOST_PARTS else ()

    def asks_for_at_most(self, count: int) -> bool:
        """Whether all of it together is at most ``count`` bytes, of a clip of any size."""
        match self.ranges:
            case (FromTo(first, last),):  # what nearly all ask for
                return last is not None and last - first < count
        begun = [requested for requested in self.ranges if isinstance(requested, FromTo)]
        bounded = [ByteRange(requested.first, requested.last) for requested in begun if requested.last is not None]
        tail = max((requested.length for requested in self.ranges if isinstance(requested, Suffix)), default=0)
        total = tail + sum(part.last - part.first + 1 for part in joined(bounded))
        return len(bounded) == len(begun) and total <= count


def satisfied(requested: RequestedRange, size: int) -> tuple[ByteRange, ...]:
    """The bytes that ``requested`` selects, or nothing."""
    try:
        return (requested.within(size),)
    except RangeNotSatisfiable:
        return ()


def joined(parts: list[ByteRange]) -> tuple[ByteRange, ...]:
    """The same bytes in stretches that neither overlap nor touch, each at the place of the first that it is made of."""
    stretches: list[tuple[int, ByteRange]] = []
    for place in sorted(range(len(parts)), key=lambda place: parts[place].first):
        at, part = place, parts[place]
        if stretches and part.first <= stretches[-1][1].last + 1:
            earlier, before = stretches.pop()
            at, part = min(at, earlier), ByteRange(before.first, max(before.last, part.last))
        stretches.append((at, part))
    return tuple(part for _, part in sorted(stretches, key=lambda stretch: stretch[0]))
