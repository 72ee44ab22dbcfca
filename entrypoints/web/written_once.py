"""JSON that is written once for all who are told the same."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import define, field

from entrypoints.web.stream_address import AddressOf, open_address
from entrypoints.web.wire import written

T = TypeVar("T")


@define(eq=False)
class WrittenOnce(Generic[T]):
    """Writes a frozen value once for all who share that very object, as those do who shared its read.

    They are answered one right after another, so the last is all that is kept: its body along with the object itself,
    since the next one could be at the same place in memory. Addresses that are signed are each for one listener, and
    what bears them is written anew every time."""

    as_json: Callable[[T, AddressOf], Any]
    _last: tuple[T, bytes] | None = field(default=None, init=False)

    def body(self, value: T, address_of: AddressOf) -> bytes:
        """``value`` as JSON, with the address of each clip's audio."""
        if address_of is not open_address:
            return written(self.as_json(value, address_of))
        if self._last is None or self._last[0] is not value:
            self._last = value, written(self.as_json(value, address_of))
        return self._last[1]
