"""What happens around the answering of requests: what is opened, put in and kept up before the end."""

from asyncio import create_task, sleep, to_thread, wait
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Protocol

from attrs import frozen

from application.curate import Curate
from domain.errors import AudioRefused, DurationUnknown
from entrypoints.preparation import Preparation
from entrypoints.samples import put_in_place, seed
from entrypoints.upkeep import Upkeep
from observability.logs import log

SECONDS_TO_SETTLE = 1.0  # after a start, in which whoever waited for it is answered


class Closing(Protocol):
    """What must be closed when the service ends."""

    async def close(self) -> None: ...


@frozen
class Seeding:
    """Puts the samples into ``folder``; None: none are put in."""

    folder: Path | None
    curate: Curate

    async def put_in(self) -> None:
        """One that cannot be put in is said so in the log, and keeps nobody from the other clips."""
        if self.folder is None:
            return
        try:
            put_in_place(self.folder)
            await seed(self.curate)
        except (AudioRefused, DurationUnknown, OSError) as error:
            log.warning("samples not put in", reason=str(error))


@frozen
class Work:
    """What is done beside the answering of requests: first what they need is made ready, and then it is kept up.

    ``warm_ups`` do what one of the first requests would wait for, but a moment later, so that the start does not."""

    preparation: Preparation
    store: AbstractAsyncContextManager[object]
    seeding: Seeding
    warm_ups: Sequence[Callable[[], object]]
    upkeep: Upkeep

    async def run(self, opened: AsyncExitStack) -> None:
        """Until cancelled; ``opened`` then closes the store. What cannot be made ready is a failure to end with."""
        try:
            await self.preparation.complete(lambda: opened.enter_async_context(self.store), self.seeding.put_in)
        except Exception as error:
            self.preparation.failure = error
            return
        await sleep(SECONDS_TO_SETTLE)
        for warm_up in self.warm_ups:
            await to_thread(warm_up)
        await self.upkeep.run()


async def running(work: Work, closing: Sequence[Closing]) -> AsyncIterator[None]:
    """What is open while the service runs, which answers from the first moment, and waits for its store beside that.

    ``closing`` is closed in its order at the end, before the store."""
    async with AsyncExitStack() as opened:
        working = create_task(work.run(opened))
        try:
            yield
        finally:
            working.cancel()
            await wait([working])
            for each in closing:
                await each.close()
