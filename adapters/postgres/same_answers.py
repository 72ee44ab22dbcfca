"""Answers that are the very same while what is read for them is equal."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from attrs import define, field

Key = TypeVar("Key", bound=Hashable)
Read = TypeVar("Read")
Answer = TypeVar("Answer")


@define(eq=False)
class SameAnswers(Generic[Key, Read, Answer]):
    """Makes the answer to a question of what was read for it; once, as long as that is equal to what was read before.

    Everything is read each time, so that no answer is older than its question. What is saved is to make values of
    rows, which costs more than to compare them, and whatever is made of the very same answer later on."""

    make: Callable[[Key, Read], Answer]
    most: int  # answers that are kept, those that were given last
    _made: dict[Key, tuple[Read, Answer]] = field(factory=dict, init=False)

    def of(self, key: Key, read: Read) -> Answer:
        made = self._made.pop(key, None)
        if made is None or made[0] != read:
            made = read, self.make(key, read)
        self._made[key] = made
        if len(self._made) > self.most:
            del self._made[next(iter(self._made))]
        return made[1]
