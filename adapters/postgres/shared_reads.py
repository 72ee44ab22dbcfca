"""Reads that are shared: who asks for the same at once gets one answer, and no answer is older than its question."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from attrs import define, field

from adapters.postgres.batches import Batches

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


def nothing_asked() -> "WeakValueDictionary[Key, Batches[Key, Answer]]":
    return WeakValueDictionary()


@define(eq=False)
class SharedReads(Generic[Key, Answer]):
    """Reads once for all who ask by an equal key together, as `Batches` has it, and gives them the very same answer.

    Different keys do not wait for each other. ``most`` may wait for the next read of one key."""

    read: Callable[[Key], Awaitable[Answer]]
    most: int
    # Weak, so that a key is forgotten as soon as nobody asks by it and nothing is read for it, whoever was cancelled.
    _asked: "WeakValueDictionary[Key, Batches[Key, Answer]]" = field(factory=nothing_asked, init=False)

    async def ask(self, key: Key) -> Answer:
        """The answer, read after this was called. Raises what ``read`` does, and StoreUnavailable: too many wait."""
        batches = self._asked.get(key)
        if batches is None:
            batches = self._asked[key] = Batches(partial(self._read_once, key), self.most)
        return await batches.ask(key)

    async def _read_once(self, key: Key, askers: Sequence[Key]) -> Sequence[Answer]:
        return [await self.read(key)] * len(askers)
