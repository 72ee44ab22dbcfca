"""A memory that is bounded: what was of use lately."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from attrs import define, field

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@define(eq=False)
class Recent(Generic[K, V]):
    """A table of at most ``most`` values; the one that was of use least recently is forgotten first."""

    most: int
    _values: OrderedDict[K, V] = field(factory=OrderedDict, init=False)

    def get(self, key: K) -> V | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self.most:
            self._values.popitem(last=False)

    def forget(self, key: K, value: V) -> None:
        """Forget ``value``, if it is still what is remembered under ``key``."""
        if self._values.get(key) is value:
            del self._values[key]
