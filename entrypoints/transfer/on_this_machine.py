"""Work on this machine's service, by a command of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from threading import Event

from entrypoints.container import Container
from entrypoints.prepare import connectable
from entrypoints.settings import Settings
from entrypoints.transfer.ending import ended_by_signals
from entrypoints.whole import migrated_within, wired

Work = Callable[[Container, Event], Awaitable[None]]


class EndedError(Exception):
    """A signal ended it before all was done; the text says so, in a sentence."""


def work_here(settings: Settings, wait: float, work: Work) -> None:
    """Work on the store that this machine's service uses, once its schema is up to date. Raises EndedError."""
    with connectable(settings) as conninfo:
        migrated_within(wait, conninfo)
        container = wired(settings, conninfo, ())

        async def run(ended: Event) -> None:
            async with container.store():
                await work(container, ended)

        worked(run)


def worked(work: Callable[[Event], Awaitable[None]]) -> None:
    """Work until it is done, or a signal ends it. Raises EndedError."""

    async def run() -> None:
        await work(ended)

    with ended_by_signals() as ended:
        asyncio.run(run())
        if ended.is_set():
            raise EndedError("Ended before all was in; run it again for the rest.")
