"""What happens around the answering of requests: what is opened, put in and kept up before the end."""

from asyncio import create_task
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from application.curate import Curate
from domain.errors import AudioRefused, DurationUnknown
from entrypoints.samples import put_in_place, seed
from entrypoints.upkeep import Upkeep
from observability.logs import log


class Closing(Protocol):
    """What must be closed when the service ends."""

    async def close(self) -> None: ...


async def running(
    store: AbstractAsyncContextManager[object],
    closing: Sequence[Closing],
    upkeep: Upkeep,
    curate: Curate,
    samples: Path | None,
) -> AsyncIterator[None]:
    """What is open while the service runs. ``closing`` is closed in its order at the end, before the store.

    ``samples`` is the folder they go to; None: none are put in."""
    async with store:
        keeping_up = create_task(upkeep.run())
        try:
            if samples is not None:
                await put_in(samples, curate)
            yield
        finally:
            keeping_up.cancel()
            for each in closing:
                await each.close()


async def put_in(folder: Path, curate: Curate) -> None:
    """Put the samples in; one that cannot be is said so in the log, and keeps nobody from the other clips."""
    try:
        put_in_place(folder)
        await seed(curate)
    except (AudioRefused, DurationUnknown, OSError) as error:
        log.warning("samples not put in", reason=str(error))
