"""What waits for the disk, in threads, and how a disk's errors are told."""

import errno
from collections.abc import Callable
from typing import Protocol, TypeVar

from attrs import field, frozen

from adapters.audio.in_thread import Threads
from domain.errors import StorageFull, StoreUnavailable

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

T = TypeVar("T")


class Closable(Protocol):
    def close(self) -> None: ...


Opened = TypeVar("Opened", bound=Closable | None)


@frozen
class Disk:
    """Threads of the uploads' own. What is asked of it raises StorageFull, StoreUnavailable."""

    threads: Threads = field(factory=lambda: Threads("uploads"))

    async def done(self, call: Callable[[], T]) -> T:
        """What ``call`` returns. Cancelled, it waits all the same, so that no thread uses what is closed then."""
        try:
            return await self.threads.finished(call)
        except OSError as error:
            raise refusal(error) from error

    async def opened(self, call: Callable[[], Opened]) -> Opened:
        """What ``call`` opens. Cancelled, it leaves at once, and what is opened too late is closed."""
        try:
            return await self.threads.unless_cancelled(call, undo=close)
        except OSError as error:
            raise refusal(error) from error


def close(opened: Closable | None) -> None:
    if opened is not None:
        opened.close()


def refusal(error: OSError) -> StorageFull | StoreUnavailable:
    """What an error of the system means to whoever sent audio."""
    if error.errno in FULL:
        return StorageFull()
    return StoreUnavailable(f"the media folder cannot be used: {error.strerror or 'the disk fails'}")
