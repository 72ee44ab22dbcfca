"""What happens around the answering of requests: what is opened, put in and kept up before the end."""

from asyncio import create_task, to_thread
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from attrs import frozen

from application.curate import Curate
from domain.errors import AudioRefused, DurationUnknown
from entrypoints.samples import put_in_place, seed
from entrypoints.upkeep import Upkeep
from observability.logs import log


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


async def running(
    store: AbstractAsyncContextManager[object],
    closing: Sequence[Closing],
    upkeep: Upkeep,
    seeding: Seeding,
    warm_up: Callable[[], object],
) -> AsyncIterator[None]:
    """What is open while the service runs. ``closing`` is closed in its order at the end, before the store.

    ``warm_up`` does beside the first requests what one of them would wait for."""
    async with store:
        keeping_up = create_task(upkeep.run())
        warming = create_task(to_thread(warm_up))
        try:
            await seeding.put_in()
            yield
        finally:
            keeping_up.cancel()
            await warming
            for each in closing:
                await each.close()
