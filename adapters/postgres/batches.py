"""Natural batching: whoever asks while a statement is under way shares the next one, and nobody waits for a timer."""

from asyncio import CancelledError, Future, Task, get_running_loop, sleep, wait
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from attrs import define, field

from domain.errors import StoreUnavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST_TURNS = 4  # of the loop, for which a batch waits for those who are on their way


@define(eq=False)
class Batches(Generic[Item, Answer]):
    """Runs what many ask for together, one batch at a time, and gives each asker its own answer or error.

    A batch begins after all of its askers came, so that no answer is older than its question, and holds all who came
    while the one before was under way: nobody waits for more than that one and their own. ``run`` answers item by item,
    in order; what it raises is raised to all of its batch and to nobody else. An asker who is cancelled costs the
    others nothing; its item is run or not. All askers live on one event loop, and a task is alive only while one asks.
    """

    run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer | Exception]]]
    most: int  # items in a batch, hence also those that may wait for it
    _waiting: list[tuple[Item, Future[Answer]]] = field(factory=list, init=False)
    _worker: Task[None] | None = field(default=None, init=False)
    _under_way: Future[None] | None = field(default=None, init=False)  # the run, for those who see it out

    async def ask(self, item: Item) -> Answer:
        """The answer to ``item``. Raises StoreUnavailable, at once: the next batch is full."""
        return await self._handed_in(item)

    async def tell(self, item: Item) -> Answer:
        """The same for what must not be done behind anybody's back: whoever is cancelled leaves when it was done, or
        never will be."""
        answer = self._handed_in(item)
        try:
            return await answer
        except CancelledError:
            await self._decided(answer)
            raise

    def _handed_in(self, item: Item) -> "Future[Answer]":
        if len(self._waiting) >= self.most:
            raise StoreUnavailable("too many requests wait for the database")
        loop = get_running_loop()
        answer: Future[Answer] = loop.create_future()
        self._waiting.append((item, answer))
        if self._worker is None:
            # A task of nobody's own: whoever comes in the same turn of the loop is in its first batch, and whoever is
            # cancelled does not end it.
            self._worker = loop.create_task(self._work())
        return answer

    async def _decided(self, answer: "Future[Answer]") -> None:
        """Return when its item was run, or was taken back before that; however often one is cancelled meanwhile."""
        staying = [asked for asked in self._waiting if asked[1] is not answer]
        was_waiting, self._waiting = len(staying) < len(self._waiting), staying
        run = self._under_way
        while not (was_waiting or run is None or run.done()):
            with suppress(CancelledError):
                await wait((run,))

    async def _work(self) -> None:
        batch: list[tuple[Item, Future[Answer]]] = []
        try:
            while self._waiting:
                await self._all_at_hand()
                batch, self._waiting = self._waiting, []
                self._under_way = get_running_loop().create_future()
                for asker, answer in await self._answered(batch):
                    give(asker, answer)
                self._under_way.set_result(None)
        finally:
            if self._under_way is not None:
                self._under_way.cancel()
            self._worker = self._under_way = None
            for _, asker in (*batch, *self._waiting):  # somebody is left only if the loop is being ended
                asker.cancel()

    async def _all_at_hand(self) -> None:
        """Return when a turn of the loop has brought nobody more. A busy loop has many on their way here, and to run a
        batch for a few of them costs it more than their way; who is alone does not wait."""
        for _ in range(MOST_TURNS):
            came = len(self._waiting)
            if came == 1:
                return
            await sleep(0)
            if len(self._waiting) == came:
                return

    async def _answered(
        self, batch: Sequence[tuple[Item, Future[Answer]]]
    ) -> Sequence[tuple[Future[Answer], Answer | Exception]]:
        items, askers = [item for item, _ in batch], [asker for _, asker in batch]
        try:
            return list(zip(askers, await self.run(items), strict=True))
        except StoreUnavailable as error:
            return [(asker, StoreUnavailable(error.reason)) for asker in askers]  # to each an error of his own to raise
        except Exception as error:
            return [(asker, error) for asker in askers]


def give(asker: "Future[Answer]", answer: Answer | Exception) -> None:
    if asker.done():  # it was cancelled
        return
    if isinstance(answer, Exception):
        asker.set_exception(answer)
    else:
        asker.set_result(answer)
